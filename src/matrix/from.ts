// Matrices from what callers hold: a flat array, rows, other matrices.

import { isUint32Array } from 'node:util/types'

import { arrayOf, elementOf, outArray, widthOf } from '../dtype.js'
import type { Dtype, RowArray, TokenArray } from '../dtype.js'
import { withArticle } from '../errors.js'
import { count, invalid, read } from '../options/checks.js'
import { dtypeName } from '../options/encode.js'
import { bufferOf, byteOffsetOf, lengthOf } from '../runtime/typed-array.js'
import { allocate, assertPresent, viewOf } from '../row-memory.js'
import { partsOf, rowWithSpareBits } from './parts.js'
import type { MatrixParts } from './parts.js'
import { concatTruncated } from './truncated-rows.js'

/** Options of `EmbeddingMatrix.from` for rows. */
export interface MatrixRowsOptions<D extends Dtype = 'float32', T extends TokenArray | null = null> {
  /**
   * Dimensions of a vector: an integer ≥ 1.
   * @default the length of the first row, 8 × that where `dtype` is 'binary'
   */
  readonly dim?: number | undefined
  /**
   * The element type of the matrix.
   * @default 'float32'
   */
  readonly dtype?: D | undefined
  /**
   * How many token ids were pooled for each row: a Uint32Array with an element per row, kept as it
   * is.
   * @default null: not known
   */
  readonly tokens?: T | undefined
}

/** Options of `EmbeddingMatrix.from` for a flat array. */
export interface MatrixOptions<
  D extends Dtype = 'float32',
  T extends TokenArray | null = null,
> extends MatrixRowsOptions<D, T> {
  /** Dimensions of a vector: an integer ≥ 1. */
  readonly dim: number
}

/** @throws Model2VecError ERR_INVALID_OPTION, OutOfMemoryError */
export function fromData(data: unknown, options: unknown): MatrixParts {
  const given = read('EmbeddingMatrix.from', options, ['dim', 'dtype', 'tokens'])
  const dtype = dtypeName('dtype', given.dtype) ?? 'float32'
  const dim = count('dim', given.dim)
  const made = Array.isArray(data) ? fromRows(data, dtype, dim) : fromArray(data, dtype, dim)
  const spare = rowWithSpareBits(made.data, dtype, made.dim)
  if (spare !== null) throw invalid(`data[${spare}]`, `a row whose bits beyond dimension ${made.dim} are 0`, data)
  return partsOf(made.data, made.rows, { dtype, dim: made.dim }, tokensOf(given.tokens, made.rows))
}

interface Made {
  readonly data: RowArray
  readonly rows: number
  readonly dim: number
}

/** A view on the caller's array. */
function fromArray(data: unknown, dtype: Dtype, dim: number | undefined): Made {
  const array = outArray(dtype, data)
  if (array === null) {
    const half = dtype === 'float16' ? ', a Float16Array' : ''
    const expected = `${withArticle(arrayOf(dtype).name)}${half} or an array of rows for the dtype '${dtype}'`
    throw invalid('data', expected, data)
  }
  if (dim === undefined) throw invalid('dim', 'an integer ≥ 1', dim)
  const width = widthOf(dtype, dim)
  const length = lengthOf(array)
  if (length % width !== 0) throw invalid('data.length', `a multiple of ${width}, the elements of a row`, length)
  const elements = arrayOf(dtype)
  // A view of its own: an array without an explicit length grows and shrinks with its buffer, and a
  // detached buffer takes none.
  const view = length === 0 ? new elements() : new elements(bufferOf(array), byteOffsetOf(array), length)
  return { data: view, rows: length / width, dim }
}

