// Unpacks bytes with one of Node's zlib streams, by pulling: the source is asked for a chunk only
// after all earlier chunks are unpacked. So a reader that stops does not wait for a chunk that has
// not come yet, and the bytes after the stream's end are known: `gzip-members.ts` goes on with
// these.

import type { Buffer } from 'node:buffer'
import type { Transform } from 'node:stream'

/**
 * A zlib stream. `bytesWritten` counts the bytes that zlib has taken of those written to the
 * stream.
 */
export type ZlibStream = Transform & { readonly bytesWritten: number }

/**
 * Gives what the stream makes of the bytes of `first` and of the chunks after it. At the end it
 * destroys the stream, but leaves `chunks` open.
 *
 * @returns the rest of the chunk in which the packed bytes ended
 * @throws what the stream or `chunks` throws
 */
export async function* through(
  stream: ZlibStream,
  first: Buffer,
  chunks: AsyncIterator<Buffer, void>,
): AsyncGenerator<Buffer, Buffer, undefined> {
  let [isUnpacked, isOver] = [false, false]
  let failure: { readonly error: Error } | null = null
  let wake = (): void => undefined
  stream.on('readable', () => {
    wake()
  })
  for (const event of ['end', 'close']) {
    stream.once(event, () => {
      isOver = true
      wake()
    })
  }
  stream.on('error', (error) => {
    failure = { error }
    wake()
  })
  let [last, given] = [first, first.length]
  const write = (): void => {
    isUnpacked = false
    stream.write(last, () => {
      isUnpacked = true
      wake()
    })
  }
  const failed = (): { readonly error: Error } | null => failure
  try {
    write()
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const chunk = stream.read() as Buffer | null
      const { error } = failed() ?? {}
      if (error !== undefined) throw error
      if (chunk !== null) {
        yield chunk
      } else if (isOver) {
        return last.subarray(last.length - (given - stream.bytesWritten))
      } else if (isUnpacked && stream.bytesWritten >= given) {
        isUnpacked = false
        const next = await chunks.next()
        if (next.done === true) {
          stream.end()
        } else {
          last = next.value
          given += last.length
          write()
        }
      } else {
        await woken
      }
    }
  } finally {
    stream.destroy()
  }
}
