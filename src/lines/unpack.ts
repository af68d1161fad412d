// Bytes that may be packed: gzip and zstd are known by their first bytes, which no text starts
// with, not by a file's name.

import { Buffer } from 'node:buffer'
import process from 'node:process'
import zlib from 'node:zlib'

import { Model2VecError } from '../errors.js'
import { gunzipped } from './gzip-members.js'
import { through } from './through-stream.js'
import type { ZlibStream } from './through-stream.js'
import { zstdFrames } from './zstd-frames.js'

const CHUNK_BYTES = 1 << 20

type Packing = 'gzip' | 'zstd'

/** What files start with that are packed, and the bits of it that count. */
const MAGIC: readonly {
  readonly packing: Packing
  readonly bytes: readonly number[]
  readonly mask: readonly number[]
}[] = [
  // RFC 1952.
  { packing: 'gzip', bytes: [0x1f, 0x8b], mask: [0xff, 0xff] },
  // RFC 8878: a frame, and one that is to be skipped, with which pzstd starts.
  { packing: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd], mask: [0xff, 0xff, 0xff, 0xff] },
  { packing: 'zstd', bytes: [0x50, 0x2a, 0x4d, 0x18], mask: [0xf0, 0xff, 0xff, 0xff] },
]

/** This many bytes show how a file is packed. */
export const MAGIC_BYTES = 4

function agrees(start: Uint8Array, { bytes, mask }: (typeof MAGIC)[number]): boolean {
  return bytes.every((byte, i) => i >= start.length || ((start[i] ?? 0) & (mask[i] ?? 0)) === byte)
}

/** How bytes that start so are packed; null = not. */
export function packingOf(start: Uint8Array): Packing | null {
  return MAGIC.find((each) => start.length >= each.bytes.length && agrees(start, each))?.packing ?? null
}

/** Whether more bytes are needed to tell. */
function isUndecided(start: Uint8Array): boolean {
  return MAGIC.some((each) => start.length < each.bytes.length && agrees(start, each))
}

/**
 * The bytes, unpacked where they are packed.
 *
 * @throws Model2VecError ERR_NOT_INSTALLED for zstd in a runtime that can't unpack it; what the
 * source and zlib throw
 */
export async function* unpacked(chunks: AsyncIterator<Buffer, void>): AsyncGenerator<Buffer, void, undefined> {
  let start: Buffer = Buffer.alloc(0)
  while (isUndecided(start)) {
    const next = await chunks.next()
    if (next.done === true) break
    // A pipe may give a byte at a time.
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
  }
  const all = prepended(start, chunks)
  const packing = packingOf(start)
  if (packing === null) {
    yield* all
  } else if (packing === 'gzip') {
    try {
      yield* gunzipped(all, () => zlib.createGunzip({ chunkSize: CHUNK_BYTES }))
    } finally {
      await all.return()
    }
  } else {
    const newStream = zstdDecompressor()
    try {
      for await (const frame of zstdFrames(all)) yield* through(newStream(), Buffer.alloc(0), frame)
    } finally {
      await all.return()
    }
  }
}

async function* prepended(first: Buffer, rest: AsyncIterator<Buffer, void>): AsyncGenerator<Buffer, void, undefined> {
  let isDone = false
  try {
    if (first.length > 0) yield first
    for (;;) {
      const next = await rest.next()
      isDone = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    if (!isDone) await rest.return?.()
  }
}

/** @throws Model2VecError ERR_NOT_INSTALLED */
function zstdDecompressor(): () => ZlibStream {
  // Not there in Node 20, and before 22.15 and 23.8.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: { chunkSize: number }) => ZlibStream }
  if (createZstdDecompress !== undefined) return () => createZstdDecompress({ chunkSize: CHUNK_BYTES })
  throw new Model2VecError(
    'ERR_NOT_INSTALLED',
    `zstd is unpacked by Node 22.15 and later, but this is ${process.version}: \`zstd -d\` unpacks it`,
  )
}
