// Files that are no UTF-8: told once, for the whole file, where each of their lines would be a riddle or, worse, a text.

const LINE_FEED = 10

/** A file that is not in lines of UTF-8, so that none of it can be read: skipping lines is no way out. */
export class BadFile extends Error {}

/** Of the bytes of a file without line feeds at least this share is zero before it counts as UTF-16. */
const ZEROS = 1 / 4

/**
 * UTF-16 of most languages is valid UTF-8 without a byte order mark, full of NULs: each text of its lines would have a vector.
 *
 * @param start the first bytes of a file
 * @throws BadFile
 */
export function assertUtf8(start: Buffer): void {
  const [first = 0, second = 0, third = 0, fourth = 0] = start
  if (first === 0xff && second === 0xfe) throw notUtf8(third === 0 && fourth === 0 && start.length > 3 ? 32 : 16)
  if (first === 0xfe && second === 0xff) throw notUtf8(16)
  if (first === 0 && second === 0 && third === 0xfe && fourth === 0xff) throw notUtf8(32)
  for (const side of [0, 1] as const) if (looksWide(start, side)) throw notUtf8(16)
}

function notUtf8(bits: number): BadFile {
  return new BadFile(`expected UTF-8, but got UTF-${bits}: \`iconv -f UTF-${bits} -t UTF-8\` converts it`)
}

/**
 * Whether the bytes are UTF-16 whose high bytes are at even (0) or odd (1) places: there are NULs, all of them there, one beside each line
 * feed; without a line feed, many.
 */
function looksWide(bytes: Buffer, side: 0 | 1): boolean {
  let zeros = 0
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, at + 1)) {
    if (at % 2 !== side) return false
    zeros++
  }
  let feeds = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (at % 2 === side) return false
    const high = bytes[side === 0 ? at - 1 : at + 1]
    // The last one's may be yet to come.
    if (high !== 0 && high !== undefined) return false
    feeds++
  }
  return zeros > 0 && (feeds > 0 || zeros >= bytes.length * ZEROS)
}
