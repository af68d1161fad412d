// Pages of strings that are written one after the other, each after its length, and none of them
// null: they are used as they are, which saves most of the time that reading them takes.

import type { SchemaTree } from 'hyparquet'

import type { Utf8Values } from '../column.js'
import type { Page } from './parquet-page.js'

/** The bytes of the length before a string. */
const LENGTH_BYTES = 4

/**
 * @param path of the column, from the root on
 * @returns null for any other page
 */
export function plainTexts({ header, unpacked }: Page, path: readonly SchemaTree[]): Utf8Values | null {
  const isOptional = path.at(-1)?.element.repetition_type === 'OPTIONAL'
  const [first, second] = [header.data_page_header, header.data_page_header_v2]
  if (path.length !== 2 || (first ?? second)?.encoding !== 'PLAIN') return null
  if (first !== undefined) {
    const start = isOptional ? afterLevels(unpacked, first.num_values) : 0
    return start === null ? null : textsFrom(unpacked, start, first.num_values)
  }
  return second?.num_nulls === 0 ? textsFrom(unpacked, 0, second.num_values) : null
}

/** Where the values begin after levels that are one run: "no value is null". Null for any others. */
function afterLevels(bytes: Uint8Array, count: number): number | null {
  if (bytes.length < LENGTH_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = LENGTH_BYTES + view.getUint32(0, true)
  let [run, at, shift] = [0, LENGTH_BYTES, 0]
  for (; at < end && at < bytes.length; shift += 7) {
    const byte = bytes[at++] ?? 0
    run += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  return run === 2 * count && at + 1 === end && bytes[at] === 1 ? end : null
}

/** @throws Error when a string ends after the page */
function textsFrom(bytes: Uint8Array, start: number, count: number): Utf8Values {
  if (!(start + LENGTH_BYTES * count <= bytes.length))
    throw new Error(`a page of ${bytes.length} bytes has ${count} strings`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const offsets = new Uint32Array(count + 1)
  let at = start
  for (let i = 0; i < count; i++) {
    offsets[i] = at + LENGTH_BYTES
    if (at + LENGTH_BYTES <= bytes.length) at += LENGTH_BYTES + view.getUint32(at, true)
    else at = Infinity
    if (at > bytes.length) throw new Error('a string ends after its page')
  }
  offsets[count] = at + LENGTH_BYTES
  return { bytes, offsets, gap: LENGTH_BYTES, nulls: null }
}
