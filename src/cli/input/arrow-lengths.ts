// Whether the buffers of an Arrow column hold as many values as its metadata says.

import type { Data, DataType } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'

/** The bytes of a value that is in another buffer. */
const VIEW_BYTES = 16
/** Values that take no bytes: a list of nulls could have any number of them. */
const MOST_NULLS = 1 << 24

/** @param count the least number of values */
export function holds(library: Arrow, data: Data | undefined, count: number): boolean {
  if (data === undefined) return false
  const { length, nullCount, nullBitmap } = data
  if (!Number.isSafeInteger(length) || length < count) return false
  if (library.DataType.isNull(data.type)) return length <= MOST_NULLS
  // Without nulls there need be no bits.
  if (nullCount > 0 && 8 * nullBitmap.length < length) return false
  return holdsValues(library, data, length)
}

function holdsValues(library: Arrow, data: Data, length: number): boolean {
  const { DataType: Types } = library
  const { type }: { readonly type: DataType } = data
  const values = data.values as { readonly length: number; readonly byteLength: number } | undefined
  const [first] = data.children
  if (Types.isStruct(type)) return data.children.every((child) => holds(library, child, length))
  if (Types.isFixedSizeList(type)) return holds(library, first, length * type.listSize)
  if (Types.isDictionary(type)) {
    const chunks = data.dictionary?.data ?? []
    return (values?.length ?? 0) >= length && chunks.every((chunk: Data) => holds(library, chunk, 0))
  }
  if (Types.isUtf8View(type) || Types.isBinaryView(type)) return (values?.byteLength ?? 0) >= VIEW_BYTES * length
  if (Types.isBool(type)) return 8 * (values?.length ?? 0) >= length
  const isList = Types.isList(type) || Types.isLargeList(type) || Types.isMap(type)
  if (isList || isOfBytes(library, type)) {
    const offsets = (data.valueOffsets as { readonly length: number } | undefined)?.length ?? 0
    // Of no values some writers write no offset.
    if (length > 0 && offsets <= length) return false
    return !isList || holds(library, first, 0)
  }
  // Unions and intervals are no columns of ours.
  return values === undefined || values.length >= length * data.stride
}

function isOfBytes({ DataType: Types }: Arrow, type: DataType): boolean {
  return Types.isUtf8(type) || Types.isLargeUtf8(type) || Types.isBinary(type) || Types.isLargeBinary(type)
}
