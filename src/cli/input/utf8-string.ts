// Strings of a column, one by one.

import { isUtf8 } from 'node:buffer'

import type { Utf8Values } from './column-format.js'
import { BadLine } from './format.js'

/** The string of a row that is not null. @throws BadLine */
export function stringAt({ bytes, offsets, gap }: Utf8Values, row: number): string {
  const [start, end] = [offsets[row] ?? 0, (offsets[row + 1] ?? 0) - gap]
  if (end < start || end > bytes.length) throw new BadLine('expected a string, but got an offset outside of the data')
  return stringOfUtf8(bytes.subarray(start, end))
}

/** @throws BadLine */
export function stringOfUtf8(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  // Decoding turns invalid bytes into U+FFFD. Valid strings may have that character too.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw new BadLine('expected UTF-8, but got other bytes')
  return text
}
