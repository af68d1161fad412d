// A file that is read in pieces, from anywhere.

import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import { readAt } from '../../matrix/npy-reader.js'
import { FileError, naming } from '../file-error.js'
import { STDIN } from './bytes.js'

export class RandomAccess {
  readonly path: string
  readonly size: number
  readonly handle: FileHandle

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path
    this.handle = handle
    this.size = size
  }

  /** @throws FileError when it is no regular file */
  static async open(path: string, title: string): Promise<RandomAccess> {
    if (path === STDIN) throw new FileError(`<stdin>: ${title} is read from files only`)
    const handle = await naming(path, open(path))
    try {
      const stats = await naming(path, handle.stat())
      if (!stats.isFile()) throw new FileError(`${path}: ${title} is read from files only`)
      return new RandomAccess(path, handle, stats.size)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** @throws FileError when the file ends before */
  async bytes(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const isInside = start >= 0 && length >= 0 && start + length <= this.size
    const bytes = isInside ? await naming(this.path, readAt(this.handle, length, start)) : null
    if (bytes === null) {
      throw new FileError(
        `${this.path}: expected ${length} bytes from ${start} on, but the file has ${this.size}: it is broken, or was cut off`,
      )
    }
    return bytes
  }

  async close(): Promise<void> {
    await this.handle.close()
  }
}
