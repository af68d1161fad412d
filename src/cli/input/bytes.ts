// The bytes of one input: a file or standard input, unpacked where it is gzip, from any place on.

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** Standard input, as an argument. */
export const STDIN = '-'

const CHUNK_BYTES = 1 << 20

/** Counts what is read of a file, as it lies on the disk: for a progress bar. */
export interface ByteCount {
  bytes: number
}

/**
 * The bytes of an input, in chunks.
 *
 * @param from how many unpacked bytes to leave out
 * @param read counts the packed bytes
 */
export async function* bytesOf(path: string, from: number, read: ByteCount): AsyncGenerator<Buffer, void, undefined> {
  if (path === STDIN) {
    yield* unpackedIfPacked(process.stdin, read)
    return
  }
  const kind = await kindOf(path)
  if (kind === 'pipe') {
    yield* unpackedIfPacked(createReadStream(path), read)
  } else if (kind === 'gzip') {
    const file: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: CHUNK_BYTES })
    yield* without(from, unpacked(counted(file, read)))
  } else {
    read.bytes += from
    yield* counted(createReadStream(path, { highWaterMark: CHUNK_BYTES, start: from }), read)
  }
}

/** What can only be read once, from its start. */
async function* unpackedIfPacked(
  stream: AsyncIterable<Buffer>,
  read: ByteCount,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = stream[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done === true) return
  const all = counted(prepended(first.value, chunks), read)
  yield* startsPacked(first.value) ? unpacked(all) : all
}

/** Whether a file is gzip is seen by its first bytes, which no text in UTF-8 starts with, not by its name. */
async function kindOf(path: string): Promise<'plain' | 'gzip' | 'pipe'> {
  const file = await open(path)
  try {
    if (!(await file.stat()).isFile()) return 'pipe'
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return startsPacked(buffer.subarray(0, bytesRead)) ? 'gzip' : 'plain'
  } finally {
    await file.close()
  }
}

function startsPacked(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

async function* prepended(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  yield first
  for (;;) {
    const next = await rest.next()
    if (next.done === true) return
    yield next.value
  }
}

async function* counted(chunks: AsyncIterable<Buffer>, read: ByteCount): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    read.bytes += chunk.length
    yield chunk
  }
}

async function* unpacked(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const packed = Readable.from(chunks)
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  packed.on('error', (error) => gunzip.destroy(error))
  packed.pipe(gunzip)
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } finally {
    packed.destroy()
  }
}

async function* without(
  count: number,
  chunks: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  let left = count
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}
