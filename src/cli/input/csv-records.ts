// Where a CSV record ends: at the first line feed outside of quotes.

import type { Dialect } from './dialect.js'
import { CARRIAGE_RETURN, countFeeds, endAt, isTooLong, LINE_FEED, MAX_LINE_BYTES } from './line.js'
import type { LineEnd, LineEnds, Unread } from './line.js'

const QUOTE = 34
/** A longer header has a quote that is not closed. */
const MOST_HEADER_BYTES = 1 << 20
/** In UTF-8. */
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/**
 * Inside a quoted field, a quote is written twice and line feeds are text. Where the quotes don't
 * say where a record ends, it is its first line, with a problem, and reading goes on in the next
 * line as if no quote had been open: one unclosed quote costs one line, not the rest of the file.
 */
export class CsvRecords implements LineEnds {
  readonly #dialect: Dialect
  /** The byte; null until the dialect is settled. */
  #delimiter: number | null = null
  /** The bytes that `#quote` is an index of. */
  #bytes: Buffer | null = null
  /** The next quote from the last search on; the length of the bytes where there is none. */
  #quote = -1

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  next(unread: Unread): LineEnd {
    const { bytes, place } = unread
    const hasMark = place.offset === 0 && bytes.subarray(unread.at, unread.at + 3).equals(BYTE_ORDER_MARK)
    let at = hasMark ? unread.at + BYTE_ORDER_MARK.length : unread.at
    if (this.#delimiter === null && !this.#settle(unread, at)) return { end: -1, problem: null }
    const delimiter = this.#delimiter
    let feed = bytes.indexOf(LINE_FEED, at)
    if (this.#quoteFrom(bytes, at) > feed && feed !== -1) return { end: feed, problem: null }
    for (;;) {
      // `at` is the start of a field.
      if (bytes[at] === QUOTE) {
        const closing = closingQuote(bytes, at)
        if (closing === -1) return unclosed(unread, at)
        const after = closing + 1
        if (feed !== -1 && feed < after) feed = bytes.indexOf(LINE_FEED, after)
        const end = bytes[after] === CARRIAGE_RETURN ? after + 1 : after
        if (end === feed) return endAt(unread, feed)
        // The file ends here, or the bytes that decide are not read yet.
        if (end >= bytes.length) return endAt(unread, -1)
        if (bytes[after] !== delimiter) return strayQuote(unread, at, closing)
        at = after + 1
      } else {
        while (at !== feed && at < bytes.length && bytes[at] !== delimiter) at++
        if (at === feed || at === bytes.length) return endAt(unread, feed)
        at++
      }
    }
  }

  feedsInside(bytes: Buffer, start: number, end: number): number {
    // Without a quote there is none.
    return this.#quote < end ? countFeeds(bytes, start, end) : 0
  }

  /** Returns false where more bytes have to be read. */
  #settle(unread: Unread, at: number): boolean {
    if (!this.#dialect.isSettled) {
      const header = headerAt(unread, at)
      if (header === null) return false
      // An empty line before the header.
      if (header === '') return true
      this.#dialect.settle(header)
    }
    this.#delimiter = this.#dialect.delimiter.charCodeAt(0)
    return true
  }

  /** The next quote. One search serves all records before it. */
  #quoteFrom(bytes: Buffer, at: number): number {
    if (bytes !== this.#bytes || this.#quote < at) {
      const quote = bytes.indexOf(QUOTE, at)
      this.#bytes = bytes
      this.#quote = quote === -1 ? bytes.length : quote
    }
    return this.#quote
  }
}

/**
 * The header that starts at `start`, whatever its delimiter is: it ends with the first line up to
 * which there are as many opening quotes as closing ones. Null = more bytes have to be read.
 */
function headerAt({ bytes, isLast }: Unread, start: number): string | null {
  const first = bytes.indexOf(LINE_FEED, start)
  let end = first
  for (let from = start, isOpen = false; end !== -1; end = bytes.indexOf(LINE_FEED, from)) {
    for (let at = bytes.indexOf(QUOTE, from); at !== -1 && at < end; at = bytes.indexOf(QUOTE, at + 1)) isOpen = !isOpen
    if (!isOpen) break
    from = end + 1
  }
  if (end === -1) {
    if (!isLast && bytes.length - start < MOST_HEADER_BYTES) return null
    end = first === -1 ? bytes.length : first
  }
  return bytes.toString('utf8', start, bytes[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end)
}

/** The quote that closes the one at `opening`; -1 = the bytes end first. */
function closingQuote(bytes: Buffer, opening: number): number {
  for (let at = bytes.indexOf(QUOTE, opening + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at
  }
  return -1
}

/** No quote closes the one at `opening`: a problem once no more bytes may follow. */
function unclosed(unread: Unread, opening: number): LineEnd {
  const first = unread.bytes.indexOf(LINE_FEED, unread.at)
  // A record of one line gets its error where its fields are split.
  if (first === -1) return endAt(unread, -1)
  const isOverlong = isTooLong(unread)
  if (!isOverlong && !unread.isLast) return { end: -1, problem: null }
  const found = isOverlong ? `none in ${MAX_LINE_BYTES} bytes` : 'the end of the file'
  return { end: first, problem: `expected a closing quote${openedAt(unread, opening)}, but got ${found}` }
}

/**
 * More of the field follows the quote at `closing`. If that is in another line than the opening
 * quote, it is the opening one that is wrong.
 */
function strayQuote(unread: Unread, opening: number, closing: number): LineEnd {
  const end = unread.bytes.indexOf(LINE_FEED, unread.at)
  if (end === -1 || end > closing) return endAt(unread, end)
  const opened = openedAt(unread, opening)
  const line = lineOf(unread, closing)
  return { end, problem: `expected a closing quote${opened}, but the next one, in line ${line}, ends no field` }
}

function openedAt(unread: Unread, opening: number): string {
  const line = lineOf(unread, opening)
  return line === unread.place.line + 1 ? '' : ` for the one in line ${line}`
}

function lineOf({ bytes, at, place }: Unread, index: number): number {
  return place.line + 1 + countFeeds(bytes, at, index)
}
