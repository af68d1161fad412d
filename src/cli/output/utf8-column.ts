// The strings of a column in UTF-8, one after the other.

export interface Utf8Column {
  readonly bytes: Buffer
  /** Where each begins, and where the last ends. */
  readonly offsets: Int32Array
}

/** A null takes no bytes. */
export function utf8Column(values: readonly (string | null)[]): Utf8Column {
  const all = values.includes(null) ? values.map((value) => value ?? '') : (values as readonly string[])
  const bytes = Buffer.from(all.join(''))
  const offsets = offsetsOf(all, (value) => Buffer.byteLength(value))
  // Where one value ends with a high surrogate and the next begins with a low one, joining made one
  // character of them.
  const isWhole = bytes.length === offsets.at(-1)
  return { bytes: isWhole ? bytes : Buffer.concat(all.map((value) => Buffer.from(value))), offsets }
}

export function offsetsOf<T>(values: readonly T[], lengthOf: (value: T) => number): Int32Array {
  const offsets = new Int32Array(values.length + 1)
  for (let i = 0, end = 0; i < values.length; i++) offsets[i + 1] = end += lengthOf(values[i] as T)
  return offsets
}
