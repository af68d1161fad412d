// Pages of strings that are written one after the other, each after its length, and none of them
// null: they are used as they are, which saves most of the time that reading them takes.

import type { SchemaTree } from 'hyparquet'
import type * as columnModule from 'hyparquet/src/column.js'

import type { Utf8Values } from '../column.js'

type PageHeader = ReturnType<typeof columnModule.parquetHeader>

/** The bytes of the length before a string. */
const LENGTH_BYTES = 4

/** Unpacks bytes that have this length then. */
type Unpack = (bytes: Uint8Array, length: number) => Uint8Array

/**
 * @param page as it is in the file
 * @param path of the column, from the root on
 * @returns null for any other page
 */
export function plainTexts(
  page: Uint8Array,
  header: PageHeader,
  path: readonly SchemaTree[],
  unpack: Unpack,
): Utf8Values | null {
  const isOptional = path.at(-1)?.element.repetition_type === 'OPTIONAL'
  const [first, second] = [header.data_page_header, header.data_page_header_v2]
  if (path.length !== 2 || (first ?? second)?.encoding !== 'PLAIN') return null
  if (first !== undefined) {
    const bytes = unpack(page, header.uncompressed_page_size)
    const start = isOptional ? afterLevels(bytes, first.num_values) : 0
    return start === null ? null : textsFrom(bytes, start, first.num_values)
  }
  if (second?.num_nulls !== 0) return null
  const levels = second.repetition_levels_byte_length + second.definition_levels_byte_length
  const rest = page.subarray(levels)
  const bytes = second.is_compressed === false ? rest : unpack(rest, header.uncompressed_page_size - levels)
  return textsFrom(bytes, 0, second.num_values)
}

/** Where the values begin after levels that are one run: "no value is null". Null for any others. */
function afterLevels(bytes: Uint8Array, count: number): number | null {
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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const offsets = new Uint32Array(count + 1)
  let at = start
  for (let i = 0; i < count; i++) {
    offsets[i] = at + LENGTH_BYTES
    at += LENGTH_BYTES + view.getUint32(at, true)
  }
  if (at > bytes.length) throw new Error('a string ends after its page')
  offsets[count] = at + LENGTH_BYTES
  return { bytes, offsets, gap: LENGTH_BYTES, nulls: null }
}
