// A line of an input: its bytes, its place, and the rule that says where lines end.

export const LINE_FEED = 10
export const CARRIAGE_RETURN = 13

/**
 * A longer line is refused: it is a file of another kind, or a quote that is never closed. V8's
 * strings end at 2^29 characters.
 */
export const MAX_LINE_BYTES: number = 1 << 28

/** One line, or one CSV record, without its line break. */
export interface Line {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Its number in the file, from 1. For a record: the number of its first line. */
  readonly number: number
  /** Whether the file begins with it. */
  readonly isFirst: boolean
  /** How many lines of the file it takes: a CSV record may take several. */
  readonly lines: number
  /** Why it can't be read, whatever it holds; null where nothing is wrong. */
  readonly problem: string | null
}

/** A place between two lines, where reading can go on. */
export interface Place {
  /** Bytes of the file before it, as unpacked and in UTF-8. */
  offset: number
  /** Line breaks before it. */
  line: number
}

/** Bytes that were read and are not split into lines yet: those from `at` on. */
export interface Unread {
  bytes: Buffer
  at: number
  /** Whether the file ends with these bytes. */
  isLast: boolean
  /** The place of `at` in the file. */
  readonly place: Place
}

/** The end of a line. */
export interface LineEnd {
  /** The index of its line feed, or of the file's end; -1 = the bytes end first. */
  readonly end: number
  readonly problem: string | null
}

/** The rule that says where lines end: at every line feed, or at those outside of quotes. */
export interface LineEnds {
  /** The end of the line that starts at `unread.at`. */
  next(unread: Unread): LineEnd
  /** How many line feeds lie inside the line that was found last. */
  feedsInside(bytes: Buffer, start: number, end: number): number
}

/** Every line feed ends a line. */
export const EVERY_LINE_FEED: LineEnds = {
  next: (unread) => endAt(unread, unread.bytes.indexOf(LINE_FEED, unread.at)),
  feedsInside: () => 0,
}

/** A line that ends at this line feed, or, where there is none (-1), with the file. */
export function endAt({ bytes, isLast }: Unread, feed: number): LineEnd {
  return { end: feed === -1 && isLast ? bytes.length : feed, problem: null }
}

export function isTooLong({ bytes, at }: Unread): boolean {
  return bytes.length - at > MAX_LINE_BYTES
}

const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** A line without the byte order mark that the first one of a file may have. */
export function withoutMark(line: Uint8Array): Buffer {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length)
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes
}

/** How many line feeds there are from `start` up to `end`. */
export function countFeeds(bytes: Buffer, start: number, end: number): number {
  let count = 0
  for (let at = bytes.indexOf(LINE_FEED, start); at !== -1 && at < end; at = bytes.indexOf(LINE_FEED, at + 1)) count++
  return count
}
