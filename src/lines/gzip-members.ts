// gzip (RFC 1952) of several members. Zeros may stand between and after them, as on tapes and in
// files of a fixed size: Node takes a zero after a member for the end of everything, so that rows
// would be lost without a word.

import { Buffer } from 'node:buffer'
import type { Gunzip } from 'node:zlib'

import { through } from './through-stream.js'

/**
 * The bytes of all members. An unpacker is made for each run of members without zeros between them.
 *
 * @throws what zlib throws of what is neither a member nor zeros
 */
export async function* gunzipped(
  chunks: AsyncIterator<Buffer, void>,
  newUnpacker: () => Gunzip,
): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for (;;) {
    let start = rest.findIndex((byte) => byte !== 0)
    while (start === -1) {
      const next = await chunks.next()
      if (next.done === true) return
      rest = next.value
      start = rest.findIndex((byte) => byte !== 0)
    }
    rest = yield* through(newUnpacker(), rest.subarray(start), chunks)
  }
}
