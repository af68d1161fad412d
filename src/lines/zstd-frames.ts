// zstd (RFC 8878), frame by frame. A file may have several frames, and may be cut off: Node 22, Bun
// and Deno unpack the first frame only, or end without an error in the middle of one, so that rows
// would be lost without a word. Where frames and blocks end stands in their headers.

import { Buffer } from 'node:buffer'

const MAGIC = 0xfd2fb528
/** The magic numbers of frames that hold no data: sixteen of them, from this one on. */
const SKIPPABLE = 0x184d2a50
const RUN_LENGTH_BLOCK = 1

/** What is no zstd, or not all of it. */
class ZstdError extends Error {
  readonly code = 'ZSTD_FRAMES'
}

/** Takes bytes out of chunks, in the numbers that its caller asks for. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer, void>
  #bytes: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterator<Buffer, void>) {
    this.#chunks = chunks
  }

  /** Whether there are any more. */
  async hasMore(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) return false
      this.#bytes = next.value
    }
    return true
  }

  /** The next `count` bytes, at most 128 KB. @throws ZstdError when there are fewer */
  async take(count: number): Promise<Buffer> {
    const parts = [this.#bytes]
    for (let length = this.#bytes.length; length < count;) {
      const next = await this.#chunks.next()
      if (next.done === true) throw new ZstdError('unexpected end of file')
      parts.push(next.value)
      length += next.value.length
    }
    const all = parts.length === 1 ? this.#bytes : Buffer.concat(parts)
    this.#bytes = all.subarray(count)
    return all.subarray(0, count)
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      if (!(await this.hasMore())) throw new ZstdError('unexpected end of file')
      const length = Math.min(left, this.#bytes.length)
      await this.take(length)
      left -= length
    }
  }
}

/**
 * The bytes of one frame after the other. Each has to be read to its end before the next. @throws
 * ZstdError while they are read
 */
export async function* zstdFrames(
  chunks: AsyncIterator<Buffer, void>,
): AsyncGenerator<AsyncIterator<Buffer, void>, void, undefined> {
  const reader = new ByteReader(chunks)
  while (await reader.hasMore()) {
    const magic = await reader.take(4)
    const number = magic.readUInt32LE()
    if (number >= SKIPPABLE && number < SKIPPABLE + 16) await reader.skip((await reader.take(4)).readUInt32LE())
    else if (number === MAGIC) yield frame(magic, reader)
    else throw new ZstdError('expected another frame of zstd, but got other bytes')
  }
}

async function* frame(magic: Buffer, reader: ByteReader): AsyncGenerator<Buffer, void, undefined> {
  yield magic
  const descriptor = await reader.take(1)
  yield descriptor
  const flags = descriptor[0] ?? 0
  const isSingleSegment = (flags & 0x20) !== 0
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
  const dictionaryIdBytes = [0, 1, 2, 4][flags & 3] ?? 0
  yield await reader.take((isSingleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes)
  for (let isLast = false; !isLast;) {
    const header = await reader.take(3)
    const block = header.readUIntLE(0, 3)
    isLast = (block & 1) === 1
    yield header
    yield await reader.take(((block >> 1) & 3) === RUN_LENGTH_BLOCK ? 1 : block >> 3)
  }
  const hasChecksum = (flags & 4) !== 0
  if (hasChecksum) yield await reader.take(4)
}
