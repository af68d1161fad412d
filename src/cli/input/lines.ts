// Bytes become lines, each with its place in the file.

import { assertUtf8, BadFile } from './encoding.js'
import { CARRIAGE_RETURN, isTooLong, LINE_FEED, MAX_LINE_BYTES } from './line.js'
import type { Line, LineEnds, Place, Unread } from './line.js'

/** How a format's lines are split. */
export interface LineRules {
  readonly ends: LineEnds
  /**
   * Whether a file of one line may have carriage returns in it: else it has old Mac line breaks.
   */
  readonly allowsReturns: boolean
}

/** Splits chunks into lines. */
export class LineSplitter {
  readonly #chunks: AsyncIterator<Buffer, void>
  readonly #rules: LineRules
  readonly #unread: Unread
  /** Bytes of a line that is too long and is thrown away up to its end; null = there is none. */
  #discarded: number | null = null
  /** The bytes of the line that was given last, and its lines of the file. */
  #length = 0
  #lines = 0

  constructor(chunks: AsyncIterator<Buffer, void>, { offset, line }: Place, rules: LineRules) {
    this.#chunks = chunks
    this.#rules = rules
    this.#unread = { bytes: Buffer.alloc(0), at: 0, isLast: false, place: { offset, line } }
  }

  /** The place after the last line that was given. */
  get place(): Place {
    return this.#unread.place
  }

  /** The place before the last line that was given, or that failed. */
  get lineStart(): Place {
    const { offset, line } = this.place
    return { offset: offset - this.#length, line: line - this.#lines }
  }

  /**
   * The next line, without waiting; null = {@link LineSplitter.more} has to be called first.
   *
   * @throws BadFile
   */
  next(): Line | null {
    if (this.#discarded !== null) return null
    const unread = this.#unread
    const { end, problem } = this.#rules.ends.next(unread)
    if (end !== -1) return end === unread.at && end === unread.bytes.length ? null : this.#line(end, problem)
    return isTooLong(unread) ? this.#tooLong() : null
  }

  /**
   * The bytes from `at` on. A caller that reads lines there itself calls {@link LineSplitter.skip}.
   */
  get ahead(): { readonly bytes: Buffer; readonly at: number } {
    return this.#unread
  }

  /** Goes on after lines that were read elsewhere. `bytes` includes their line breaks. */
  skip(bytes: number, lines: number): void {
    this.#unread.at += bytes
    this.place.offset += bytes
    this.place.line += lines
  }

  /**
   * Waits for more bytes.
   *
   * @returns false at the end, after the last line
   * @throws BadFile
   */
  async more(): Promise<boolean> {
    if (this.#discarded !== null) return this.#discard(this.#discarded)
    const unread = this.#unread
    const left = unread.bytes.subarray(unread.at)
    if (unread.isLast) return left.length > 0
    const chunks = [left]
    let length = left.length
    // A long line is put together once, not again with each chunk.
    while (length <= MAX_LINE_BYTES) {
      const chunk = await this.#chunks.next()
      if (chunk.done === true) {
        unread.isLast = true
        break
      }
      const { value } = chunk
      chunks.push(value)
      length += value.length
      if (length >= 2 * left.length && value.includes(LINE_FEED)) break
    }
    unread.bytes = chunks.length === 2 && left.length === 0 ? (chunks[1] ?? left) : Buffer.concat(chunks, length)
    unread.at = 0
    if (this.place.offset === 0 && left.length === 0) assertUtf8(unread.bytes)
    return unread.bytes.length > 0
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  /** A line whose end was not found in the most bytes that a line may have. */
  #tooLong(): Line {
    const unread = this.#unread
    const problem = `expected a line of at most ${MAX_LINE_BYTES} bytes, but got a longer one`
    // In a record that is too long only its first line is left out.
    const first = unread.bytes.indexOf(LINE_FEED, unread.at)
    if (first !== -1) return this.#line(first, problem)
    this.#discarded = unread.bytes.length - unread.at
    unread.bytes = Buffer.alloc(0)
    unread.at = 0
    this.#length = 0
    this.#lines = 0
    const { offset, line } = this.place
    return { bytes: unread.bytes, start: 0, end: 0, number: line + 1, isFirst: offset === 0, lines: 1, problem }
  }

  /** Throws the rest of a line away. `before` = the bytes of it that are already gone. */
  async #discard(before: number): Promise<boolean> {
    const unread = this.#unread
    for (let length = before; ;) {
      const chunk = await this.#chunks.next()
      const bytes = chunk.done === true ? null : chunk.value
      const feed = bytes?.indexOf(LINE_FEED) ?? -1
      if (bytes !== null && feed === -1) {
        length += bytes.length
        continue
      }
      unread.isLast = bytes === null
      unread.bytes = bytes ?? Buffer.alloc(0)
      unread.at = feed + 1
      this.place.offset += length + feed + 1
      this.place.line++
      this.#discarded = null
      return unread.bytes.length > 0
    }
  }

  #line(end: number, problem: string | null): Line {
    const unread = this.#unread
    const { bytes, at: start } = unread
    const number = this.place.line + 1
    const isFirst = this.place.offset === 0
    if (isFirst && end === bytes.length) this.#assertBreaks()
    unread.at = Math.min(end + 1, bytes.length)
    this.#length = unread.at - start
    this.#lines = 1 + this.#rules.ends.feedsInside(bytes, start, end)
    this.place.offset += this.#length
    this.place.line += this.#lines
    const textEnd = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    return { bytes, start, end: textEnd, number, isFirst, lines: this.#lines, problem }
  }

  /**
   * @throws BadFile for a file of one line with carriage returns in it, which old Macs wrote as
   * line breaks
   */
  #assertBreaks(): void {
    const { bytes, at: start } = this.#unread
    const at = bytes.indexOf(CARRIAGE_RETURN, start)
    if (this.#rules.allowsReturns || at === -1 || at >= bytes.length - 1) return
    throw new BadFile("expected lines that end with \\n or \\r\\n, but got \\r alone: `tr '\\r' '\\n'` converts it")
  }
}

/**
 * The lines of bytes that end with a line feed, none of which has a byte order mark.
 *
 * @param first the number of the first line
 */
export function* linesOf(bytes: Buffer, first: number): Generator<Line, void, undefined> {
  let start = 0
  for (let number = first; start < bytes.length; number++) {
    const feed = bytes.indexOf(LINE_FEED, start)
    const end = feed > start && bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed
    yield { bytes, start, end, number, isFirst: false, lines: 1, problem: null }
    start = feed + 1
  }
}
