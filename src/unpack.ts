// Bytes that may be packed: gzip and zstd are known by their first bytes, which no text in UTF-8 starts with, not by a file's name.

import { Buffer } from 'node:buffer'
import process from 'node:process'
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import zlib from 'node:zlib'

import { Model2VecError } from './errors.js'

const CHUNK_BYTES = 1 << 20

const MAGIC = {
  /** RFC 1952. */
  gzip: [0x1f, 0x8b],
  /** RFC 8878. */
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
} as const
type Packing = keyof typeof MAGIC

/** So many bytes say how a file is packed. */
export const MAGIC_BYTES = 4

/** How bytes that start so are packed; null = not. */
export function packingOf(start: Uint8Array): Packing | null {
  for (const packing of ['gzip', 'zstd'] as const) {
    if (MAGIC[packing].every((byte, i) => start[i] === byte)) return packing
  }
  return null
}

/** Whether more bytes are needed to tell. */
function isUndecided(start: Uint8Array): boolean {
  return Object.values(MAGIC).some(
    (magic) => start.length < magic.length && start.every((byte, i) => magic[i] === byte),
  )
}

/**
 * The bytes, unpacked where they are packed.
 *
 * @throws Model2VecError ERR_INVALID_OPTION for zstd in a runtime that can't unpack it; what the source and zlib throw
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
  if (packing === null) yield* all
  else yield* throughStream(all, unpacker(packing))
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

function unpacker(packing: Packing): Transform {
  if (packing === 'gzip') return zlib.createGunzip({ chunkSize: CHUNK_BYTES })
  // Not there in Node 20, and before 22.15 and 23.8.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Transform }
  if (createZstdDecompress !== undefined) return createZstdDecompress({ chunkSize: CHUNK_BYTES })
  throw new Model2VecError(
    'ERR_INVALID_OPTION',
    `zstd is unpacked by Node 22.15 and later, but this is ${process.version}: \`zstd -d\` unpacks it`,
  )
}

async function* throughStream(
  chunks: AsyncIterable<Buffer>,
  stream: Transform,
): AsyncGenerator<Buffer, void, undefined> {
  const packed = Readable.from(chunks)
  packed.on('error', (error) => stream.destroy(error))
  packed.pipe(stream)
  try {
    yield* stream as AsyncIterable<Buffer>
  } finally {
    packed.destroy()
    stream.destroy()
  }
}
