// The bytes of one input: a file or standard input, unpacked where it is gzip, from any place on.

import fs from 'node:fs'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'

import { fileError } from '../file-error.js'

/** Standard input, as an argument. */
export const STDIN = '-'

const CHUNK_BYTES = 1 << 20

/** What gzip starts with (RFC 1952), and no UTF-8. */
const GZIP = [0x1f, 0x8b] as const

/** Counts what is read of a file, as it lies on the disk: for a progress bar. */
export interface ByteCount {
  bytes: number
}

/**
 * The bytes of an input, in chunks.
 *
 * @param from how many unpacked bytes to leave out
 * @param read counts the packed bytes
 * @throws FileError
 */
export async function* bytesOf(path: string, from: number, read: ByteCount): AsyncGenerator<Buffer, void, undefined> {
  if (path === STDIN) {
    yield* unpackedIfPacked(process.stdin, read)
    return
  }
  try {
    const input = await openOnce(path)
    if (input.isPacked === null) {
      yield* unpackedIfPacked(input.stream(0), read)
    } else if (input.isPacked) {
      yield* without(from, unpacked(counted(input.stream(0), read)))
    } else {
      read.bytes += from
      yield* counted(input.stream(from), read)
    }
  } catch (error) {
    throw fileError(error, path)
  }
}

/** An input that is open. */
interface OpenInput {
  /** Whether a file is gzip; null = it can be read once, from its start, and only then this is seen. */
  readonly isPacked: boolean | null
  /** Called once; the end of the stream closes the input. */
  readonly stream: (from: number) => AsyncIterable<Buffer>
}

/**
 * Opens a file, pipe or device, once: a pipe that is opened a second time may have lost its writer, or what it wrote.
 *
 * Nothing waits in the open, as the open of a pipe that nobody writes to would: it would hold one of the threads that the process waits
 * for when it ends. Such a pipe is read as a socket is, which waits on no thread.
 */
async function openOnce(path: string): Promise<OpenInput> {
  // Windows has neither this flag nor such pipes.
  const fd = await promisify(fs.open)(
    path,
    fs.constants.O_RDONLY | ((fs.constants.O_NONBLOCK as number | undefined) ?? 0),
  )
  const stats = await promisify(fs.fstat)(fd)
  if (stats.isFIFO()) return { isPacked: null, stream: () => new Socket({ fd, readable: true, writable: false }) }
  if (isatty(fd)) return { isPacked: null, stream: () => new ReadStream(fd) }
  const stream = (start?: number): AsyncIterable<Buffer> =>
    fs.createReadStream(path, { fd, highWaterMark: CHUNK_BYTES, ...(start !== undefined && { start }) })
  if (!stats.isFile()) return { isPacked: null, stream: () => stream() }
  const { buffer, bytesRead } = await promisify(fs.read)(fd, Buffer.alloc(2), 0, 2, 0)
  return { isPacked: startsPacked(buffer.subarray(0, bytesRead)), stream }
}

/** What can only be read once, from its start. Whether it is gzip is seen by its first bytes, which no UTF-8 starts with. */
async function* unpackedIfPacked(
  stream: AsyncIterable<Buffer>,
  read: ByteCount,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks = stream[Symbol.asyncIterator]()
  const first = await firstBytes(chunks)
  if (first === null) return
  const all = counted(prepended(first, chunks), read)
  yield* startsPacked(first) ? unpacked(all) : all
}

/** The first chunk that says whether it is gzip: a pipe may give one byte at a time. */
async function firstBytes(chunks: AsyncIterator<Buffer>): Promise<Buffer | null> {
  let first: Buffer | null = null
  while (first === null || (first.length === 1 && first[0] === GZIP[0])) {
    const next = await chunks.next()
    if (next.done === true) break
    first = first === null ? next.value : Buffer.concat([first, next.value])
  }
  return first
}

function startsPacked(bytes: Uint8Array): boolean {
  return bytes[0] === GZIP[0] && bytes[1] === GZIP[1]
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
