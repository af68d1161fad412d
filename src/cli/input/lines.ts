// Bytes become lines, each with its place; a CSV record with line breaks in quotes is one line here.

import { assertUtf8, BadFile } from './encoding.js'
import type { Format } from './formats.js'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const QUOTE = 34
const COMMA = 44
/** In UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** A longer line is no line: a file of another kind, or a quote that is never closed. V8's strings end at 2^29 characters. */
const MAX_LINE_BYTES = 1 << 28

/** One line, or one CSV record: without its line break. */
export interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Its number in the file, from 1: of a record, of its first line. */
  readonly number: number
  /** How many lines it takes: a record may take several. */
  readonly lines: number
  /** What is wrong with it as a line, whatever it holds; null = nothing. */
  readonly problem: string | null
}

/** Where a line ends: what is read next. */
export interface Place {
  /** Bytes of the unpacked file before it. */
  offset: number
  /** Line breaks before it. */
  line: number
}

/** Where a line ends, and what is wrong with it. */
interface LineEnd {
  /** -1 = not in the bytes that are at hand. */
  readonly end: number
  readonly problem: string | null
}

/** Splits chunks into lines; `place` is where the reading is, as given: the end of the line that was given last. */
export class LineSplitter {
  readonly place: Place
  readonly #chunks: AsyncIterator<Buffer, void>
  readonly #format: Format
  /** What is read and not yet given, from `#at` on. */
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #isOver = false
  /** Where the next quote is, as far as was looked. */
  #quote = -1
  /** Bytes of a line that is too long, which are thrown away until its end; null = there is none. */
  #discarded: number | null = null
  /** Bytes and line breaks of the line that was given last. */
  #length = 0
  #lines = 0

  constructor(chunks: AsyncIterator<Buffer, void>, place: Place, format: Format) {
    this.#chunks = chunks
    this.place = { offset: place.offset, line: place.line }
    this.#format = format
  }

