// `readLines`: the lines of a file or a stream. It does not use `node:readline`, which from Node 24
// on also splits at U+2028 and U+2029: JSON strings may contain these.

import { Buffer, constants } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { TextDecoder } from 'node:util'

import { InvalidTextError } from '../errors.js'
import { isUrl, localPath } from '../runtime/local-path.js'
import { openerOf } from '../stream/stream-source.js'
import type { WebStream } from '../stream/stream-source.js'
import { unpacked } from './unpack.js'

/**
 * What {@link readLines} reads: a file, by its path or `file:` URL; a Node stream, a Web stream, or
 * any other async iterable of bytes or strings. Examples are `process.stdin`, the `body` of a
 * response, and a `Blob`'s `stream()`.
 */
export type LineSource = string | URL | AsyncIterable<Uint8Array | string> | WebStream<Uint8Array | string>

const LINE_FEED = 10
const CARRIAGE_RETURN = '\r'
const BYTE_ORDER_MARK = '\ufeff'
const CHUNK_BYTES = 1 << 18

/**
 * The lines of a file or a stream, without their line breaks, one after the other. No more of it is
 * in memory than a chunk and a line.
 *
 * Lines end with `\n` or `\r\n` and nothing else: a U+2028 in a text ends no line. The last line
 * needs no line break. The bytes must be UTF-8; a byte order mark at the start is left out. gzip is
 * unpacked, and so is zstd where the runtime has it (Node 22.15 and later); both are recognized by
 * their first bytes, not by the file's name.
 *
 * @returns lines, which can be read once; the source is closed when the iteration ends, however it
 *   ends
 * @throws InvalidTextError `ERR_INVALID_TEXT` for a line that is not UTF-8, or that has more bytes
 *   than a string can have characters, with its number (`index` counts lines from 0); for packed
 *   bytes that can't be unpacked; for chunks that are neither bytes nor strings; for a source of
 *   another kind, at once
 * @throws Model2VecError `ERR_NOT_INSTALLED` for zstd in a runtime that can't unpack it,
 *   `ERR_INVALID_OPTION` for a URL that names no file
 * @throws the error of the source itself: for a file the system's error, such as `ENOENT`
 *
 * @example
 * const text = (line) => JSON.parse(line).body
 * const batches = ef.encodeStream(readLines('docs.jsonl'), { text })
 * for await (const { items, embeddings } of batches) …
 */
export function readLines(source: LineSource): AsyncGenerator<string, void, undefined> {
  if (typeof source !== 'string' && !isUrl(source)) return linesOf(readerOf(source), '<stream>')
  const path = localPath('source', source)
  return linesOf(() => createReadStream(path, { highWaterMark: CHUNK_BYTES })[Symbol.asyncIterator](), path)
}

/**
 * Opens the source when the iteration starts, and closes it unless it has ended.
 *
 * @throws InvalidTextError at once, for a source of another kind
 */
function readerOf(source: Exclude<LineSource, string | URL>): () => AsyncIterator<Uint8Array | string, void> {
  // The elements of an array would be taken for chunks, but are probably meant as lines.
  if (Array.isArray(source)) throw new InvalidTextError('`source` should be a file or a stream, but got an array')
  const open = openerOf<Uint8Array | string>(source)
  return () => {
    const reader = open()
    let isDone = false
    return {
      async next() {
        const step = await reader.next()
        isDone = step.done === true
        return step.done === true ? { done: true, value: undefined } : { done: false, value: step.value }
      },
      async return() {
        if (!isDone) await reader.stop(false)
        return { done: true, value: undefined }
      },
    }
  }
}

async function* linesOf(
  open: () => AsyncIterator<Uint8Array | string, void>,
  name: string,
): AsyncGenerator<string, void, undefined> {
  const decoder = new LineDecoder(name)
  try {
    for await (const chunk of unpacked(bytesOf(open(), name))) yield* decoder.add(chunk)
  } catch (error) {
    const { code = '' } = error as { code?: string }
    // An error of zlib does not name the source.
    if (!/^(Z_|ZSTD_|ERR_BUFFER_TOO_LARGE)/.test(code)) throw error
    throw new InvalidTextError(`${name}: can't be unpacked: ${(error as Error).message}`, { cause: error })
  }
  yield* decoder.end()
}

