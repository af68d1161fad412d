// Bytes through a stream of zlib, pulled: the source is asked for a chunk only after all earlier ones are unpacked. So a reader that stops
// waits for no chunk that is yet to come, and the bytes after the stream's end are known.

import type { Buffer } from 'node:buffer'
import type { Transform } from 'node:stream'

/** A stream of zlib; `bytesWritten` is what it has taken of what it was given. */
export type ZlibStream = Transform & { readonly bytesWritten: number }

/**
 * What the stream makes of `first` and of what follows.
 *
 * @returns what is left of the chunk in which the stream ended
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
      const piece = stream.read() as Buffer | null
      const { error } = failed() ?? {}
      if (error !== undefined) throw error
      if (piece !== null) {
        yield piece
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