/** A copy. */
function fromRows(rows: readonly unknown[], dtype: Dtype, dimGiven: number | undefined): Made {
  const first = (rows[0] as { length?: unknown } | null | undefined)?.length
  const found = typeof first === 'number' ? first * (dtype === 'binary' ? 8 : 1) : undefined
  const dim = dimGiven ?? found
  if (dim === undefined && rows.length > 0) throw invalid('data[0]', 'a row', rows[0])
  if (dim === undefined || dim === 0) throw invalid('dim', 'an integer ≥ 1 where no row says it', dimGiven)
  const width = widthOf(dtype, dim)
  const data = allocate(dtype, rows.length * width, `${rows.length} rows of ${width}`)
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index]
    const name = `data[${index}]`
    const elements = Array.isArray(row) ? (row as readonly unknown[]) : outArray(dtype, row)
    if (elements === null) throw invalid(name, `an array of numbers or ${withArticle(arrayOf(dtype).name)}`, row)
    if (elements.length !== width) throw invalid(`${name}.length`, `${width}`, elements.length)
    if (Array.isArray(elements)) setValues(data, index * width, elements as readonly unknown[], dtype, name)
    else data.set(elements as RowArray, index * width)
  }
  return { data, rows: rows.length, dim }
}

/** The integers that the elements of a type can be. */
const INTEGERS: Partial<Record<Dtype, readonly [least: number, most: number]>> = { int8: [-128, 127], binary: [0, 255] }

/** Writes the values of a row, as `toArray` gives them. */
function setValues(data: RowArray, start: number, row: readonly unknown[], dtype: Dtype, name: string): void {
  const range = INTEGERS[dtype]
  for (let i = 0; i < row.length; i++) {
    const value = row[i]
    if (typeof value !== 'number') throw invalid(`${name}[${i}]`, 'a number', value)
    if (range !== undefined && (!Number.isInteger(value) || value < range[0] || value > range[1])) {
      throw invalid(`${name}[${i}]`, `an integer from ${range[0]} to ${range[1]} for the dtype '${dtype}'`, value)
    }
    data[start + i] = elementOf(dtype, value)
  }
}

function tokensOf(tokens: unknown, rows: number): TokenArray | null {
  if (tokens === undefined || tokens === null) return null
  if (!isUint32Array(tokens)) throw invalid('tokens', 'a Uint32Array or null', tokens)
  if (lengthOf(tokens) !== rows) throw invalid('tokens.length', `${rows}, one count per row`, lengthOf(tokens))
  return tokens as TokenArray
}

/**
 * All rows of several matrices, copied into fresh memory.
 *
 * @throws Model2VecError ERR_INVALID_OPTION when they differ in `dim` or `dtype`,
 * ERR_OUT_TOO_SMALL, OutOfMemoryError
 */
export function concatParts(list: readonly MatrixParts[]): MatrixParts {
  const first = list[0]
  if (first === undefined) throw invalid('list.length', 'at least 1: no matrix says the `dim` of none', 0)
  const { dtype, dim } = first
  const width = widthOf(dtype, dim)
  let rows = 0
  for (const [index, matrix] of list.entries()) {
    if (matrix.dtype !== dtype) throw invalid(`list[${index}].dtype`, `'${dtype}' as the first`, matrix.dtype)
    if (matrix.dim !== dim) throw invalid(`list[${index}].dim`, `${dim} as the first`, matrix.dim)
    assertPresent(matrix.data, matrix.rows * width)
    rows += matrix.rows
  }
  const data = allocate(dtype, rows * width, `${rows} rows of ${width}`)
  const tokens = list.every((matrix) => matrix.tokens !== null) ? new Uint32Array(rows) : null
  let start = 0
  let truncated = 0
  for (const matrix of list) {
    data.set(viewOf(dtype, matrix.data, 0, matrix.rows * width), start * width)
    if (matrix.tokens !== null) tokens?.set(matrix.tokens, start)
    start += matrix.rows
    truncated += matrix.truncated
  }
  const truncatedRows = concatTruncated(list.map(({ truncatedRows, rows }) => ({ truncated: truncatedRows, rows })))
  return { data, rows, dim, dtype, tokens, truncated, truncatedRows }
}
