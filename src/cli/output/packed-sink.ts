// A sink that packs what it gets: each piece becomes a gzip member or a zstd frame of its own, which
// readers unpack as one. So a run can go on after any piece, with the same bytes, and pieces are
// packed beside each other.

import { promisify } from 'node:util'
import zlib from 'node:zlib'

import { Model2VecError } from '../../errors.js'
import type { Sink } from './sink.js'

export type Packing = 'gz' | 'zst'

const PIECE_BYTES = 1 << 20
/** Digits get hardly smaller with more work. */
const LEVEL = 1

export type Pack = (bytes: Uint8Array) => Promise<Uint8Array>

type CompressZstd = (bytes: Uint8Array, done: (error: Error | null, packed: Buffer) => void) => void

export function packedSink(sink: Sink, pack: Pack): Sink {
  return {
    get size() {
      return sink.size
    },
    async append(...parts) {
      const bytes = Buffer.concat(parts)
      const pieces: Promise<Uint8Array>[] = []
      let at = 0
      do pieces.push(pack(bytes.subarray(at, (at += PIECE_BYTES))))
      while (at < bytes.length)
      await sink.append(...(await Promise.all(pieces)))
    },
    overwrite: () => Promise.reject(new Error('packed bytes can only be appended to')),
  }
}

/** @throws Model2VecError ERR_NOT_INSTALLED for zstd in a runtime that can't pack it */
export function packer(packing: Packing): Pack {
  if (packing === 'gz') {
    const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip)
    return (bytes) => gzip(bytes, { level: LEVEL })
  }
  // Node has it from 22.15 on.
  const { zstdCompress } = zlib as { zstdCompress?: CompressZstd }
  if (zstdCompress !== undefined) return promisify(zstdCompress)
  throw new Model2VecError(
    'ERR_NOT_INSTALLED',
    `zstd is packed by Node 22.15 and later, but this is ${process.version}: choose .gz`,
  )
}
