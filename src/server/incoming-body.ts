// The body of a request of `node:http`, no more of it than the limit.

import type { IncomingMessage } from 'node:http'

import { Buffer } from '../runtime/node-globals.js'
import { tooLarge } from './unpack-body.js'

/** Gets the bytes; or a fault; or null when the client has gone away in the middle. */
export type OnBody = (error: Error | null, bytes: Buffer | null) => void

/** What a body of unknown length gets at first. */
const FIRST_BYTES = 1 << 16

/**
 * @param most bytes
 * @param hold counts bytes of a body of several chunks; throws when they are too many
 */
export function readIncoming(
  request: IncomingMessage,
  most: number,
  hold: (bytes: number) => void,
  onBody: OnBody,
): void {
  let first: Buffer | null = null
  /** For bodies of more than one chunk. It has room for all where the length is known: no long copy. */
  let all: Buffer | null = null
  let size = 0
  const finish = (error: Error | null, bytes: Buffer | null): void => {
    request.off('data', onData).off('end', onEnd).off('close', onClose)
    onBody(error, bytes)
  }
  const onData = (chunk: Buffer): void => {
    const before = size
    size += chunk.length
    if (size > most) finish(tooLarge(most), null)
    else if (first === null) first = chunk
    else {
      try {
        hold(all === null ? size : chunk.length)
      } catch (error) {
        finish(error as Error, null)
        return
      }
      if (all === null || size > all.length) all = roomFor(all ?? first, before, size, most, request)
      all.set(chunk, before)
    }
  }
  const onEnd = (): void => {
    finish(null, all?.subarray(0, size) ?? first ?? Buffer.alloc(0))
  }
  const onClose = (): void => {
    finish(null, null)
  }
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', ignore)
}

/** A copy of the first `used` bytes, with room for `needed` and more. */
function roomFor(bytes: Buffer, used: number, needed: number, most: number, { headers }: IncomingMessage): Buffer {
  const known = Number(headers['content-length'] ?? 0)
  const capacity = known >= needed ? known : Math.min(most, Math.max(FIRST_BYTES, 2 * needed))
  const room = Buffer.allocUnsafeSlow(capacity)
  room.set(bytes.subarray(0, used))
  return room
}

/** `close` follows. */
function ignore(): void {
  return undefined
}
