// Bytes become lines, each with its place; a CSV record with line breaks in quotes is one line here.

import type { Format } from './formats.js'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const QUOTE = 34
const COMMA = 44
const TAB = 9
/** In UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** A longer line is no line: a file of another kind, or a quote that is never closed. V8's strings end at 2^29 characters. */
export const MAX_LINE_BYTES: number = 1 << 28

/** One line, or one CSV record: without its line break. */
export interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Its number in the file, from 1: of a record, of its first line. */
  readonly number: number
}

/** Where a line ends: what is read next. */
export interface Place {
  /** Bytes of the unpacked file before it. */
  offset: number
  /** Line breaks before it. */
  line: number
}

/** A line that is too long to be read. */
export class EndlessLine extends Error {
  readonly line: number

  constructor(line: number) {
    super(`no line break in ${MAX_LINE_BYTES} bytes`)
    this.line = line
  }
}

/** Splits chunks into lines; `place` is where the reading is, as given: the end of the line that was given last. */
export class LineSplitter {
  readonly place: Place
  readonly #chunks: AsyncIterator<Buffer, void>
  /** The byte between the fields of formats with quotes, null for other formats. */
  readonly #separator: number | null
  /** What is read and not yet given, from `#at` on. */
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #isOver = false
  /** Line breaks inside the record that was looked at last. */
  #breaks = 0
  /** Bytes and line breaks of the line that was given last. */
  #length = 0
  #lines = 0

  constructor(chunks: AsyncIterator<Buffer, void>, place: Place, format: Format) {
    this.#chunks = chunks
    this.place = { offset: place.offset, line: place.line }
    this.#separator = format === 'csv' ? COMMA : format === 'tsv' ? TAB : null
  }

  /** Where the line starts that was given last, or could not be. */
  get lineStart(): Place {
    return { offset: this.place.offset - this.#length, line: this.place.line - this.#lines }
  }

  /** The next line that is at hand, without waiting; null = {@link LineSplitter.more} has to be waited for. */
  next(): Line | null {
    const end = this.#separator === null ? this.#bytes.indexOf(LINE_FEED, this.#at) : this.#recordEnd(this.#separator)
    if (end === -1) return this.#isOver ? this.#last() : null
    return this.#line(end, end + 1)
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

  /** Reads on. @returns false at the end, where all lines were given */
  async more(): Promise<boolean> {
    const left = this.#bytes.subarray(this.#at)
    if (this.#isOver) return left.length > 0
    const parts = [left]
    let length = left.length
    // A long line is put together once, not with each chunk.
    for (;;) {
      if (length > MAX_LINE_BYTES) throw new EndlessLine(this.place.line + 1)
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
    return this.#bytes.length > 0
  }

  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  /** The first line break that is not inside a quoted field: one that starts with a quote; quotes in it are written twice. */
  #recordEnd(separator: number): number {
    const bytes = this.#bytes
    let isQuoted = false
    const hasMark = this.place.offset === 0 && bytes.subarray(this.#at, this.#at + 3).equals(BYTE_ORDER_MARK)
    const start = hasMark ? this.#at + BYTE_ORDER_MARK.length : this.#at
    /** The place of the last quote that ended a field, unless the next byte is one too. */
    let closed = -1
    this.#breaks = 0
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === QUOTE) {
        if (isQuoted) {
          isQuoted = false
          closed = at
        } else {
          isQuoted = at === start || bytes[at - 1] === separator || closed === at - 1
        }
      } else if (byte === LINE_FEED) {
        if (!isQuoted) return at
        this.#breaks++
      }
    }
    return -1
  }

  /** The end of the file without a line break. */
  #last(): Line | null {
    const { length } = this.#bytes
    return this.#at === length ? null : this.#line(length, length)
  }

  #line(end: number, next: number): Line {
    const start = this.#at
    const number = this.place.line + 1
    this.#at = next
    this.#length = next - start
    this.#lines = this.#breaks + 1
    this.place.offset += this.#length
    this.place.line += this.#lines
    const text = end > start && this.#bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
    return { bytes: this.#bytes, start, end: text, number }
  }
}