  /** Where the line starts that was given last, or could not be. */
  get lineStart(): Place {
    return { offset: this.place.offset - this.#length, line: this.place.line - this.#lines }
  }

  /** The next line that is at hand, without waiting; null = {@link LineSplitter.more} has to be waited for. @throws BadFile */
  next(): Line | null {
    if (this.#discarded !== null) return null
    const { end, problem } = this.#format === 'csv' ? this.#record() : this.#upTo(this.#feed(this.#at))
    if (end !== -1) return end === this.#at && end === this.#bytes.length ? null : this.#line(end, problem)
    return this.#isTooLong ? this.#tooLong() : null
  }

  /** What is at hand, from `at` on: whole lines that are read there are told to {@link LineSplitter.skip}. */
  get ahead(): { readonly bytes: Buffer; readonly at: number } {
    return { bytes: this.#bytes, at: this.#at }
  }

  /** Lines that were read elsewhere: so many bytes, line breaks included. */
  skip(bytes: number, lines: number): void {
    this.#at += bytes
    this.place.offset += bytes
    this.place.line += lines
  }

  /** Reads on. @returns false at the end, where all lines were given. @throws BadFile */
  async more(): Promise<boolean> {
    if (this.#discarded !== null) return this.#discard(this.#discarded)
    const left = this.#bytes.subarray(this.#at)
    if (this.#isOver) return left.length > 0
    const parts = [left]
    let length = left.length
    // A long line is put together once, not with each chunk.
    while (length <= MAX_LINE_BYTES) {
      const chunk = await this.#chunks.next()
      if (chunk.done === true) {
        this.#isOver = true
        break
      }
      const { value } = chunk
      parts.push(value)
      length += value.length
      if (length >= 2 * left.length && value.includes(LINE_FEED)) break
    }
    this.#bytes = parts.length === 2 && left.length === 0 ? (parts[1] ?? left) : Buffer.concat(parts, length)
    this.#at = 0
    this.#quote = -1
    if (this.place.offset === 0 && left.length === 0) assertUtf8(this.#bytes)
    return this.#bytes.length > 0
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  get #isTooLong(): boolean {
    return this.#bytes.length - this.#at > MAX_LINE_BYTES
  }

  /** The next line feed that is at hand. */
  #feed(from: number): number {
    return this.#bytes.indexOf(LINE_FEED, from)
  }

  /** The next quote, which is looked for once for all the lines before it; behind all bytes where none is at hand. */
  #quoteFrom(at: number): number {
    if (this.#quote < at) {
      const quote = this.#bytes.indexOf(QUOTE, at)
      this.#quote = quote === -1 ? this.#bytes.length : quote
    }
    return this.#quote
  }

  /** The file's end is a line's, too. */
  #upTo(end: number): LineEnd {
    return { end: end === -1 && this.#isOver ? this.#bytes.length : end, problem: null }
  }

  /**
   * The end of a CSV record: the first line break that is not inside a quoted field, in which quotes are written twice. Where quotes don't
   * say it, the record is its first line, with a problem, and what follows is read as if no quote had been open.
   */
  #record(): LineEnd {
    const bytes = this.#bytes
    const hasMark = this.place.offset === 0 && bytes.subarray(this.#at, this.#at + 3).equals(BYTE_ORDER_MARK)
    let at = hasMark ? this.#at + BYTE_ORDER_MARK.length : this.#at
    let feed = this.#feed(at)
    if (feed !== -1 && this.#quoteFrom(at) > feed) return { end: feed, problem: null }
    for (;;) {
      // The start of a field.
      if (bytes[at] === QUOTE) {
        const closing = closingQuote(bytes, at)
        if (closing === -1) return this.#unclosed(at)
        const after = closing + 1
        if (feed !== -1 && feed < after) feed = this.#feed(after)
        const end = bytes[after] === CARRIAGE_RETURN ? after + 1 : after
        if (end === feed) return this.#upTo(feed)
        // What follows is yet to come, or the file ends here.
        if (end >= bytes.length) return this.#upTo(-1)
        if (bytes[after] !== COMMA) return this.#strayQuote(at, closing)
        at = after + 1
      } else {
        while (at !== feed && at < bytes.length && bytes[at] !== COMMA) at++
        if (at === feed || at === bytes.length) return this.#upTo(feed)
        at++
      }
    }
  }

  /** A quote without another one in what is at hand: an error once no more may follow. */
  #unclosed(opening: number): LineEnd {
    const first = this.#feed(this.#at)
    // A record of one line is judged where its fields are read.
    if (first === -1) return this.#upTo(-1)
    if (!this.#isTooLong && !this.#isOver) return { end: -1, problem: null }
    const found = this.#isTooLong ? `none in ${MAX_LINE_BYTES} bytes` : 'the end of the file'
    return { end: first, problem: `expected a closing quote${this.#openedAt(opening)}, but got ${found}` }
  }

  /** A quote that has more of its field after it: where it is in another line, it is the opening one that is wrong. */
  #strayQuote(opening: number, closing: number): LineEnd {
    const end = this.#feed(this.#at)
    if (end === -1 || end > closing) return this.#upTo(end)
    const line = this.#lineOf(closing)
    const problem = `expected a closing quote${this.#openedAt(opening)}, but the next one, in line ${line}, ends no field`
    return { end, problem }
  }

  #openedAt(opening: number): string {
    const line = this.#lineOf(opening)
    return line === this.place.line + 1 ? '' : ` for the one in line ${line}`
  }

  #lineOf(at: number): number {
    return this.place.line + 1 + this.#breaks(this.#at, at)
  }

  #breaks(from: number, to: number): number {
    let count = 0
    for (let at = this.#feed(from); at !== -1 && at < to; at = this.#feed(at + 1)) count++
    return count
  }

  /** A line whose end is not in sight: of a record, its first line. */
  #tooLong(): Line {
    const first = this.#feed(this.#at)
    const problem = `expected a line of at most ${MAX_LINE_BYTES} bytes, but got a longer one`
    if (first !== -1) return this.#line(first, problem)
    this.#discarded = this.#bytes.length - this.#at
    this.#bytes = Buffer.alloc(0)
    this.#at = 0
    this.#length = 0
    this.#lines = 0
    return { bytes: this.#bytes, start: 0, end: 0, number: this.place.line + 1, lines: 1, problem }
  }

  /** Throws the rest of a line away. */
  async #discard(before: number): Promise<boolean> {
    for (let length = before; ;) {
      const chunk = await this.#chunks.next()
      const bytes = chunk.done === true ? null : chunk.value
      const feed = bytes?.indexOf(LINE_FEED) ?? -1
      if (bytes !== null && feed === -1) {
        length += bytes.length
        continue
      }
      this.#isOver = bytes === null
      this.#bytes = bytes ?? Buffer.alloc(0)
      this.#at = feed + 1
      this.#quote = -1
      this.place.offset += length + feed + 1
      this.place.line++
      this.#discarded = null
      return this.#bytes.length > 0
    }
  }

  #line(end: number, problem: string | null): Line {
    const start = this.#at
    const number = this.place.line + 1
    if (number === 1 && end === this.#bytes.length) this.#assertBreaks()
    this.#at = Math.min(end + 1, this.#bytes.length)
    this.#length = this.#at - start
    // Without a quote there is no break in a record.
    this.#lines = 1 + (this.#format === 'csv' && this.#quote < end ? this.#breaks(start, end) : 0)
    this.place.offset += this.#length
    this.place.line += this.#lines
    const text = end > start && this.#bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    return { bytes: this.#bytes, start, end: text, number, lines: this.#lines, problem }
  }

  /** A file of one line that has carriage returns in it has more than one, in the way of old Macs; JSON says what it has itself. */
  #assertBreaks(): void {
    const at = this.#bytes.indexOf(CARRIAGE_RETURN, this.#at)
    if (this.#format === 'jsonl' || at === -1 || at >= this.#bytes.length - 1) return
    throw new BadFile('expected lines that end with \\n or \\r\\n, but got \\r alone')
  }
}

/** The lines of bytes that end with a line feed. @param first the number of the first */
export function* linesOf(bytes: Buffer, first: number): Generator<Line, void, undefined> {
  let start = 0
  for (let number = first; start < bytes.length; number++) {
    const feed = bytes.indexOf(LINE_FEED, start)
    const end = feed > start && bytes[feed - 1] === CARRIAGE_RETURN ? feed - 1 : feed
    yield { bytes, start, end, number, lines: 1, problem: null }
    start = feed + 1
  }
}

/** The quote that closes the one at `opening`: quotes in between are written twice. -1 = none is at hand. */
function closingQuote(bytes: Buffer, opening: number): number {
  for (let at = bytes.indexOf(QUOTE, opening + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at
  }
  return -1
}
