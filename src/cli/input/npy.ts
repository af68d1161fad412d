// The vectors of an `.npy` that `embed` wrote, some rows at a time: the file may be larger than the
// memory.

import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import { arrayOf, DTYPES, valueOf } from '../../dtype.js'
import { systemReason } from '../../runtime/system-reason.js'
import { FileError, naming } from '../file-error.js'
import type { NpyShape } from '../../matrix/npy-header.js'
import { readAt, readNpyHeader } from '../../matrix/npy-reader.js'

/** A binary row has bits for elements, which have no cosine. */
const COMPARABLE = DTYPES.filter((dtype) => dtype !== 'binary')

export class NpyRows {
  readonly path: string
  readonly rows: number
  readonly dim: number
  readonly #shape: NpyShape
  readonly #file: FileHandle
  /** The offset of the next row. */
  #at: number

  private constructor(path: string, file: FileHandle, shape: NpyShape, at: number) {
    this.path = path
    this.rows = shape.rows
    this.dim = shape.width
    this.#shape = shape
    this.#file = file
    this.#at = at
  }

  /** @throws FileError when it is no matrix in C order, or of an element type that has no cosine */
  static async open(path: string): Promise<NpyRows> {
    const file = await naming(path, open(path))
    try {
      const { shape, start } = await readNpyHeader(file, COMPARABLE)
      return new NpyRows(path, file, shape, start)
    } catch (error) {
      await file.close()
      const reason = systemReason(error) ?? (error as Error).message
      throw new FileError(`${path}: ${reason}`, { cause: error })
    }
  }

  /**
   * The next `count` rows as numbers, `count` × `dim`.
   *
   * @throws FileError when the file ends before
   */
  async next(count: number): Promise<Float32Array> {
    const { dtype } = this.#shape
    const elements = arrayOf(dtype)
    const length = count * this.dim * elements.BYTES_PER_ELEMENT
    const bytes = await naming(this.path, readAt(this.#file, length, this.#at))
    if (bytes === null) throw new FileError(`${this.path}: expected ${this.rows} rows, but the file is shorter`)
    this.#at += length
    const values = new elements(bytes.buffer, bytes.byteOffset, count * this.dim)
    if (values instanceof Float32Array) return values
    return Float32Array.from(values, (value) => valueOf(dtype, value))
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}
