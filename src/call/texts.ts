// The caller's texts: checked, and read in slices of a size that a native call takes. The caller's
// code (getters, proxies) runs here and nowhere else.

import { isMap, isPromise } from 'node:util/types'

import { describe, InvalidTextError, notAString } from '../errors.js'
import { MAX_TEXTS } from '../native/interface.js'

/** Texts to read, in their order; `count` was read once, at the start of the call. */
export interface Texts {
  readonly values: readonly unknown[]
  readonly count: number
}

export const NO_TEXTS: Texts = { values: [], count: 0 }

/** No array is longer. */
const MAX_COUNT = 2 ** 32 - 1

/** An array of texts. @throws InvalidTextError */
export function textList(texts: unknown): Texts {
  if (!Array.isArray(texts)) {
    const hint = typeof texts === 'string' ? ': use `encode` for a single string' : wayToArray(texts)
    throw new InvalidTextError(`\`texts\` should be an array of strings, but got ${kind(texts)}${hint}`)
  }
  return { values: texts, count: countOf(texts) }
}

/** An array of texts, or one text. @throws InvalidTextError */
export function textListOrText(texts: unknown): Texts {
  if (typeof texts === 'string') return { values: [texts], count: 1 }
  if (Array.isArray(texts)) return { values: texts, count: countOf(texts) }
  throw new InvalidTextError(
    `\`texts\` should be a string or an array of strings, but got ${kind(texts)}${wayToArray(texts)}`,
  )
}

/** One text, and no array. @throws InvalidTextError */
export function oneText(text: unknown): Texts {
  if (typeof text === 'string') return { values: [text], count: 1 }
  const hint = Array.isArray(text) ? ': `encode` takes several' : ''
  throw new InvalidTextError(`\`text\` should be a string, but got ${describe(text)}${hint}`)
}

/** The array's length, which a proxy may make up. */
function countOf(texts: readonly unknown[]): number {
  const length: unknown = texts.length
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > MAX_COUNT) {
    throw new InvalidTextError(`\`texts.length\` should be the length of an array, but got ${describe(length)}`)
  }
  return length
}

/** What to write for texts that are no array, as the end of a message. */
function wayToArray(texts: unknown): string {
  if (typeof texts !== 'object' || texts === null) return ''
  if (isPromise(texts)) return ': `await` it'
  if (isMap(texts)) return ': `[...texts.values()]` makes an array of its values'
  if (Symbol.asyncIterator in texts) return ': `encodeStream` takes it'
  return Symbol.iterator in texts ? ': `[...texts]` makes an array of it, and `encodeStream` takes it as it is' : ''
}

function kind(value: unknown): string {
  return typeof value === 'string' ? 'a string' : describe(value)
}

/**
 * The most UTF-16 units of a slice of more than one text: copying them takes about a tenth of a
 * millisecond, so that the clock is looked at often enough when texts are long.
 */
const MAX_UNITS = 1 << 17

/**
 * A longer text is handed over in segments of this many UTF-16 units: copying one takes about a
 * tenth of a millisecond.
 */
const SEGMENT_UNITS = 1 << 17

/** Texts `from` to `to` − 1, read from the caller's array. */
export interface Slice {
  readonly from: number
  readonly to: number
  readonly texts: readonly string[]
}

/** A segment of the text `from`, after which `rest` more UTF-16 units of it come. */
export interface Segment {
  readonly from: number
  readonly segment: string
  readonly rest: number
}

/**
 * Reads the texts in slices of at most {@link MAX_TEXTS}.
 *
 * @param readableUnits how many UTF-16 units of a text can matter
 * @throws InvalidTextError
 */
export function* slices(texts: Texts, readableUnits: number): Generator<Slice | Segment, void, undefined> {
  for (let from = 0; from < texts.count; from += MAX_TEXTS) {
    const to = Math.min(from + MAX_TEXTS, texts.count)
    for (const slice of splitByLength({ from, to, texts: readTexts(texts, from, to) })) {
      const text = slice.texts[0]
      // Such a text is alone in its slice.
      if (text !== undefined && Math.min(text.length, readableUnits) > SEGMENT_UNITS) {
        yield* segmentsOf(text, slice.from, Math.min(text.length, readableUnits))
      } else {
        yield slice
      }
    }
  }
}

/** The first `units` UTF-16 units of a text. */
function* segmentsOf(text: string, from: number, units: number): Generator<Segment, void, undefined> {
  for (let start = 0; start < units; start += SEGMENT_UNITS) {
    const end = Math.min(units, start + SEGMENT_UNITS)
    yield { from, segment: text.slice(start, end), rest: units - end }
  }
}

/**
 * Texts `from` to `to` − 1, each element read once. @throws InvalidTextError when one is no string
 */
export function readTexts(texts: Texts, from: number, to: number): string[] {
  // A list of one is made at its size.
  if (to - from === 1) return [readText(texts, from)]
  const read: string[] = []
  for (let i = from; i < to; i++) read.push(readText(texts, i))
  return read
}

function readText({ values }: Texts, index: number): string {
  const text = values[index]
  if (typeof text !== 'string') throw notAString(index, text === null ? 'null' : typeof text)
  return text
}

function* splitByLength(slice: Slice): Generator<Slice, void, undefined> {
  if (unitsOf(slice.texts, MAX_UNITS + 1) <= MAX_UNITS) {
    yield slice
    return
  }
  let start = 0
  let units = 0
  for (const [i, text] of slice.texts.entries()) {
    if (i > start && units + text.length > MAX_UNITS) {
      yield { from: slice.from + start, to: slice.from + i, texts: slice.texts.slice(start, i) }
      start = i
      units = 0
    }
    units += text.length
  }
  yield { from: slice.from + start, to: slice.to, texts: slice.texts.slice(start) }
}

/** UTF-16 units of the texts, of each at most `limit`. */
export function unitsOf(texts: readonly string[], limit: number): number {
  let units = 0
  for (const text of texts) units += Math.min(text.length, limit)
  return units
}
