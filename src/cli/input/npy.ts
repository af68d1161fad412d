// The rows of an `.npy` that `embed` wrote, one run after the other: no more of it is in memory than is asked for.

import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import { arrayOf, valueOf } from '../../dtype.js'
import type { Dtype } from '../../dtype.js'
import { fileError, naming } from '../file-error.js'

/** What the names of numpy's types are here; `<V2` is what it makes of bfloat16. */
const DTYPES: Readonly<Record<string, Dtype>> = { '<f4': 'float32', '<f2': 'float16', '<V2': 'bfloat16', '|i1': 'int8' }

/** Magic string, version, length of the header: of version 1.0. */
const START_BYTES = 10

export class NpyRows {
  readonly path: string
  readonly rows: number
  readonly dim: number
  readonly #dtype: Dtype
  readonly #file: FileHandle
  #at: number

  private constructor(path: string, file: FileHandle, start: number, dtype: Dtype, rows: number, dim: number) {
    this.path = path
    this.#file = file
    this.#at = start
    this.#dtype = dtype
    this.rows = rows
    this.dim = dim
  }

  /** @throws Error when it is no matrix in C order of an element type that can be compared */
  static async open(path: string): Promise<NpyRows> {
    const file = await naming(path, open(path))
    try {
      const start = await bytesAt(file, START_BYTES, 0)
      if (start?.toString('latin1', 0, 8) !== '\x93NUMPY\x01\x00') {
        throw new Error(`${path}: expected an .npy of version 1.0, but it starts otherwise`)
      }
      const length = start.readUInt16LE(8)
      const header = (await bytesAt(file, length, START_BYTES))?.toString('latin1') ?? ''
      const [, name = ''] = /'descr': *'([^']*)'/.exec(header) ?? []
      const [, rows, dim] = /'shape': *\((\d+), *(\d+),?\)/.exec(header) ?? []
      const dtype = DTYPES[name]
      if (rows === undefined || dim === undefined || !/'fortran_order': *False/.test(header)) {
        throw new Error(`${path}: expected a matrix in C order, but its header is ${header.trim()}`)
      }
      if (dtype === undefined) {
        throw new Error(`${path}: expected elements of ${Object.values(DTYPES).join(', ')}, but got ${name}`)
      }
      return new NpyRows(path, file, START_BYTES + length, dtype, Number(rows), Number(dim))
    } catch (error) {
      await file.close()
      throw fileError(error, path)
    }
  }

  /** The next `count` rows, one after the other, as numbers. @throws Error when there are fewer */
  async next(count: number): Promise<Float32Array> {
    const elements = arrayOf(this.#dtype)
    const length = count * this.dim * elements.BYTES_PER_ELEMENT
    const bytes = await naming(this.path, bytesAt(this.#file, length, this.#at))
    if (bytes === null) throw new Error(`${this.path}: expected ${this.rows} rows, but the file is shorter`)
    this.#at += length
    const values = new elements(bytes.buffer, bytes.byteOffset, count * this.dim)
    if (values instanceof Float32Array) return values
    return Float32Array.from(values, (value) => valueOf(this.#dtype, value))
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** Null when the file ends before. */
async function bytesAt(file: FileHandle, length: number, position: number): Promise<Buffer | null> {
  // Not from Node's pool: its places are no multiples of an element's size.
  const bytes = Buffer.from(new ArrayBuffer(length))
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) return null
    done += bytesRead
  }
  return bytes
}
