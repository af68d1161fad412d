// The body of a request of `node:http`.

import type { IncomingMessage } from 'node:http'

import type { BodyBytes } from './body-bytes.js'
import { GONE } from './exchange.js'

/**
 * @param onBody is called when the body is whole; with a fault; or with `GONE` when the client has
 *   gone away in the middle
 */
export function readIncoming(request: IncomingMessage, body: BodyBytes, onBody: (error: unknown) => void): void {
  const finish = (error: unknown): void => {
    request.off('data', onData).off('end', onEnd).off('close', onClose)
    onBody(error)
  }
  const onData = (chunk: Buffer): void => {
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
