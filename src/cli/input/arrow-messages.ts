// The messages of an Arrow file or stream, each checked before the library sees it.

import { Buffer } from 'node:buffer'

import { blocksOf, messageOf } from './arrow-metadata.js'

/** What a file begins and ends with; a stream does not. */
export const FILE_MAGIC = 'ARROW1'
/** At the end of a file: the length of the footer, and the magic bytes. */
const TAIL_BYTES = 4 + FILE_MAGIC.length
/** Before a message since Arrow 0.15: then its length follows. */
const CONTINUATION = -1
/** The metadata of a schema with 100,000 fields. */
const MOST_BYTES = 1 << 26

/** Reads bytes of a file. @throws Error when they are not there */
export type ReadBytes = (start: number, length: number) => Promise<Uint8Array>

/**
 * Looks at the footer of a file, and at the metadata of all its batches.
 *
 * @throws Error about what is broken; what `read` throws
 */
export async function checkFile(size: number, read: ReadBytes): Promise<void> {
  const tail = Buffer.from(await read(Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES)))
  if (tail.toString('latin1', 4) !== FILE_MAGIC) throw new Error('it does not end as an Arrow file does')
  const end = size - TAIL_BYTES
  const length = tail.readInt32LE(0)
  if (!(length > 0 && length <= Math.min(end - FILE_MAGIC.length, MOST_BYTES))) {
    throw new Error(`expected a footer, but got one of ${length} bytes`)
  }
  let left = size
  for (const { start, type } of blocksOf(await read(end - length, length))) {
    const { skipped, length } = prefixOf(await read(start, 8))
    const message = messageOf(await read(start + skipped, length))
    // Of another one the library would look for a batch in the same place, without end.
    if (message.type !== type) throw new Error(`expected a message of the type ${type}, but got ${message.type}`)
    left -= skipped + length + message.bodyLength
    // Each has bytes of its own: else a small file could hold any number of rows.
    if (left < 0) throw new Error('its batches are larger than the file')
  }
}

/**
 * The same bytes, as chunks of which all metadata was looked at.
 *
 * @throws Error about what is broken
 */
export async function* checkedStream(
  chunks: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  /** Bytes that were not given on, and how many there have to be. */
  let waiting: Uint8Array[] = []
  let [has, needed] = [0, 8]
  /** Bytes of a body that are still to come. */
  let body = 0
  let isStart = true
  for await (const chunk of chunks) {
    waiting.push(chunk)
    has += chunk.length
    if (has < needed && body === 0) continue
    const bytes = waiting.length === 1 ? chunk : Buffer.concat(waiting, has)
    if (isStart && startsAsFile(bytes)) {
      yield await wholeFile(bytes, chunks)
      return
    }
    isStart = false
    let at = 0
    while (at < bytes.length) {
      const more = Math.min(body, bytes.length - at)
      at += more
      body -= more
      needed = 8
      if (bytes.length - at < needed) break
      const { skipped, length } = prefixOf(bytes.subarray(at))
      if (length === 0) {
        // The end of the stream, whatever may follow.
        yield bytes.subarray(0, at + skipped)
        return
      }
      needed = skipped + length
      if (bytes.length - at < needed) break
      body = messageOf(bytes.subarray(at + skipped, at + needed)).bodyLength
      at += needed
    }
    if (at > 0) yield bytes.subarray(0, at)
    waiting = at < bytes.length ? [bytes.subarray(at)] : []
    has = bytes.length - at
  }
  // A message that is not whole, which the library refuses.
  yield* waiting
}

function startsAsFile(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, FILE_MAGIC.length)).toString('latin1') === FILE_MAGIC
}

/** A file that comes as a stream: the library reads all of it, too. */
async function wholeFile(start: Uint8Array, chunks: AsyncGenerator<Uint8Array, void>): Promise<Uint8Array> {
  const all = [start]
  for await (const chunk of chunks) all.push(chunk)
  const bytes = Buffer.concat(all)
  await checkFile(bytes.length, (from, length) => {
    if (from >= 0 && from + length <= bytes.length) return Promise.resolve(bytes.subarray(from, from + length))
    return Promise.reject(new Error(`expected ${length} bytes from ${from} on, but there are ${bytes.length}`))
  })
  return bytes
}

/** The bytes before a message's metadata, and how many that has. @throws Error */
function prefixOf(bytes: Uint8Array): { readonly skipped: number; readonly length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  const first = view.getInt32(0, true)
  const [skipped, length] = first === CONTINUATION ? [8, view.getInt32(4, true)] : [4, first]
  if (!(length >= 0 && length <= MOST_BYTES)) throw new Error(`expected a message, but got one of ${length} bytes`)
  return { skipped, length }
}