async function* bytesOf(
  chunks: AsyncIterator<Uint8Array | string, void>,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  let isDone = false
  /** The first half of a surrogate pair, whose second half is in the next string. */
  let half = ''
  try {
    for (;;) {
      const next = await chunks.next()
      isDone = next.done === true
      const chunk: unknown = next.value
      if (typeof chunk === 'string') {
        const text = half + chunk
        half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
        yield Buffer.from(half === '' ? text : text.slice(0, -1))
        continue
      }
      if (half !== '') yield Buffer.from(half)
      half = ''
      if (next.done === true) return
      if (ArrayBuffer.isView(chunk)) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      else throw new InvalidTextError(`${name}: expected bytes or strings, but got ${typeof chunk}`)
    }
  } finally {
    if (!isDone) await chunks.return?.()
  }
}

/** Splits bytes into lines. */
class LineDecoder {
  readonly #name: string
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  /** The start of a line whose end has not come yet. */
  #open: Uint8Array[] = []
  #openBytes = 0
  /** How many lines were given out. */
  #lines = 0

  constructor(name: string) {
    this.#name = name
  }

  *add(chunk: Uint8Array): Generator<string, void, undefined> {
    const last = chunk.lastIndexOf(LINE_FEED)
    if (last === -1) {
      this.#keep(chunk)
      return
    }
    const whole = this.#openBytes === 0 ? chunk.subarray(0, last) : this.#join(chunk.subarray(0, last))
    yield* this.#decode(whole)
    this.#keep(chunk.subarray(last + 1))
  }

  *end(): Generator<string, void, undefined> {
    if (this.#openBytes > 0) yield* this.#decode(this.#join(new Uint8Array(0)))
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#open.push(bytes)
    this.#openBytes += bytes.length
    // A string never has more UTF-16 units than its UTF-8 has bytes, so a line within this limit
    // fits into a string.
    if (this.#openBytes > constants.MAX_STRING_LENGTH) {
      throw this.#error(`expected a line of at most ${constants.MAX_STRING_LENGTH} bytes, but got a longer one`)
    }
  }

  #join(rest: Uint8Array): Uint8Array {
    const joined = Buffer.concat([...this.#open, rest])
    this.#open = []
    this.#openBytes = 0
    return joined
  }

  /** Gives the lines of `bytes`, which has line feeds between lines but none at the end. */
  *#decode(bytes: Uint8Array): Generator<string, void, undefined> {
    let text: string
    try {
      text = this.#utf8.decode(bytes)
    } catch {
      yield* this.#decodeEach(bytes)
      return
    }
    for (const line of text.split('\n')) yield this.#line(line)
  }

  /** As `#decode`, line by line: gives the lines before the one that is not UTF-8, then throws. */
  *#decodeEach(bytes: Uint8Array): Generator<string, void, undefined> {
    for (let start = 0; start <= bytes.length;) {
      const feed = bytes.indexOf(LINE_FEED, start)
      const end = feed === -1 ? bytes.length : feed
      let line: string
      try {
        line = this.#utf8.decode(bytes.subarray(start, end))
      } catch (cause) {
        throw this.#error('expected UTF-8, but got other bytes', cause)
      }
      yield this.#line(line)
      start = end + 1
    }
  }

  #line(line: string): string {
    const start = this.#lines === 0 && line.startsWith(BYTE_ORDER_MARK) ? 1 : 0
    this.#lines++
    const end = line.endsWith(CARRIAGE_RETURN) ? line.length - 1 : line.length
    return start === 0 && end === line.length ? line : line.slice(start, end)
  }

  #error(message: string, cause?: unknown): InvalidTextError {
    return new InvalidTextError(`${this.#name}:${this.#lines + 1}: ${message}`, { cause, index: this.#lines })
  }
}
