// Columns beside the vectors' in Parquet. The native module makes their pages, packed by Snappy, which
// every reader has: hyparquet-writer would take one value after the other, strings as views.

import type { ColumnMetaData, SchemaElement } from 'hyparquet'

import type { NativeValueRun } from '../../native/interface.js'
import { native } from '../../native/load.js'
import type { Column, ColumnType, ColumnValues, ListedValues, Utf8Values } from '../column.js'
import { isUtf8, utf8Values } from '../column-values.js'
import { utf8Column } from '../utf8-column.js'
import { typedNumbers } from './typed-numbers.js'

export function schemaElement(column: Column): SchemaElement {
  return { name: column.name, repetition_type: column.isNullable ? 'OPTIONAL' : 'REQUIRED', ...typeOf(column) }
}

type LeafElement = Omit<SchemaElement, 'name' | 'type'> & { readonly type: ColumnMetaData['type'] }

function typeOf({ type, unit = 'us', isUtc = false }: Column): LeafElement {
  switch (type) {
    case 'boolean':
      return { type: 'BOOLEAN' }
    case 'int32':
      return { type: 'INT32' }
    case 'int64':
      return { type: 'INT64' }
    case 'uint64':
      return { type: 'INT64', converted_type: 'UINT_64' }
    case 'float32':
      return { type: 'FLOAT' }
    case 'float64':
      return { type: 'DOUBLE' }
    case 'bytes':
      return { type: 'BYTE_ARRAY' }
    case 'date':
      return { type: 'INT32', converted_type: 'DATE' }
    case 'timestamp': {
      const name = ({ ms: 'MILLIS', us: 'MICROS', ns: 'NANOS' } as const)[unit]
      return { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: isUtc, unit: name } }
    }
    // Not Parquet's JSON, which not every reader knows.
    case 'json':
    case 'string':
    case 'any':
    case 'id':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  }
}

/** A column of a row group. */
export interface ColumnChunk {
  readonly bytes: Uint8Array
  /** For the file's footer. `start` = where in the file it starts. */
  metadata(start: number): ColumnMetaData
}

/** @param runs its values, of consecutive rows. Their memory must not change until it is written */
export async function columnChunk(column: Column, runs: readonly ColumnValues[]): Promise<ColumnChunk> {
  const rows = runs.map((values) => nativeRun(column.type, values))
  const { bytes, unpacked, dictionary } = await native().writeParquetPages(
    physicalType(column.type),
    column.isNullable,
    rows.map(({ run }) => run),
  )
  const count = rows.reduce((sum, row) => sum + row.count, 0)
  return {
    bytes,
    metadata: (start) => ({
      type: typeOf(column).type,
      encodings: dictionary > 0 ? ['PLAIN', 'RLE', 'RLE_DICTIONARY'] : ['PLAIN', 'RLE'],
      path_in_schema: [column.name],
      codec: 'SNAPPY',
      num_values: BigInt(count),
      total_compressed_size: BigInt(bytes.length),
      total_uncompressed_size: BigInt(unpacked),
      data_page_offset: BigInt(start + dictionary),
      ...(dictionary > 0 && { dictionary_page_offset: BigInt(start) }),
    }),
  }
}

function physicalType(type: ColumnType): 'bytes' | 'number' | 'boolean' {
  switch (type) {
    case 'boolean':
      return type
    case 'string':
    case 'json':
    case 'any':
    case 'id':
    case 'bytes':
      return 'bytes'
    default:
      return 'number'
  }
}

interface CountedRun {
  readonly run: NativeValueRun
  readonly count: number
}

function nativeRun(type: ColumnType, values: ColumnValues): CountedRun {
  if (isUtf8(values)) return stringRun(values)
  switch (type) {
    case 'string':
    case 'json':
    case 'any':
    case 'id':
      return stringRun(utf8Column(values as readonly (string | null)[]))
    case 'bytes':
      return stringRun(utf8Values(values as readonly (Uint8Array | null)[]))
    case 'boolean':
      return fixedRun(Uint8Array.from(values as readonly (boolean | null)[], Number), values)
    default:
      return fixedRun(typedNumbers(type, values), values)
  }
}

function stringRun({ bytes, offsets, gap, nulls }: Utf8Values): CountedRun {
  return { run: { bytes, offsets, gap, width: 0, ...(nulls && { nulls }) }, count: offsets.length - 1 }
}

/** @param values the same, with nulls */
function fixedRun(numbers: ReturnType<typeof typedNumbers> | Uint8Array, values: ListedValues): CountedRun {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: width, length: count } = numbers
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const hasNulls = Array.isArray(values) && values.includes(null)
  const nulls = hasNulls ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null
  return { run: { bytes, gap: 0, width, ...(nulls && { nulls }) }, count }
}
