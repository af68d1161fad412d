// EmbeddingMatrix: the vectors of many texts in one buffer.

import { arrayOf, valuesOf, widthOf } from '../dtype.js'
import type { BytesOf, Dtype, DtypeArray, FreshBuffer, RowArray, TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { describe, Model2VecError } from '../errors.js'
import { inTurns } from '../runtime/event-loop.js'
import type { DuplicatesOptions, NearestOptions } from '../options/search.js'
import { duplicates } from '../search/duplicates.js'
import type { Duplicates } from '../search/duplicates.js'
import { nearest, nearestSync } from '../search/nearest.js'
import type { Neighbors } from '../search/neighbors.js'
import type { Queries } from '../search/queries.js'
import { base64Of, jsonOf } from './json.js'

/**
 * The vectors of many texts, one row each, in one buffer.
 *
 * Rows are views: one row that is kept keeps the whole buffer alive, and `postMessage` of a row copies the whole buffer.
 * `JSON.stringify` needs {@link EmbeddingMatrix.toArray}.
 *
 * `D` is the element type, `A` the array's: on an ArrayBuffer for fresh memory, for an `out` what that is on.
 */
export class EmbeddingMatrix<
  D extends Dtype = 'float32',
  A extends DtypeArray<Dtype> = DtypeArray<D>,
> implements Iterable<A> {
  /** All rows, one after the other: exactly rows × width elements. */
  readonly data: A
  /** How many rows: one per text. */
  readonly rows: number
  /** Dimensions of a vector. */
  readonly dim: number
  /** Elements of `data` that a row takes: `dim`, and ⌈dim / 8⌉ bytes where `dtype` is 'binary'. */
  readonly width: number
  /** The element type of `data`. */
  readonly dtype: D
  /** How many token ids were pooled, per row; 0 = the row is all zeros. */
  readonly tokens: TokenArray
  /** How many texts were longer than `maxLength` allows, and were cut. */
  readonly truncated: number

  private constructor(data: A, dtype: D, dim: number, tokens: TokenArray, truncated: number) {
    this.data = data
    this.rows = tokens.length
    this.dim = dim
    this.width = widthOf(dtype, dim)
    this.dtype = dtype
    this.tokens = tokens
    this.truncated = truncated
  }

  /** @internal `data` has tokens.length × width elements. */
  static of(
    data: RowArray,
    { dtype, dim }: { readonly dtype: Dtype; readonly dim: number },
    tokens: TokenArray,
    truncated: number,
  ): EmbeddingMatrix<Dtype> {
    return new EmbeddingMatrix<Dtype>(data, dtype, dim, tokens, truncated)
  }

  /**
   * Row `index` as a view on {@link EmbeddingMatrix.data}.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  row(index: number): A {
    this.#check(index)
    return rowView<D, A>(this, index)
  }

  /**
   * The bytes of row `index` in the machine's order (little-endian everywhere that this package runs), as a view.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  bytes(index: number): BytesOf<A> {
    this.#check(index)
    const { buffer, byteOffset, byteLength } = rowView<D, A>(this, index)
    return new Uint8Array(buffer, byteOffset, byteLength) as BytesOf<A>
  }

  /** The rows in order, as views. */
  *[Symbol.iterator](): IterableIterator<A> {
    for (let index = 0; index < this.rows; index++) yield rowView<D, A>(this, index)
  }

  /**
   * The UTF-8 JSON text of all rows, or of one: each number in the shortest form that reads back to the same element.
   *
   * @param index one row: an array of numbers. Left out: an array of rows
   * @returns the values also of 'float16' and 'bfloat16', whose `data` are bits; the integers of 'int8'; the bytes of 'binary'. NaN and
   *   infinities are null
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when the memory was detached;
   *   OutOfMemoryError when the text is larger than a Buffer can be
   */
  json(index?: number): FreshBuffer {
    if (index !== undefined) this.#check(index)
    return jsonOf(this, index)
  }

  /**
   * The bytes of row `index`, elements in little-endian order, as base64.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when the memory was detached
   */
  base64(index: number): string {
    this.#check(index)
    return base64Of(this, index)
  }

  /**
   * The nearest rows of each query: every row is compared. The results are the same in every bit on every machine, for every number of threads.
   *
   * Rows with NaN or infinities are never found. With 'cosine' neither are rows of zeros, and a query of zeros finds nothing. Float and int8
   * queries may be compared with any float or int8 matrix: in float32, int8 with int8 in exact integers.
   *
   * A small search runs at once. A large one of few queries (up to 4) runs in the turns of the event loop, one of more on the engine's threads;
   * where the matrix is on a SharedArrayBuffer, both do. The matrix must not change until the promise settles.
   *
   * @param queries a matrix, a row of numbers, or an array of rows, of as many dimensions
   * @returns the `k` nearest rows for each query, best first, equal scores by rising row
   * @throws (rejects) Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, ERR_OUT_TOO_SMALL when the memory was detached meanwhile,
   *   OutOfMemoryError; `signal.reason` once aborted
   */
  nearest(queries: Queries, options?: NearestOptions): Promise<Neighbors> {
    return nearest(this, queries, options)
  }

  /**
   * As {@link EmbeddingMatrix.nearest}, on the calling thread and with the help of the engine's threads.
   *
   * @throws what {@link EmbeddingMatrix.nearest} rejects with
   */
  nearestSync(queries: Queries, options?: NearestOptions): Neighbors {
    return nearestSync(this, queries, options)
  }

  /**
   * Near-duplicates, greedily in the order of the rows: a row is dropped when an earlier row that is kept scores at least `threshold`. Rows
   * whose `texts` are equal are dropped first, without comparing vectors.
   *
   * Each row is compared with every kept row before it, on the engine's threads: 100,000 rows take about half a minute on one thread, a
   * million 47 minutes. The matrix must not change until the promise settles.
   *
   * @throws (rejects) Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, ERR_OUT_TOO_SMALL when the memory was detached meanwhile,
   *   InvalidTextError; `signal.reason` once aborted
   */
  duplicates(options: DuplicatesOptions): Promise<Duplicates> {
    return duplicates(this, options)
  }

  /**
   * A copy as plain arrays of numbers, for JSON and for clients that take no typed arrays. Python: `tolist()`.
   *
   * @returns rows × width numbers: the values also of 'float16' and 'bfloat16', whose `data` are bits; the integers of 'int8'; the
   *   bytes of 'binary'
   */
  toArray(): number[][] {
    const { data, rows, width, dtype } = this
    const result: number[][] = []
    for (let index = 0; index < rows; index++) result.push(valuesOf(dtype, data, index * width, width))
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
export function viewOf(dtype: Dtype, data: RowArray, start: number, length: number): RowArray {
  try {
    return new (arrayOf(dtype))(data.buffer, data.byteOffset + start * data.BYTES_PER_ELEMENT, length)
  } catch (cause) {
    throw new Model2VecError('ERR_OUT_TOO_SMALL', 'the memory of the vectors was detached or made smaller', { cause })
  }
}

function rowView<D extends Dtype, A extends DtypeArray<Dtype>>(
  { dtype, data, width }: EmbeddingMatrix<D, A>,
  index: number,
): A {
  return viewOf(dtype, data, index * width, width) as A
}

/** All rows as views. */
export function rowViews<D extends Dtype>(matrix: EmbeddingMatrix<D>): DtypeArray<D>[] {
  return [...matrix]
}

/** How many views are made in a step: some 30 µs. */
const VIEWS_PER_STEP = 256

/** All rows as views, leaving the event loop to others every few milliseconds; the signal may end it there. */
export function rowViewsInTurns<D extends Dtype>(
  matrix: EmbeddingMatrix<D>,
  signal: AbortSignal | undefined,
): DtypeArray<D>[] | Promise<DtypeArray<D>[]> {
  const { rows } = matrix
  if (rows <= VIEWS_PER_STEP) return rowViews(matrix)
  const views = new Array<DtypeArray<D>>(rows)
  let index = 0
  return inTurns(() => {
    throwIfAborted(signal)
    const end = Math.min(rows, index + VIEWS_PER_STEP)
    for (; index < end; index++) views[index] = rowView(matrix, index)
    return end === rows ? views : undefined
  }, signal)
}
