// What the columns of a Parquet file are to us, and their values as hyparquet gives them.

import type { DecodedArray, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'

import type { Column, ColumnValue, TimeUnit } from '../column.js'
import { timeOfDayText } from '../time-text.js'
import { decimalText } from './decimal-text.js'
import { stringOfUtf8 } from './format.js'

type Type = Pick<Column, 'type' | 'unit' | 'isUtc'>

/** A value that hyparquet gives, as a value of our column. */
type Convert = (value: never) => ColumnValue

export interface ParquetType extends Type {
  /** Null = as it is. */
  readonly convert: Convert | null
}

const UNITS: Readonly<Record<string, TimeUnit>> = { MILLIS: 'ms', MICROS: 'us', NANOS: 'ns' }

/** Without this hyparquet would make dates of times, which have milliseconds only, and parse JSON. */
export const AS_THEY_ARE: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => value,
  timestampFromMicroseconds: (value) => value,
  timestampFromNanoseconds: (value) => value,
  dateFromDays: (days) => days,
  stringFromBytes: (bytes) => bytes,
  jsonFromBytes: (bytes) => bytes,
}

/** As users know it: "STRING", "INT64", "DECIMAL". */
export function typeName({ element, children }: SchemaTree): string {
  if (children.length > 0) return element.converted_type ?? 'a group of columns'
  return element.logical_type?.type ?? element.converted_type ?? element.type ?? 'no type'
}

/** Whether its values are strings in UTF-8. Old writers don't say so. */
export function isText({ element: { type, converted_type, logical_type }, children }: SchemaTree): boolean {
  const kind = logical_type?.type ?? converted_type ?? 'UTF8'
  return children.length === 0 && type === 'BYTE_ARRAY' && ['STRING', 'UTF8', 'ENUM', 'JSON'].includes(kind)
}

/** Whether its values can be ids. */
export function isId(leaf: SchemaTree): boolean {
  const { type, convert = null } = parquetType(leaf) ?? {}
  if (isText(leaf)) return true
  return convert === null && (type === 'int32' || type === 'int64' || type === 'uint64' || type === 'string')
}

/** Null for what we have no column for: lists and structs, intervals, geometries. */
export function parquetType(leaf: SchemaTree): ParquetType | null {
  const { type, converted_type: converted, logical_type: logical, scale = 0 } = leaf.element
  const as = (type: Column['type'], convert: Convert | null = null): ParquetType => ({ type, convert })
  const time = (unit: TimeUnit, isUtc: boolean): ParquetType => ({ type: 'timestamp', unit, isUtc, convert: null })
  const timeOfDay = (unit: TimeUnit): ParquetType =>
    as('string', (value: bigint | number) => timeOfDayText(value, unit))
  if (leaf.children.length > 0 || leaf.element.repetition_type === 'REPEATED') return null
  if (isDecimal(leaf.element)) return as('string', (value) => decimal(value, scale))
  if (logical?.type === 'TIMESTAMP') return time(UNITS[logical.unit] ?? 'us', logical.isAdjustedToUTC)
  if (converted === 'TIMESTAMP_MILLIS') return time('ms', true)
  if (converted === 'TIMESTAMP_MICROS') return time('us', true)
  if (logical?.type === 'DATE' || converted === 'DATE') return as('date')
  if (logical?.type === 'UUID') return as('string')
  if (logical?.type === 'FLOAT16') return as('float32')
  if (logical?.type === 'JSON' || converted === 'JSON') return as('json', stringOfUtf8)
  if (logical?.type === 'TIME') return timeOfDay(UNITS[logical.unit] ?? 'us')
  if (converted === 'TIME_MILLIS' || converted === 'TIME_MICROS')
    return timeOfDay(converted === 'TIME_MILLIS' ? 'ms' : 'us')
  if (['BSON', 'VARIANT', 'GEOMETRY', 'GEOGRAPHY'].includes(logical?.type ?? '')) return null
  if (['BSON', 'INTERVAL'].includes(converted ?? '')) return null
  const isUnsigned = logical?.type === 'INTEGER' ? !logical.isSigned : (converted?.startsWith('UINT') ?? false)
  const bits = logical?.type === 'INTEGER' ? logical.bitWidth : Number(/\d+$/.exec(converted ?? '')?.[0] ?? 32)
  switch (type) {
    case 'BOOLEAN':
      return as('boolean')
    case 'INT32':
      return as(isUnsigned && bits === 32 ? 'int64' : 'int32')
    case 'INT64':
      return as(isUnsigned ? 'uint64' : 'int64')
    case 'INT96':
      return time('ns', false)
    case 'FLOAT':
      return as('float32')
    case 'DOUBLE':
      return as('float64')
    case 'BYTE_ARRAY':
      return logical?.type === 'STRING' || logical?.type === 'ENUM' || converted === 'UTF8' || converted === 'ENUM'
        ? as('string', stringOfUtf8)
        : as('bytes')
    case 'FIXED_LEN_BYTE_ARRAY':
      return as('bytes')
    default:
      return null
  }
}

/** The column as hyparquet has to read it: of a decimal it would make a number that is not exact. */
export function readAs(element: SchemaElement): SchemaElement {
  if (!isDecimal(element)) return element
  const { name, type, type_length, repetition_type } = element
  return {
    name,
    ...(type && { type }),
    ...(type_length !== undefined && { type_length }),
    ...(repetition_type && { repetition_type }),
  }
}

function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL'
}

/** A decimal with all its digits. */
function decimal(value: number | bigint | Uint8Array, scale: number): string {
  let integer: bigint
  if (value instanceof Uint8Array) {
    integer = BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex') || '0'}`))
  } else {
    integer = BigInt(value)
  }
  return decimalText(integer, scale)
}

/**
 * The values of a page, one per row; null where a row has none.
 *
 * @param depth how many optional groups the column is in: hyparquet makes a list of each
 */
export function rowValues(page: DecodedArray, depth: number): readonly unknown[] {
  if (!Array.isArray(page)) return page as unknown as readonly unknown[]
  if (depth === 0) return page
  return page.map((value: unknown) => {
    for (let i = 0; i < depth; i++) value = Array.isArray(value) ? (value as unknown[])[0] : value
    return value
  })
}
