// Where an output format writes its bytes: a file, or standard output (`standard-output.ts`).

import type { FileHandle } from 'node:fs/promises'

export interface Sink {
  /** The bytes that were appended so far, also by an earlier run that this one goes on with. */
  readonly size: number
  /** Appends the bytes of all parts, one after the other. Afterwards their memory is the caller's again. */
  append(...parts: readonly Uint8Array[]): Promise<void>
  /** Replaces bytes that were appended before, from the byte `at` on. A file only. */
  overwrite(bytes: Uint8Array, at: number): Promise<void>
}

/** A file. Its first `size` bytes are kept, and appending starts after them. */
export class FileSink implements Sink {
  size: number
  readonly #file: FileHandle

  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  async append(...parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, bytes) => sum + bytes.length, 0)
    if (length === 0) return
    // One call for all: the system writes them while JavaScript goes on.
    const { bytesWritten } = await this.#file.writev([...parts], this.size)
    if (bytesWritten < length) {
      await this.overwrite(Buffer.concat(parts).subarray(bytesWritten), this.size + bytesWritten)
    }
    this.size += length
  }

  async overwrite(bytes: Uint8Array, at: number): Promise<void> {
    // One write may take only a part of the bytes: Linux takes 2 GB at most, and an almost full
    // disk takes what fits on it.
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done)
      done += bytesWritten
    }
  }
}
