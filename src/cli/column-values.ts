// Strings of a column as bytes of UTF-8: parts of them, several after each other, and as strings.

import type { ColumnType, ColumnValue, ColumnValues, Id, ListedValues, Utf8Values } from './column.js'
import { utf8Column } from './utf8-column.js'

/** What offsets of 32 bits reach. */
const MOST_BYTES = 2 ** 32 - 1

export function isUtf8(values: ColumnValues): values is Utf8Values {
  return 'offsets' in values
}

/** How many values there are. */
export function countOf(values: ColumnValues): number {
  return isUtf8(values) ? values.offsets.length - 1 : values.length
}

/** Values for whoever wants strings of JavaScript. */
export function listOf(values: ColumnValues): ListedValues {
  if (!isUtf8(values)) return values
  const { bytes, offsets, gap, nulls } = values
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: countOf(values) }, (_, row) =>
    nulls?.[row] === 1 ? null : buffer.toString('utf8', offsets[row], (offsets[row + 1] ?? 0) - gap),
  )
}

/** Ids for whoever wants values of JavaScript; those of lines (type 'id') are strings and numbers. */
export function idsOf(values: ColumnValues, type: ColumnType): readonly Id[] {
  if (type !== 'id') return listOf(values) as readonly Id[]
  // The ones that are read natively have at most 15 digits.
  if (values instanceof BigInt64Array) return Array.from(values, Number)
  const ids = listOf(values) as readonly Id[]
  return ids.some((id) => typeof id === 'bigint') ? ids.map((id) => (typeof id === 'bigint' ? Number(id) : id)) : ids
}

/** The bytes of all strings. */
export function utf8Length(values: Utf8Values): number {
  const { offsets, gap, nulls } = values
  const count = countOf(values)
  const isPlain = nulls === null || gap === 0
  const nullCount = isPlain ? 0 : nulls.reduce((sum, isNull) => sum + isNull, 0)
  return (offsets[count] ?? 0) - (offsets[0] ?? 0) - gap * (count - nullCount)
}

/** The values of the rows `from` to `to` − 1. */
export function partOf(values: ColumnValues, from: number, to: number): ColumnValues {
  if (isUtf8(values)) return utf8Slice(values, from, to)
  return ArrayBuffer.isView(values) ? values.subarray(from, to) : values.slice(from, to)
}

/** A part of the rows. */
export function utf8Slice({ bytes, offsets, gap, nulls }: Utf8Values, from: number, to: number): Utf8Values {
  return { bytes, offsets: offsets.subarray(from, to + 1), gap, nulls: nulls?.subarray(from, to) ?? null }
}

/** The strings of these values, one after the other. @throws Error for more than 4 GB */
export function utf8Values(values: readonly (Uint8Array | null | undefined)[]): Utf8Values {
  const offsets = new Uint32Array(values.length + 1)
  let end = 0
  let nulls: Uint8Array | null = null
  for (const [i, value] of values.entries()) {
    if (value === null || value === undefined) (nulls ??= new Uint8Array(values.length))[i] = 1
    else end += value.length
    offsets[i + 1] = end
  }
  if (end > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES} bytes of strings at once, but got ${end}`)
  const bytes = Buffer.allocUnsafeSlow(end)
  for (const [i, value] of values.entries()) if (value != null) bytes.set(value, offsets[i])
  return { bytes, offsets, gap: 0, nulls }
}

/** The same strings with nothing before, between and after them. */
export function compactValues(values: Utf8Values): Utf8Values {
  return joinedUtf8([values])
}

/** Strings of several runs of rows. */
function joinedUtf8(runs: readonly Utf8Values[]): Utf8Values {
  const [first] = runs
  const count = runs.reduce((sum, run) => sum + countOf(run), 0)
  if (runs.length === 1 && first?.gap === 0 && first.nulls === null) {
    const [start = 0, end = 0] = [first.offsets[0], first.offsets[count]]
    const bytes = first.bytes.subarray(start, end)
    return start === 0
      ? { ...first, bytes }
      : { ...first, bytes, offsets: first.offsets.map((offset) => offset - start) }
  }
  const offsets = new Uint32Array(count + 1)
  let nulls: Uint8Array | null = null
  let [row, end] = [0, 0]
  for (const run of runs) {
    for (let i = 0; i < countOf(run); i++) {
      if (run.nulls?.[i] === 1) (nulls ??= new Uint8Array(count))[row] = 1
      else end += (run.offsets[i + 1] ?? 0) - run.gap - (run.offsets[i] ?? 0)
      offsets[++row] = end
    }
  }
  const bytes = Buffer.allocUnsafeSlow(end)
  row = 0
  for (const run of runs) {
    const from = Buffer.from(run.bytes.buffer, run.bytes.byteOffset, run.bytes.length)
    if (run.gap === 0 && run.nulls === null) {
      from.copy(bytes, offsets[row], run.offsets[0], run.offsets[countOf(run)])
      row += countOf(run)
      continue
    }
    for (let i = 0; i < countOf(run); i++, row++) {
      if (run.nulls?.[i] !== 1) from.copy(bytes, offsets[row], run.offsets[i], (run.offsets[i + 1] ?? 0) - run.gap)
    }
  }
  return { bytes, offsets, gap: 0, nulls }
}

function isOfStrings(values: ListedValues): boolean {
  return Array.isArray(values) && values.every((value) => value === null || typeof value === 'string')
}

/** The values of several runs of rows, one after the other. */
export function joinedValues(runs: readonly ColumnValues[]): ColumnValues {
  const [first] = runs
  if (runs.length === 1 && first !== undefined) return first
  if (runs.some(isUtf8) && runs.every((run) => isUtf8(run) || isOfStrings(run))) {
    return joinedUtf8(runs.map((run) => (isUtf8(run) ? run : utf8Column(run as readonly (string | null)[]))))
  }
  if (runs.length > 0 && runs.every((run) => run instanceof BigInt64Array)) {
    const joined = new BigInt64Array(runs.reduce((sum, run) => sum + run.length, 0))
    let at = 0
    for (const run of runs) {
      joined.set(run, at)
      at += run.length
    }
    return joined
  }
  const lists = runs.map((run) => {
    const list = listOf(run)
    return ArrayBuffer.isView(list) ? [...list] : list
  })
  return ([] as (ColumnValue | null)[]).concat(...lists)
}
