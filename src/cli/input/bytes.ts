// The bytes of one input: a file, a pipe or standard input, unpacked and in UTF-8, from any offset on.

import fs from 'node:fs'
import { Socket } from 'node:net'
import { isatty, ReadStream } from 'node:tty'
import { promisify } from 'node:util'

import { MAGIC_BYTES, packingOf, unpacked } from '../../lines/unpack.js'
import { fileError } from '../file-error.js'
import { asUtf8, utf16Of } from './encoding.js'
import { NO_PIN } from './pin.js'
import type { Pin } from './pin.js'
import { isUrl, shownUrl, urlBytes } from './url.js'

/** Standard input, as an argument. */
export const STDIN = '-'

/** The name of an input in messages. */
export function nameOf(path: string): string {
  return path === STDIN ? '<stdin>' : isUrl(path) ? shownUrl(path) : path
}

const CHUNK_BYTES = 1 << 20

/** Counts the bytes read of a file, packed as they are on the disk: for a progress bar. */
export interface ByteCount {
  bytes: number
}

/** What is read of an input beside where it starts. */
export interface BytesOptions {
  /** The byte after the last one, of an input that is neither packed nor UTF-16; null = up to its end. */
  readonly to?: number | null
  /** What a URL has to say of itself. */
  readonly pin?: Pin
  /** Its abort ends a wait for the network. */
  readonly signal?: AbortSignal
}

/**
 * The bytes of an input, in chunks.
 *
 * @param from the offset in these bytes, as unpacked and in UTF-8
 * @param read counts the packed bytes
 * @throws FileError; of a URL what {@link urlBytes} throws
 */
export async function* bytesOf(
  path: string,
  from: number,
  read: ByteCount,
  { to = null, pin = NO_PIN, signal = new AbortController().signal }: BytesOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  if (isUrl(path)) {
    const isRange = from > 0 || to !== null
    const chunks = counted(urlBytes(path, from, to, pin, signal), read)
    yield* isRange ? chunks : asUtf8(unpacked(chunks))
    return
  }
  if (path === STDIN) {
    yield* asUtf8(unpacked(counted(process.stdin, read)))
    return
  }
  try {
    const input = await openOnce(path)
    if (input.isPlain) {
      if (to === null) read.bytes += from
      yield* counted(input.stream(from, to), read)
    } else {
      yield* without(from, asUtf8(unpacked(counted(input.stream(0, null), read))))
    }
  } catch (error) {
    throw fileError(error, path)
  }
}

/** An input that is open. */
interface OpenInput {
  /**
   * Whether it is a file of bytes that are read as they are. The bytes of a pipe or a device show
   * how they are packed and encoded when they are read.
   */
  readonly isPlain: boolean
  /** To be called once. The end of the stream closes the input. */
  readonly stream: (from: number, to: number | null) => AsyncIterable<Buffer>
}

/**
 * Opens a file, pipe or device, once: a pipe that is opened a second time may have lost its writer,
 * or what was written.
 *
 * The open never waits. Opening a pipe without a writer would block one of libuv's threads, and the
 * process waits for those when it ends. So a pipe is opened without blocking and read as a socket,
 * which needs no thread.
 */
async function openOnce(path: string): Promise<OpenInput> {
  // Windows has neither this flag nor named pipes in the file system.
  const fd = await promisify(fs.open)(
    path,
    fs.constants.O_RDONLY | ((fs.constants.O_NONBLOCK as number | undefined) ?? 0),
  )
  try {
    return await inputOf(path, fd)
  } catch (error) {
    await promisify(fs.close)(fd)
    throw error
  }
}

async function inputOf(path: string, fd: number): Promise<OpenInput> {
  const stats = await promisify(fs.fstat)(fd)
  if (stats.isFIFO()) return { isPlain: false, stream: () => new Socket({ fd, readable: true, writable: false }) }
  if (isatty(fd)) return { isPlain: false, stream: () => new ReadStream(fd) }
  const stream = (start?: number, to: number | null = null): AsyncIterable<Buffer> =>
    fs.createReadStream(path, {
      fd,
      highWaterMark: CHUNK_BYTES,
      ...(start !== undefined && { start }),
      ...(to !== null && { end: to - 1 }),
    })
  if (!stats.isFile()) return { isPlain: false, stream: () => stream() }
  const { buffer, bytesRead } = await promisify(fs.read)(fd, Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0)
  const start = buffer.subarray(0, bytesRead)
  return { isPlain: packingOf(start) === null && utf16Of(start) === null, stream }
}

async function* counted(chunks: AsyncIterable<Buffer>, read: ByteCount): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    read.bytes += chunk.length
    yield chunk
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
