// Refuses files that are not UTF-8 as a whole, once and by name. Line by line, UTF-16 would give
// confusing errors or, worse, texts full of NULs.

const LINE_FEED = 10

/** None of the file's lines can be read: skipping lines does not help. */
export class BadFile extends Error {}

/** A file without line feeds counts as UTF-16 when at least this share of its bytes is zero. */
const ZEROS = 1 / 4

/**
 * Without a byte order mark, UTF-16 of most languages is valid UTF-8 with many NULs.
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
 * Whether the bytes are UTF-16 with the high bytes at even (0) or odd (1) indexes: NULs are only
 * there, and every line feed has one beside it. Without line feeds, there have to be many NULs.
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
    // The high byte of the last line feed may not be read yet.
    if (high !== 0 && high !== undefined) return false
    feeds++
  }
  return zeros > 0 && (feeds > 0 || zeros >= bytes.length * ZEROS)
}
