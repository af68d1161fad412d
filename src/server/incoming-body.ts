// The body of a request of `node:http`.

import type { IncomingMessage } from 'node:http'

import type { BodyBytes } from './body-bytes.js'
import { GONE } from './exchange.js'

/**
 * @param onBody is called when the body is whole; with a fault; or with `GONE` when the client has
 *   gone away in the middle
 */
export function readIncoming(request: IncomingMessage, body: BodyBytes, onBody: (error: unknown) => void): void {
  // Taking the listeners off would take longer than all else here, and their data has to flow away.
  let isOver = false
  const finish = (error: unknown): void => {
    if (isOver) return
    isOver = true
    onBody(error)
  }
  const onData = (chunk: Buffer): void => {
    if (isOver) return
    try {
      body.append(chunk)
    } catch (error) {
      finish(error)
    }
  }
  const onEnd = (): void => {
    finish(null)
  }
  const onClose = (): void => {
    finish(GONE)
  }
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', ignore)
}

/** `close` follows. */
function ignore(): void {
  return undefined
}
