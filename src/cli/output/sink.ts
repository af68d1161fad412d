// Where the bytes of an output go.

import type { FileHandle } from 'node:fs/promises'

export interface Sink {
  /** Bytes so far. */
  readonly size: number
  append(bytes: Uint8Array): Promise<void>
  /** Replaces bytes that were appended before. */
  overwrite(bytes: Uint8Array, at: number): Promise<void>
}

export class FileSink implements Sink {
  size: number
  readonly #file: FileHandle

  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.overwrite(bytes, this.size)
    this.size += bytes.length
  }

  async overwrite(bytes: Uint8Array, at: number): Promise<void> {
    // One write may take less: Linux takes 2 GB at most, and an almost full disk what fits onto it.
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done)
      done += bytesWritten
    }
  }
}
