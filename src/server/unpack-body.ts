// Bodies that are packed (Content-Encoding), unpacked off the event loop, in a slot, and no further
// than there is memory for.

import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { BrotliDecompress, Gunzip, Inflate } from 'node:zlib'

import { onAbort } from '../runtime/abort.js'
import { Buffer } from '../runtime/node-globals.js'
import { BodyBytes } from './body-bytes.js'
import type { Exchange } from './exchange.js'
import { Fault } from './fault.js'

type Unpacker = (options: { readonly chunkSize: number }) => Gunzip | Inflate | BrotliDecompress

const UNPACKERS: Readonly<Record<string, Unpacker>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** How much is unpacked between two steps of a thread. */
const CHUNK = 1 << 16

/** Whether a Content-Encoding leaves a body as it is. */
export function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity'
}

/** @throws Fault for an encoding that isn't known */
export function assertKnown(encoding: string): void {
  if (!Object.hasOwn(UNPACKERS, encoding.toLowerCase())) {
    throw new Fault('encoding', 'Content-Encoding should be gzip, deflate, br or identity', null, [
      'Accept-Encoding',
      'gzip, deflate, br',
    ])
  }
}

/** @throws (rejects) Fault; the reason of the exchange's signal */
export function unpack(exchange: Exchange, packed: Buffer, encoding: string): Promise<Buffer> {
  return exchange.inSlot(
    (signal) =>
      new Promise((resolve, reject) => {
        const body = new BodyBytes(exchange, exchange.shared.options.maxBody)
        const stream = UNPACKERS[encoding.toLowerCase()]?.({ chunkSize: CHUNK })
        if (stream === undefined) return
        const fail = (error: unknown): void => {
          forget()
          stream.destroy()
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- may be a signal's reason
          reject(error)
        }
        const forget = onAbort([signal], fail)
        stream.on('data', (chunk: Buffer) => {
          try {
            // The first chunk is kept as it is given: this one would keep all of its stream's
            // memory.
            body.append(body.size === 0 ? Buffer.from(chunk) : chunk)
          } catch (error) {
            fail(error)
          }
        })
        stream.on('error', ({ message }) => {
          fail(new Fault('syntax', `the body should be packed as Content-Encoding says: ${message}`))
        })
        stream.on('end', () => {
          forget()
          if (stream.bytesWritten === packed.length) resolve(body.take())
          else fail(new Fault('syntax', 'the body has something after the end of what is packed'))
        })
        stream.end(packed)
      }),
  )
}
