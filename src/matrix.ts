// EmbeddingMatrix: the vectors of many texts in one buffer.

import { throwIfAborted } from './abort.js'
import { describe, Model2VecError } from './errors.js'
import { sliceClock } from './event-loop.js'

/**
 * The vectors of many texts, one row each, in one buffer.
 *
 * Rows are views: one row that is kept keeps the whole buffer alive, and `postMessage` of a row copies the whole buffer.
 * `JSON.stringify` needs {@link EmbeddingMatrix.toArray}.
 */
export class EmbeddingMatrix implements Iterable<Float32Array> {
  /** All rows, one after the other: exactly rows × dim elements. */
  readonly data: Float32Array
  /** How many rows: one a text. */
  readonly rows: number
  /** Elements of a row. */
  readonly dim: number
  /** The element type of `data`. */
  readonly dtype: 'float32'
  /** How many token ids were pooled, per row; 0 = the row is all zeros. */
  readonly tokens: Uint32Array
  /** How many texts were longer than `maxLength` allows, and were cut. */
  readonly truncated: number

  private constructor(data: Float32Array, dim: number, tokens: Uint32Array, truncated: number) {
    this.data = data
    this.rows = tokens.length
    this.dim = dim
    this.dtype = 'float32'
    this.tokens = tokens
    this.truncated = truncated
  }

  /** @internal `data` has tokens.length × dim elements. */
  static of(data: Float32Array, dim: number, tokens: Uint32Array, truncated: number): EmbeddingMatrix {
    return new EmbeddingMatrix(data, dim, tokens, truncated)
  }

  /**
   * Row `index` as a view on {@link EmbeddingMatrix.data}.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  row(index: number): Float32Array {
    this.#check(index)
    return rowView(this.data, index, this.dim)
  }

  /**
   * The bytes of row `index` in the machine's order (little-endian everywhere that this package runs), as a view.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  bytes(index: number): Uint8Array {
    this.#check(index)
    const { buffer, byteOffset, byteLength } = rowView(this.data, index, this.dim)
    return new Uint8Array(buffer, byteOffset, byteLength)
  }

  /** The rows in order, as views. */
  *[Symbol.iterator](): IterableIterator<Float32Array> {
    for (let index = 0; index < this.rows; index++) yield rowView(this.data, index, this.dim)
  }

  /** A copy as plain arrays of numbers, for JSON and for clients that take no typed arrays. Python: `tolist()`. */
  toArray(): number[][] {
    const { data, rows, dim } = this
    const result: number[][] = []
    // A plain loop: `Array.from` of a typed array is ten times slower.
    for (let index = 0; index < rows; index++) {
      const start = index * dim
      const row = new Array<number>(dim)
      for (let i = 0; i < dim; i++) row[i] = data[start + i] ?? NaN
      result.push(row)
    }
    return result
  }

  #check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.rows) {
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        `\`index\` should be an integer ≥ 0 and below the ${this.rows} rows, but got ${describe(index)}`,
      )
    }
  }
}

/**
 * Some elements of an array as a view.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL when the caller has detached the memory, or made it smaller
 */
export function viewOf(data: Float32Array, start: number, length: number): Float32Array {
  try {
    return new Float32Array(data.buffer, data.byteOffset + start * data.BYTES_PER_ELEMENT, length)
  } catch (cause) {
    throw new Model2VecError('ERR_OUT_TOO_SMALL', 'the memory of the vectors was detached or made smaller', { cause })
  }
}

function rowView(data: Float32Array, index: number, dim: number): Float32Array {
  return viewOf(data, index * dim, dim)
}

/** All rows as views. */
export function rowViews(matrix: EmbeddingMatrix): Float32Array[] {
  return [...matrix]
}

/** All rows as views, leaving the event loop to others every few milliseconds; the signal may end it there. */
export async function rowViewsInSlices(
  matrix: EmbeddingMatrix,
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const { data, rows, dim } = matrix
  const views = new Array<Float32Array>(rows)
  const clock = sliceClock()
  for (let index = 0; index < rows; index++) {
    if (index % 256 === 255 && clock.isOver()) {
      await clock.next()
      throwIfAborted(signal)
    }
    views[index] = rowView(data, index, dim)
  }
  return views
}
