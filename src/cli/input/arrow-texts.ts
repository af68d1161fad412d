// The strings of an Arrow column, as they are in memory where that is possible.

import type { Data, DataType, Vector } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'
import { utf8Values } from '../column-values.js'
import type { Utf8Values } from '../column.js'

const VIEW_BYTES = 16
/** A shorter string is in its view. */
const INLINE_BYTES = 12

/** @param nulls for each row 1 where it is null; null = no row is */
export function arrowTexts(arrow: Arrow, data: Data, nulls: Uint8Array | null): Utf8Values {
  const { DataType: Types } = arrow
  const { type }: { readonly type: DataType } = data
  const { length } = data
  if (length === 0) return { bytes: new Uint8Array(0), offsets: new Uint32Array(1), gap: 0, nulls: null }
  if (Types.isUtf8(type)) {
    const { buffer, byteOffset } = data.valueOffsets as Int32Array
    return { bytes: data.values as Uint8Array, offsets: new Uint32Array(buffer, byteOffset, length + 1), gap: 0, nulls }
  }
  if (Types.isLargeUtf8(type)) return largeTexts(data, nulls)
  const ofRow = Types.isDictionary(type) ? ofDictionary(arrow, data) : (row: number) => viewed(data, row)
  return utf8Values(Array.from({ length }, (_, row) => (nulls?.[row] === 1 ? null : ofRow(row))))
}

/** Offsets with 64 bits: those of one batch are less than 4 GB apart. */
function largeTexts({ values, valueOffsets, length }: Data, nulls: Uint8Array | null): Utf8Values {
  const large = valueOffsets as unknown as BigInt64Array
  const [first, last] = [Number(large[0]), Number(large[length])]
  if (!(first >= 0 && last >= first && last - first < 2 ** 32)) throw new Error('a batch has more than 4 GB of strings')
  const offsets = Uint32Array.from({ length: length + 1 }, (_, i) => Number(large[i]) - first)
  return { bytes: (values as Uint8Array).subarray(first, last), offsets, gap: 0, nulls }
}

function viewed({ values, variadicBuffers }: Data, row: number): Uint8Array {
  const bytes = values as Uint8Array
  const view = new DataView(bytes.buffer, bytes.byteOffset + row * VIEW_BYTES, VIEW_BYTES)
  const length = view.getInt32(0, true)
  const start = row * VIEW_BYTES + 4
  if (length <= INLINE_BYTES) return bytes.subarray(start, start + length)
  const offset = view.getInt32(12, true)
  const found = variadicBuffers[view.getInt32(8, true)]?.subarray(offset, offset + length)
  if (found?.length !== length) throw new Error('a string is not in its buffer')
  return found
}

/** The strings of each dictionary, null where it has a null: one serves many batches. */
const dictionaries = new WeakMap<Vector, readonly (Uint8Array | null)[]>()

function ofDictionary(arrow: Arrow, { values, dictionary }: Data): (row: number) => Uint8Array | null {
  if (dictionary === undefined) throw new Error('a dictionary is missing')
  let strings = dictionaries.get(dictionary)
  if (strings === undefined) {
    strings = dictionary.data.flatMap((data: Data) => {
      const { bytes, offsets } = arrowTexts(arrow, data, null)
      const stringAt = (i: number): Uint8Array => bytes.subarray(offsets[i], offsets[i + 1])
      return Array.from({ length: data.length }, (_, i) => (data.getValid(i) ? stringAt(i) : null))
    })
    dictionaries.set(dictionary, strings)
  }
  const all = strings
  return (row) => {
    const found = all[Number((values as ArrayLike<number | bigint>)[row])]
    if (found === undefined) throw new Error('a value is not in its dictionary')
    return found
  }
}
