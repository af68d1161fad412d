// EmbeddingMatrix: the vectors of many texts in one buffer.

import { halfArrayClass, valueOf, valuesOf, widthOf } from '../dtype.js'
import type {
  BytesOf,
  Dtype,
  DtypeArray,
  FreshArray,
  FreshBuffer,
  HalfArray,
  HalfArrayOf,
  RowArray,
  TokenArray,
} from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { checkRow, invalid } from '../options/checks.js'
import type { DuplicatesOptions, NearestOptions, SearchVectors } from '../options/search.js'
import { Buffer } from '../runtime/node-globals.js'
import { duplicates } from '../search/duplicates.js'
import type { Duplicates } from '../search/duplicates.js'
import { nearest, nearestSync } from '../search/nearest.js'
import type { Neighbors } from '../search/neighbors.js'
import type { Queries } from '../search/queries.js'
import { concatParts, fromData } from './from.js'
import type { MatrixOptions, MatrixRowsOptions } from './from.js'
import { INSPECT, inspectMatrix } from './inspect.js'
import { rowJson, rowsJson } from './json.js'
import { loadNpy, saveNpy } from './npy-file.js'
import type { MatrixFileOptions } from './npy-file.js'
import { partsOf } from './parts.js'
import type { MatrixParts } from './parts.js'
import { isTruncatedRow, sliceTruncated } from './truncated-rows.js'
import type { TruncatedRows } from './truncated-rows.js'
import { assertPresent, viewOf } from '../row-memory.js'
import { bytesOfRow, rowView, sliceIndex } from './views.js'

/**
 * The vectors of many texts, one row each, in one buffer.
 *
 * Rows are views: one row that is kept keeps the whole buffer alive, and `postMessage` of a row
 * copies the whole buffer. `JSON.stringify` of a matrix is an array of rows of numbers.
 *
 * `D` is the element type, `A` the array's: on an ArrayBuffer for fresh memory, for an `out` what
 * that is on. `T` says whether the token counts are known: `TokenArray` for what was encoded,
 * `null` for what was loaded.
 */
