// The body of a request of `node:http`, no more of it than the limit.

import type { IncomingMessage } from 'node:http'

import { Buffer } from '../runtime/node-globals.js'
import { tooLarge } from './unpack-body.js'

/** Gets the bytes; or a fault; or null when the client has gone away in the middle. */
export type OnBody = (error: Error | null, bytes: Buffer | null) => void

/** @param most bytes */
export function readIncoming(request: IncomingMessage, most: number, onBody: OnBody): void {
  let first: Buffer | null = null
  let rest: Buffer[] | null = null
  let size = 0
  const finish = (error: Error | null, bytes: Buffer | null): void => {
    request.off('data', onData).off('end', onEnd).off('close', onClose)
    onBody(error, bytes)
  }
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    if (size > most) finish(tooLarge(most), null)
    else if (first === null) first = chunk
    else (rest ??= []).push(chunk)
  }
  const onEnd = (): void => {
    finish(null, first === null ? Buffer.alloc(0) : rest === null ? first : Buffer.concat([first, ...rest], size))
  }
  const onClose = (): void => {
    finish(null, null)
  }
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', ignore)
}

/** `close` follows. */
function ignore(): void {
  return undefined
}
