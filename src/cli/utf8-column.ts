// The strings of a column in UTF-8, one after the other.

import type { Utf8Values } from './column.js'

/** A null takes no bytes. */
export function utf8Column(values: readonly (string | null)[]): Utf8Values & { readonly bytes: Buffer } {
  const hasNulls = values.includes(null)
  const all = hasNulls ? values.map((value) => value ?? '') : (values as readonly string[])
  const bytes = Buffer.from(all.join(''))
  const offsets = offsetsOf(all, (value) => Buffer.byteLength(value))
  const nulls = hasNulls ? Uint8Array.from(values, (value) => (value === null ? 1 : 0)) : null
  // Where one value ends with a high surrogate and the next begins with a low one, joining made one
  // character of them.
  const isWhole = bytes.length === offsets.at(-1)
  return { bytes: isWhole ? bytes : Buffer.concat(all.map((value) => Buffer.from(value))), offsets, gap: 0, nulls }
}

export function offsetsOf<T>(values: readonly T[], lengthOf: (value: T) => number): Uint32Array {
  const offsets = new Uint32Array(values.length + 1)
  for (let i = 0, end = 0; i < values.length; i++) offsets[i + 1] = end += lengthOf(values[i] as T)
  return offsets
}
