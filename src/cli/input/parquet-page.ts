// Whether the values of a page are as many as its header says, before the library decodes them.

import type { ParquetType, SchemaTree } from 'hyparquet'
import type * as columnModule from 'hyparquet/src/column.js'

import { countInRuns, passDeltas } from './parquet-runs.js'
import type { Cursor } from './parquet-runs.js'

type PageHeader = ReturnType<typeof columnModule.parquetHeader>

/** Values that share their starts may be this many times larger than their page, and larger by this. */
const [MOST_TIMES, MOST_BYTES] = [64, 1 << 24]

/** How a page lies in the file, and unpacked. */
export interface Page {
  readonly header: PageHeader
  /** As it is in the file. */
  readonly packed: Uint8Array
  /** Its values, unpacked; in pages of the first version the levels before them, too. */
  readonly unpacked: Uint8Array
}

/** @throws Error about what is broken */
export function checkPage(
  { header, packed, unpacked }: Page,
  path: readonly SchemaTree[],
  type: ParquetType | undefined,
): void {
  const { data_page_header: first, data_page_header_v2: second } = header
  const counts = first ?? second
  if (counts === undefined) return
  const repeated = path.filter(({ element }) => element.repetition_type === 'REPEATED').length
  const defined = path.slice(1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length
  const values: Cursor = { bytes: unpacked, at: 0 }
  let present = counts.num_values
  if (first !== undefined) {
    for (const level of [repeated, defined]) {
      if (level === 0) continue
      const end = after(values)
      present = countInRuns(values, end, bitsOf(level), counts.num_values, level)
      values.at = end
    }
    if (defined === 0) present = counts.num_values
  } else if (second !== undefined) {
    const ofRepetition = second.repetition_levels_byte_length
    const end = ofRepetition + second.definition_levels_byte_length
    const levels = { bytes: packed, at: 0 }
    if (repeated > 0) countInRuns(levels, ofRepetition, bitsOf(repeated), counts.num_values, -1)
    levels.at = ofRepetition
    if (defined > 0) countInRuns(levels, end, bitsOf(defined), counts.num_values, -1)
    present -= second.num_nulls
  }
  checkValues(values, counts.encoding, present, type, second !== undefined)
}

function checkValues(
  values: Cursor,
  encoding: string,
  count: number,
  type: ParquetType | undefined,
  isSecond: boolean,
): void {
  const { bytes } = values
  switch (encoding) {
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
    case 'RLE': {
      // As the library takes them.
      const areBits = isSecond ? encoding === 'RLE' : type === 'BOOLEAN'
      if (areBits) after(values)
      const width = areBits ? 1 : (bytes[values.at++] ?? 0)
      // Without bits all are the first of the dictionary, and it reads no runs.
      if (width > 0 || isSecond) countInRuns(values, bytes.length, width, count, -1)
      return
    }
    case 'DELTA_BINARY_PACKED':
      passDeltas(values, count, false)
      return
    case 'DELTA_LENGTH_BYTE_ARRAY':
      checkLengths(null, passDeltas(values, count, true), bytes.length - values.at)
      return
    case 'DELTA_BYTE_ARRAY': {
      const prefixes = passDeltas(values, count, true)
      checkLengths(prefixes, passDeltas(values, count, true), bytes.length - values.at)
    }
  }
}

/** @param prefixes what each value has of the start of the one before; null = nothing */
function checkLengths(prefixes: Int32Array | null, lengths: Int32Array, left: number): void {
  let [own, all, before] = [0, 0, 0]
  for (const [i, length] of lengths.entries()) {
    const prefix = prefixes?.[i] ?? 0
    own += length
    // Before the first there is none.
    if (!(length >= 0 && own <= left && prefix >= 0 && prefix <= before)) throw new Error('a string is not in its page')
    before = prefix + length
    all += before
  }
  if (all > MOST_BYTES + MOST_TIMES * own) throw new Error(`a page of ${own} bytes has ${all} bytes of strings`)
}

/** Where what has its length before it ends; the cursor is then after the length. */
function after(cursor: Cursor): number {
  const { bytes, at } = cursor
  if (at + 4 > bytes.length) throw new Error('a page ends before its levels')
  cursor.at += 4
  return cursor.at + new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
}

function bitsOf(level: number): number {
  return 32 - Math.clz32(level)
}
