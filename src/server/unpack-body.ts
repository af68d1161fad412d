// Bodies that are packed (Content-Encoding), unpacked off the event loop, and no further than the limit
// of a body.

import { brotliDecompress, gunzip, inflate } from 'node:zlib'

import type { Buffer } from '../runtime/node-globals.js'
import { Fault } from './fault.js'

type Unpacker = (
  bytes: Buffer,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
  done: (error: Error | null, unpacked: Buffer) => void,
) => void

const UNPACKERS: Readonly<Record<string, Unpacker>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: brotliDecompress,
}

/** How much is unpacked between two steps of a thread. */
const CHUNK = 1 << 18

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

/**
 * @param most the most bytes of what was packed
 * @throws (rejects) Fault
 */
export function unpack(bytes: Buffer, encoding: string, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const unpacker = UNPACKERS[encoding.toLowerCase()]
    unpacker?.(bytes, { maxOutputLength: most, chunkSize: Math.min(CHUNK, Math.max(64, most)) }, (error, unpacked) => {
      if (error === null) resolve(unpacked)
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge(most))
      else reject(new Fault('syntax', `the body should be packed as Content-Encoding says: ${error.message}`))
    })
  })
}

export function tooLarge(most: number): Fault {
  return new Fault('body', `the body has more than ${most} bytes`)
}
