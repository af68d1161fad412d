// An input that is read in pieces, from anywhere: a file, or a URL whose server sends ranges.

import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import type { AsyncBuffer } from 'hyparquet'

import { readAt } from '../../matrix/npy-reader.js'
import { FileError, naming } from '../file-error.js'
import { nameOf, STDIN } from './bytes.js'
import type { BytesOptions } from './bytes.js'
import { NO_PIN } from './pin.js'
import { isUrl, urlBytes, urlStart } from './url.js'

/** Reads bytes; null when the input ends before. */
type Read = (length: number, start: number) => Promise<Uint8Array<ArrayBuffer> | null>

export class RandomAccess {
  /** The name in messages. */
  readonly path: string
  readonly size: number
  /** Null for a URL. */
  readonly handle: FileHandle | null
  readonly #read: Read

  private constructor(path: string, size: number, handle: FileHandle | null, read: Read) {
    this.path = path
    this.handle = handle
    this.size = size
    this.#read = read
  }

  /** @throws FileError when it is neither a regular file nor a URL with ranges; of a URL what reading throws */
  static async open(path: string, title: string, options: BytesOptions = {}): Promise<RandomAccess> {
    if (path === STDIN) throw new FileError(`<stdin>: ${title} is read from files only`)
    if (isUrl(path)) return RandomAccess.#openUrl(path, title, options)
    const handle = await naming(path, open(path))
    try {
      const stats = await naming(path, handle.stat())
      if (!stats.isFile()) throw new FileError(`${path}: ${title} is read from files only`)
      return new RandomAccess(path, stats.size, handle, (length, start) => readAt(handle, length, start))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  static async #openUrl(
    url: string,
    title: string,
    { pin = NO_PIN, signal = new AbortController().signal }: BytesOptions,
  ): Promise<RandomAccess> {
    const found = pin.size === null ? await urlStart(url, 1, signal) : { pin, hasRanges: true }
    const { size } = found.pin
    if (size === null || !found.hasRanges) {
      throw new FileError(`${nameOf(url)}: ${title} is read from anywhere, but the server sends no ranges`)
    }
    return new RandomAccess(nameOf(url), size, null, async (length, start) => {
      const bytes = new Uint8Array(length)
      let at = 0
      for await (const chunk of urlBytes(url, start, start + length, found.pin, signal)) {
        bytes.set(chunk, at)
        at += chunk.length
      }
      return bytes
    })
  }

  /** @throws FileError when the input ends before */
  async bytes(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const isInside = start >= 0 && length >= 0 && start + length <= this.size
    const bytes = isInside ? await naming(this.path, this.#read(length, start)) : null
    if (bytes === null) {
      throw new FileError(
        `${this.path}: expected ${length} bytes from ${start} on, but the file has ${this.size}: it is broken, or was cut off`,
      )
    }
    return bytes
  }

  /** The input as hyparquet reads one. */
  get asyncBuffer(): AsyncBuffer {
    return {
      byteLength: this.size,
      slice: async (start, end = this.size) => (await this.bytes(start, end - start)).buffer,
    }
  }

  async close(): Promise<void> {
    await this.handle?.close()
  }
}
