// Columns beside the vectors' in Parquet, as hyparquet-writer takes them.

import zlib from 'node:zlib'

import type { ColumnSource, ParquetWriteOptions, SchemaElement } from 'hyparquet-writer'

import type { Column, ColumnData, ColumnValue, ColumnValues } from '../column.js'
import { utf8Column } from './utf8-column.js'

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
  if (ArrayBuffer.isView(values)) return values
  switch (type) {
    case 'int64':
    case 'uint64':
    case 'timestamp':
      return values.map((value) => (value === null ? null : BigInt(value as bigint | number)))
    case 'string':
    case 'json':
    case 'id':
      return utf8Views(values as readonly (string | null)[])
    default:
      return values
  }
}

/** Strings as their bytes: the library would encode one by one, which takes twice as long. */
function utf8Views(values: readonly (string | null)[]): (Uint8Array | null)[] {
  const { bytes, offsets } = utf8Column(values)
  return values.map((value, i) => {
    const start = offsets[i] ?? 0
    return value === null ? null : new Uint8Array(bytes.buffer, bytes.byteOffset + start, (offsets[i + 1] ?? 0) - start)
  })
}

/** What the library compresses with: zstd where the runtime has it, else gzip. Its own snappy is slower than both. */
export function compression(): Pick<ParquetWriteOptions, 'codec' | 'compressors'> {
  // Node has it from 22.15 on.
  const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array }
  if (zstdCompressSync !== undefined)
    return { codec: 'ZSTD', compressors: { ZSTD: (bytes) => zstdCompressSync(bytes) } }
  return { codec: 'GZIP', compressors: { GZIP: (bytes) => zlib.gzipSync(bytes, { level: 1 }) } }
}
