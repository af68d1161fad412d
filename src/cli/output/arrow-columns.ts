// Columns beside the vectors' in Arrow: their types and their buffers.

import type { Data, DataType } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'
import type { Column, ColumnData, ColumnValue, ColumnValues, ListedValues } from '../column.js'
import { compactValues, countOf, isUtf8, listOf } from '../column-values.js'
import { offsetsOf, utf8Column } from '../utf8-column.js'
import { typedNumbers } from './typed-numbers.js'

export function arrowType(arrow: Arrow, { type, unit = 'us', isUtc = false }: Column): DataType {
  switch (type) {
    case 'boolean':
      return new arrow.Bool()
    case 'int32':
      return new arrow.Int32()
    case 'int64':
      return new arrow.Int64()
    case 'uint64':
      return new arrow.Uint64()
    case 'float32':
      return new arrow.Float32()
    case 'float64':
      return new arrow.Float64()
    case 'bytes':
      return new arrow.Binary()
    case 'date':
      return new arrow.DateDay()
    case 'timestamp': {
      const { MILLISECOND, MICROSECOND, NANOSECOND } = arrow.TimeUnit
      return new arrow.Timestamp({ ms: MILLISECOND, us: MICROSECOND, ns: NANOSECOND }[unit], isUtc ? 'UTC' : null)
    }
    case 'string':
    case 'json':
    case 'any':
    case 'id':
      return new arrow.Utf8()
  }
}

export function arrowData(arrow: Arrow, data: ColumnData): Data {
  const { column, values } = data
  const length = countOf(values)
  const nulls = nullsOf(values)
  return arrow.makeData({ type: arrowType(arrow, column), length, ...nulls, ...buffersOf(data) } as never) as Data
}

function nullsOf(values: ColumnValues): { nullCount: number; nullBitmap?: Uint8Array } {
  if (isUtf8(values)) return values.nulls === null ? { nullCount: 0 } : nullsOf(listOf(values))
  if (ArrayBuffer.isView(values) || !values.includes(null)) return { nullCount: 0 }
  let nullCount = 0
  const nullBitmap = bitsOf(values, (value) => {
    if (value === null) nullCount++
    return value !== null
  })
  return { nullCount, nullBitmap }
}

interface Buffers {
  readonly data: ArrayBufferView
  readonly valueOffsets?: Int32Array
}

function buffersOf({ column, values }: ColumnData): Buffers {
  switch (column.type) {
    case 'boolean':
      return { data: bitsOf(values as readonly ColumnValue[], (value) => value === true) }
    case 'int32':
    case 'date':
    case 'int64':
    case 'timestamp':
    case 'uint64':
    case 'float32':
    case 'float64':
      return { data: typedNumbers(column.type, values as ListedValues) }
    case 'bytes':
      return bytes(values as readonly (Uint8Array | null)[])
    case 'string':
    case 'json':
    case 'any':
    case 'id':
      return strings(values)
  }
}

function bitsOf<T>(values: readonly T[], isSet: (value: T) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8))
  for (const [i, value] of values.entries()) if (isSet(value)) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
  return bits
}

function bytes(values: readonly (Uint8Array | null)[]): Buffers {
  const all = values.map((value) => value ?? new Uint8Array())
  return { data: Buffer.concat(all), valueOffsets: signed(offsetsOf(all, ({ length }) => length)) }
}

function strings(values: ColumnValues): Buffers {
  const { bytes: data, offsets } = isUtf8(values)
    ? compactValues(values)
    : utf8Column(values as readonly (string | null)[])
  return { data, valueOffsets: signed(offsets) }
}

/** Offsets of Arrow are signed. */
function signed({ buffer, byteOffset, length }: Uint32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length)
}