export class EmbeddingMatrix<
  D extends Dtype = 'float32',
  A extends DtypeArray<Dtype> = DtypeArray<D>,
  T extends TokenArray | null = TokenArray | null,
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
  /**
   * How many token ids were pooled, per row; 0 = the row is all zeros. Null where that is not
   * known: of what was loaded, or made by `from`.
   */
  readonly tokens: T
  /**
   * How many texts were longer than `maxLength` allows, and were cut; 0 where that is not known.
   */
  readonly truncated: number
  readonly #truncatedRows: TruncatedRows

  private constructor(
    data: A,
    rows: number,
    dtype: D,
    dim: number,
    tokens: T,
    truncated: number,
    truncatedRows: TruncatedRows,
  ) {
    this.data = data
    this.rows = rows
    this.dim = dim
    this.width = widthOf(dtype, dim)
    this.dtype = dtype
    this.tokens = tokens
    this.truncated = truncated
    this.#truncatedRows = truncatedRows
  }

  static {
    Object.defineProperty(this.prototype, INSPECT, {
      value(this: EmbeddingMatrix<Dtype>, depth: number, options: object) {
        return inspectMatrix(this.constructor.name, this, depth, options)
      },
      configurable: true,
      writable: true,
    })
  }

  /** @internal `data` has tokens.length × width elements. */
  static of(
    data: RowArray,
    { dtype, dim }: { readonly dtype: Dtype; readonly dim: number },
    tokens: TokenArray,
    truncated: number,
    truncatedRows: TruncatedRows,
  ): EmbeddingMatrix<Dtype, RowArray, TokenArray> {
    return new EmbeddingMatrix<Dtype, RowArray, TokenArray>(
      data,
      tokens.length,
      dtype,
      dim,
      tokens,
      truncated,
      truncatedRows,
    )
  }

  /**
   * @internal Other rows of the same texts, whose token counts are as well known as those of
   * `matrix`. `data` has matrix.rows × width elements.
   */
  static ofSameTexts(
    matrix: SearchVectors,
    data: RowArray,
    { dtype, dim }: { readonly dtype: Dtype; readonly dim: number },
  ): EmbeddingMatrix<Dtype> {
    const { rows } = matrix
    if (!(matrix instanceof EmbeddingMatrix)) return EmbeddingMatrix.#ofParts(partsOf(data, rows, { dtype, dim }, null))
    const known = (matrix as EmbeddingMatrix<Dtype>).#parts()
    return EmbeddingMatrix.#ofParts({ ...known, data, dtype, dim })
  }

  static #ofParts({ data, rows, dtype, dim, tokens, truncated, truncatedRows }: MatrixParts): EmbeddingMatrix<Dtype> {
    return new EmbeddingMatrix<Dtype>(data, rows, dtype, dim, tokens, truncated, truncatedRows)
  }

  /**
   * Arrays of rows, copied: numbers as {@link EmbeddingMatrix.toArray} gives them, or rows of
   * `encodeDocuments`.
   */
  static from<D extends Dtype = 'float32', T extends TokenArray | null = null>(
    rows: readonly (readonly number[] | DtypeArray<D>)[],
    options?: MatrixRowsOptions<D, T>,
  ): EmbeddingMatrix<D, FreshArray<D>, T>
  /** The bits of a Float16Array, as a view. */
  static from<T extends TokenArray | null = null>(
    data: HalfArray,
    options: MatrixOptions<'float16', T> & { readonly dtype: 'float16' },
  ): EmbeddingMatrix<'float16', DtypeArray<'float16'>, T>
  /**
   * A matrix of vectors that the caller has. Nothing is computed: numbers for 'float16' and
   * 'bfloat16' are rounded to nearest, ties to even, by way of float32; those for 'int8' and
   * 'binary' have to be the integers that are stored.
   *
   * @param data all rows, one after the other: an array of the type that `dtype` names, of which
   * the matrix is a view; or an array of rows
   * @throws Model2VecError `ERR_INVALID_OPTION`; OutOfMemoryError
   */
  static from<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>, T extends TokenArray | null = null>(
    data: A,
    options: MatrixOptions<D, T>,
  ): EmbeddingMatrix<D, A, T>
  static from(data: unknown, options?: unknown): EmbeddingMatrix<Dtype> {
    return EmbeddingMatrix.#ofParts(fromData(data, options))
  }

  /**
   * The rows of several matrices in one, copied. `tokens` are known where those of all are;
   * `truncated` is the sum.
   *
   * @param list at least one; all with the same `dim` and `dtype`
   * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_OUT_TOO_SMALL` (memory was detached or made
   * smaller); OutOfMemoryError
   */
  static concat<D extends Dtype, T extends TokenArray | null = TokenArray | null>(
    list: readonly EmbeddingMatrix<D, DtypeArray<D>, T>[],
  ): EmbeddingMatrix<D, FreshArray<D>, T>
  static concat(list: readonly EmbeddingMatrix<Dtype>[]): EmbeddingMatrix<Dtype> {
    if (!(Array.isArray as (value: unknown) => boolean)(list))
      throw invalid('list', 'an array of EmbeddingMatrix', list)
    const parts = Array.from(list, (matrix, index) => {
      if (!(matrix instanceof EmbeddingMatrix)) throw invalid(`list[${index}]`, 'an EmbeddingMatrix', matrix)
      return matrix.#parts()
    })
    return EmbeddingMatrix.#ofParts(concatParts(parts))
  }

  /**
   * Reads a matrix from an `.npy` file: of {@link EmbeddingMatrix.save}, of `model2vec embed`, or
   * of `numpy.save` for a matrix in C order of float32, float16, int8 or uint8 ('binary'; Python:
   * `numpy.packbits`), or ml_dtypes' bfloat16. The file has no token counts.
   *
   * @param path a path or a `file:` URL
   * @throws (rejects) Model2VecError `ERR_BAD_NPY` when the file holds something else, `ERR_INVALID_OPTION` also when it can't be read;
   *   OutOfMemoryError
   */
  static async load<D extends Dtype = Dtype>(
    path: string | URL,
    options?: MatrixFileOptions<D>,
  ): Promise<EmbeddingMatrix<D, FreshArray<D>, null>> {
    const matrix: EmbeddingMatrix<Dtype> = EmbeddingMatrix.#ofParts(await loadNpy(path, options))
    return matrix as EmbeddingMatrix<D, FreshArray<D>, null>
  }

  #parts(): MatrixParts {
    const { data, rows, dim, dtype, tokens, truncated } = this
    return { data, rows, dim, dtype, tokens, truncated, truncatedRows: this.#truncatedRows }
  }

  /**
   * Writes the matrix as an `.npy` file of version 1.0, which `numpy.load` reads: bfloat16 as
   * `<V2`, for `.view(ml_dtypes.bfloat16)`; the token counts are not in it. The file is written
   * beside its place and renamed once it is on the disk: a crash leaves the old file or the new
   * one. `data` must not change before the promise settles.
   *
   * @param path a path or a `file:` URL. A file there is replaced, and passes on its mode; a link
   * is followed
   * @throws (rejects) Model2VecError `ERR_INVALID_OPTION`, also when it can't be written, `ERR_OUT_TOO_SMALL` when `data` was detached or
   *   made smaller
   */
  async save(path: string | URL): Promise<void> {
    await saveNpy(this, path)
  }

  /** How many rows: the same as `rows`. */
  get length(): number {
    return this.rows
  }

  /** How many token ids were pooled in all rows; null where that is not known. */
  get totalTokens(): T extends null ? null : number {
    const { tokens } = this
    let total: number | null = null
    if (tokens !== null) {
      total = 0
      for (const count of tokens) total += count
    }
    return total as T extends null ? null : number
  }

  /**
   * Row `index` as a view on {@link EmbeddingMatrix.data}.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  row(index: number): A {
    checkRow(this.rows, index)
    return rowView<D, A>(this, index)
  }

  /**
   * The bytes of row `index` in the machine's order (little-endian everywhere that this package
   * runs), as a view: what stores and wires take that want a `Buffer` or a Uint8Array. In
   * TypeScript a `Buffer` where the types of Node are there.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  bytes(index: number): BytesOf<A> {
    checkRow(this.rows, index)
    return bytesOfRow(this, index) as unknown as BytesOf<A>
  }

  /**
   * The bytes of row `index` with each element in the other order (big-endian), as a copy: what
   * PostgreSQL's binary protocol takes.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  swapBytes(index: number): FreshBuffer {
    checkRow(this.rows, index)
    const bytes = Buffer.from(bytesOfRow(this, index))
    const { BYTES_PER_ELEMENT: size } = this.data
    return size === 4 ? bytes.swap32() : size === 2 ? bytes.swap16() : bytes
  }

  /**
   * Row `index` as a Float16Array, or without an index all rows: a view.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, when `dtype` is not 'float16', or before Node 24, which has no
   *   Float16Array; ERR_OUT_TOO_SMALL when `data` was detached or made smaller
   */
  float16(index?: number): HalfArrayOf<A> {
    const { data, dtype, rows, width } = this
    if (dtype !== 'float16') throw invalid('dtype', "'float16' for `float16()`", dtype)
    const elements = halfArrayClass()
    if (elements === undefined) {
      throw new Model2VecError('ERR_INVALID_OPTION', '`float16()` needs a Float16Array, which Node has from 24 on')
    }
    if (index !== undefined) checkRow(this.rows, index)
    const [start, length] = index === undefined ? [0, rows * width] : [index * width, width]
    assertPresent(data, start + length)
    return new elements(data.buffer, data.byteOffset + start * 2, length)
  }

  /**
   * Row `index` as an array of numbers, a copy, for clients that take no typed arrays.
   *
   * @returns `width` numbers, as {@link EmbeddingMatrix.toArray} gives them
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  array(index: number): number[] {
    checkRow(this.rows, index)
    const { data, width, dtype } = this
    assertPresent(data, (index + 1) * width)
    return valuesOf(dtype, data, index * width, width)
  }

  /** The rows in order, as views. */
  *[Symbol.iterator](): IterableIterator<A> {
    for (let index = 0; index < this.rows; index++) yield rowView<D, A>(this, index)
  }

  /**
   * The UTF-8 JSON text of all rows, or of one: each number in the shortest form that reads back to
   * the same element.
   *
   * @param index one row: an array of numbers. Left out: an array of rows
   * @returns the values also of 'float16' and 'bfloat16', whose `data` are bits; the integers of 'int8'; the bytes of 'binary'. NaN and
   *   infinities are null
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when the memory was detached;
   *   OutOfMemoryError when the text is larger than a Buffer can be
   */
  json(index?: number): FreshBuffer {
    if (index === undefined) return rowsJson(this)
    checkRow(this.rows, index)
    return rowJson(this, index)
  }

  /**
   * The bytes of row `index`, elements in little-endian order, as base64.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when the
   * memory was detached
   */
  base64(index: number): string {
    checkRow(this.rows, index)
    return bytesOfRow(this, index).toString('base64')
  }

  /**
   * The nearest rows of each query: every row is compared. The results are the same in every bit on
   * every machine, for every number of threads.
   *
   * Rows with NaN or infinities are never found. With 'cosine' neither are rows of zeros, and a
   * query of zeros finds nothing. Float and int8 queries may be compared with any float or int8
   * matrix: in float32, int8 with int8 in exact integers.
   *
   * A small search runs at once. A large one of few queries (up to 4) runs in the turns of the
   * event loop, one of more on the engine's threads; where the matrix is on a SharedArrayBuffer,
   * both do. The matrix must not change until the promise settles.
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
   * As {@link EmbeddingMatrix.nearest}, on the calling thread and with the help of the engine's
   * threads.
   *
   * @throws what {@link EmbeddingMatrix.nearest} rejects with
   */
  nearestSync(queries: Queries, options?: NearestOptions): Neighbors {
    return nearestSync(this, queries, options)
  }

  /**
   * Near-duplicates, greedily in the order of the rows: a row is dropped when an earlier row that
   * is kept scores at least `threshold`. Rows whose `texts` are equal are dropped first, without
   * comparing vectors. Rows that no search finds (of NaN or infinities, by 'cosine' of zeros) are
   * kept, unless their text is that of an earlier row.
   *
   * Each row is compared with every kept row before it, on the engine's threads: 100,000 rows take
   * half a minute to a minute on one thread, a million 47 to 90 minutes. The matrix must not change until the
   * promise settles.
   *
   * @throws (rejects) Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, ERR_OUT_TOO_SMALL when the memory was detached meanwhile,
   *   InvalidTextError; `signal.reason` once aborted
   */
  duplicates(options: DuplicatesOptions): Promise<Duplicates> {
    return duplicates(this, options)
  }

  /**
   * A copy as plain arrays of numbers, for clients that take no typed arrays. Python: `tolist()`.
   *
   * @returns rows × width numbers: the values also of 'float16' and 'bfloat16', whose `data` are bits; the integers of 'int8'; the
   *   bytes of 'binary'
   * @throws Model2VecError ERR_OUT_TOO_SMALL when `data` was detached or made smaller
   */
  toArray(): number[][] {
    const { data, rows, width, dtype } = this
    assertPresent(data, rows * width)
    const result: number[][] = []
    for (let index = 0; index < rows; index++) result.push(valuesOf(dtype, data, index * width, width))
    return result
  }

  /** {@link EmbeddingMatrix.toArray}, for `JSON.stringify`, which makes NaN and infinities null. */
  toJSON(): number[][] {
    return this.toArray()
  }

  /**
   * The rows from `from` up to, not including, `to`, as a matrix of views on the same memory, with
   * their token counts. As in `Array.prototype.slice`, negative numbers count from the end, and
   * what is beyond the end is left out.
   *
   * `truncated` is how many of these rows are of texts that were cut; of a matrix of
   * `encodeAsSequence`, at most 1.
   *
   * @throws Model2VecError ERR_INVALID_OPTION for what is no integer, ERR_OUT_TOO_SMALL when `data`
   * was detached or made smaller
   */
  slice(from = 0, to: number = this.rows): EmbeddingMatrix<D, A, T> {
    const { data, rows, width, dtype, dim, tokens } = this
    const start = sliceIndex('from', from, rows)
    const end = Math.max(start, sliceIndex('to', to, rows))
    const part = sliceTruncated(this.#truncatedRows, start, end)
    const most = part === 'none' ? 0 : part === 'all' ? end - start : part.length
    const view = viewOf(dtype, data, start * width, (end - start) * width) as A
    const counts = (tokens === null ? null : tokens.subarray(start, end)) as T
    return new EmbeddingMatrix(view, end - start, dtype, dim, counts, Math.min(this.truncated, most), part)
  }

  /**
   * Whether row `index` is of a text without a known token: its vector is all zeros, which has no
   * direction. Where `tokens` is null: whether all elements are zero.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  isEmpty(index: number): boolean {
    checkRow(this.rows, index)
    const { data, width, dtype, tokens } = this
    if (tokens !== null) return tokens[index] === 0
    assertPresent(data, (index + 1) * width)
    for (let i = index * width; i < (index + 1) * width; i++) if (valueOf(dtype, data[i] ?? NaN) !== 0) return false
    return true
  }

  /**
   * Whether the text of row `index` was longer than `maxLength` allows, and was cut; false where
   * that is not known.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  isTruncated(index: number): boolean {
    checkRow(this.rows, index)
    return isTruncatedRow(this.#truncatedRows, index)
  }
}
