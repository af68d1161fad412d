// UTF-16 with a byte order mark becomes UTF-8. Other files that are not UTF-8 are refused as a
// whole, once and by name: line by line, they would give confusing errors or, worse, texts full of
// NULs.

const LINE_FEED = 10

/** None of the file's lines can be read: skipping lines does not help. */
export class BadFile extends Error {}

/** UTF-16 by its byte order mark: of UTF-32 the two bytes after it are zero. */
type ByteOrder = 'little' | 'big'

/** @param start the first four bytes, fewer where a file has no more */
export function utf16Of([first, second, third, fourth]: Buffer): ByteOrder | null {
  if (first === 0xfe && second === 0xff) return 'big'
  return first === 0xff && second === 0xfe && (third !== 0 || fourth !== 0) ? 'little' : null
}

/** The bytes, in UTF-8 where they are UTF-16 with a byte order mark, which stays. */
export async function* asUtf8(chunks: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void, undefined> {
  try {
    let start = Buffer.alloc(0)
    // Of UTF-8, the first byte tells.
    while (start.length < 4 && (start[0] ?? 0xff) >= 0xfe) {
      const next = await chunks.next()
      if (next.done === true) break
      start = Buffer.concat([start, next.value])
    }
    const order = utf16Of(start)
    if (order === null) {
      yield start
      yield* chunks
      return
    }
    const decoder = new Utf16Decoder(order)
    yield decoder.decode(start)
    for await (const chunk of chunks) yield decoder.decode(chunk)
    yield decoder.end()
  } finally {
    await chunks.return()
  }
}

/** No byte of UTF-8: the line that it is in can't be read. */
const INVALID = Buffer.of(0xff)

class Utf16Decoder {
  readonly #order: ByteOrder
  /** Bytes of a character that is not whole yet. */
  #left: Buffer = Buffer.alloc(0)

  constructor(order: ByteOrder) {
    this.#order = order
  }

  decode(chunk: Buffer): Buffer {
    const bytes = Buffer.concat([this.#left, chunk])
    let end = bytes.length - (bytes.length % 2)
    const high = bytes[end - (this.#order === 'little' ? 1 : 2)] ?? 0
    // The first unit of a pair waits for the second.
    if (high >= 0xd8 && high <= 0xdb) end -= 2
    this.#left = bytes.subarray(end)
    const units = bytes.subarray(0, end)
    if (this.#order === 'big') units.swap16()
    const parts = units.toString('utf16le').split(/\p{Surrogate}/u)
    return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [Buffer.from(part)] : [INVALID, Buffer.from(part)])))
  }

  /** What the last bytes are, which are no character. */
  end(): Buffer {
    return this.#left.length > 0 ? INVALID : this.#left
  }
}

/** A file without line feeds counts as UTF-16 when at least this share of its bytes is zero. */
const ZEROS = 1 / 4

/**
 * Without a byte order mark, UTF-16 of most languages is valid UTF-8 with many NULs.
 *
 * @param start the first bytes of a file
 * @throws BadFile
 */
export function assertUtf8(start: Buffer): void {
  const [first, second, third, fourth] = start
  const isWider =
    (first === 0xff && second === 0xfe) || (first === 0 && second === 0 && third === 0xfe && fourth === 0xff)
  if (isWider) throw new BadFile('expected UTF-8, but got UTF-32: `iconv -f UTF-32 -t UTF-8` converts it')
  for (const [side, name] of [
    [0, 'UTF-16BE'],
    [1, 'UTF-16LE'],
  ] as const) {
    if (!looksWide(start, side)) continue
    throw new BadFile(
      `expected UTF-8, but got UTF-16 without a byte order mark: \`iconv -f ${name} -t UTF-8\` converts it`,
    )
  }
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
