// Columns beside the vectors' in Parquet, as hyparquet-writer takes them.

import type { ColumnSource, ParquetWriteOptions, SchemaElement } from 'hyparquet-writer'

import { native } from '../../native/load.js'
import type { Column, ColumnData, ColumnValue, ColumnValues, Utf8Values } from '../column.js'
import { isUtf8 } from '../column-values.js'
import { utf8Column } from '../utf8-column.js'

export function schemaElement(column: Column): SchemaElement {
  return { name: column.name, repetition_type: column.isNullable ? 'OPTIONAL' : 'REQUIRED', ...typeOf(column) }
}

function typeOf({ type, unit = 'us', isUtc = false }: Column): Omit<SchemaElement, 'name'> {
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

export function columnSource({ column, values }: ColumnData): ColumnSource {
  return { name: column.name, data: libraryValues(column, values) as ColumnValue[], offsetIndex: false }
}

function libraryValues({ type }: Column, values: ColumnValues): unknown {
  if (isUtf8(values)) return utf8Views(values)
  if (ArrayBuffer.isView(values)) return values
  switch (type) {
    case 'int64':
    case 'uint64':
    case 'timestamp':
      return values.map((value) => (value === null ? null : BigInt(value as bigint | number)))
    case 'string':
    case 'json':
    case 'id':
      return utf8Views(utf8Column(values as readonly (string | null)[]))
    default:
      return values
  }
}

/** Strings as their bytes: the library would encode one by one, which takes twice as long. */
function utf8Views({ bytes, offsets, gap, nulls }: Utf8Values): (Uint8Array | null)[] {
  const { buffer, byteOffset } = bytes
  return Array.from({ length: offsets.length - 1 }, (_, row) => {
    const start = offsets[row] ?? 0
    return nulls?.[row] === 1 ? null : new Uint8Array(buffer, byteOffset + start, (offsets[row + 1] ?? 0) - gap - start)
  })
}

/**
 * What the library compresses with: Snappy, which every reader has, by the native module, so that the
 * bytes are the same in every runtime. The library's own takes longer than all else.
 */
export function compression(): Pick<ParquetWriteOptions, 'codec' | 'compressors'> {
  return { codec: 'SNAPPY', compressors: { SNAPPY: (bytes) => native().packSnappy(bytes) } }
}
