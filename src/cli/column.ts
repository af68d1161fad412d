// Columns beside the vectors: ids, texts, and what else goes from an input to an output with its
// row. Their types are those that Parquet, Arrow and JSON can all carry.

/**
 * The id of a row. JSON Lines has strings and numbers, columns of Parquet and Arrow also larger
 * integers; in CSV and TSV every id is a string.
 */
export type Id = string | number | bigint

/** What a value of a column is, by the column's type. */
export interface ColumnTypes {
  readonly string: string
  readonly boolean: boolean
  readonly int32: number
  /** A number only up to 2^53 - 1. */
  readonly int64: bigint | number
  readonly uint64: bigint | number
  readonly float32: number
  readonly float64: number
  readonly bytes: Uint8Array
  /** Days since 1970-01-01. */
  readonly date: number
  /** Since 1970-01-01, in the column's unit. */
  readonly timestamp: bigint | number
  /** Any value, as its JSON. */
  readonly json: string
  /**
   * Any value, as its JSON, of a type that it has for itself, as in JSON Lines; null = it is missing.
   * Outputs whose columns have a type find one (`inferred-columns.ts`).
   */
  readonly any: string
  /**
   * A string or a number, row by row, as JSON Lines has ids. Outputs whose columns have a type take
   * that of the first row (`typed-output.ts`), so that formats never see this one.
   */
  readonly id: Id
}

export type ColumnType = keyof ColumnTypes
export type TimeUnit = 'ms' | 'us' | 'ns'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** Whether a value may be null. */
  readonly isNullable: boolean
  /** Of a timestamp (default: us). */
  readonly unit?: TimeUnit
  /** Of a timestamp: whether it is a point in time, and not the time on some clock (default: false). */
  readonly isUtc?: boolean
}

export type ColumnValue = ColumnTypes[ColumnType]

/** Strings of consecutive rows. */
export interface Utf8Values {
  readonly bytes: Uint8Array
  /** One more than there are rows: row i has the bytes from `offsets[i]` up to `gap` before `offsets[i + 1]`. */
  readonly offsets: Uint32Array
  readonly gap: number
  /** For each row 1 where it is null, which has no bytes; null = no row is. */
  readonly nulls: Uint8Array | null
}

/** One value per row, as they are in JavaScript. A typed array has no nulls. */
export type ListedValues =
  readonly (ColumnValue | null)[] | Int32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array

/** One value per row. Strings may be {@link Utf8Values}: those that are only written again are never strings of JavaScript. */
export type ColumnValues = ListedValues | Utf8Values

/** A column, and its values in the rows of a batch. */
export interface ColumnData {
  readonly column: Column
  readonly values: ColumnValues
}
