// The queries of a search: a matrix, a row, or several rows, as one array of rows.

import { isFloat32Array, isInt8Array, isUint16Array, isUint8Array } from 'node:util/types'

import { outArray, valueOf, widthOf } from '../dtype.js'
import type { Dtype, RowArray } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { invalid } from '../options/checks.js'
import { allocate, viewOf } from '../row-memory.js'
import { checkVectors, isVectors } from '../options/search.js'
import type { SearchVectors } from '../options/search.js'
import { bufferOf, byteOffsetOf, lengthOf, typedArrayClass } from '../runtime/typed-array.js'

/** A vector: a row of a matrix, or as many numbers. */
export type QueryRow = RowArray | HalfRow | readonly number[]

/** A row of a Float16Array. */
interface HalfRow {
  readonly [Symbol.toStringTag]: 'Float16Array'
  readonly BYTES_PER_ELEMENT: number
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly length: number
}

/** What is searched for: a matrix, a row, or an array of rows. */
export type Queries = SearchVectors | QueryRow | readonly QueryRow[]

/** Queries as rows × width elements. */
export interface QueryRows {
  readonly data: RowArray
  readonly rows: number
  readonly dtype: Dtype
  readonly width: number
}

/** Elements of queries that are read in a step: some 0.3 ms. */
const READ_ELEMENTS = 2 ** 16

/**
 * Reads the queries, some rows at each call. Those of a matrix and a typed array are not copied.
 *
 * @param corpus what is searched
 * @param compared the element type of the corpus that the queries are compared with
 * @throws Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, in a call too
 */
export function queryReader(queries: unknown, { dim }: SearchVectors, compared: Dtype): () => QueryRows | undefined {
  if (isVectors(queries)) {
    const all = ofMatrix(checkVectors('queries', queries), dim)
    assertComparable(all.dtype, compared)
    return () => all
  }
  if (!Array.isArray(queries)) {
    const one = ofRow(queries, dim, compared)
    return () => one
  }
  const given = queries as readonly unknown[]
  // Numbers make one row; an array without elements has no rows.
  return typeof given[0] === 'number'
    ? rowReader([given], dim, compared, () => 'queries')
    : rowReader(given, dim, compared, (i) => `queries[${i}]`)
}

/** @throws Model2VecError ERR_INVALID_OPTION when only one of both is binary */
function assertComparable(dtype: Dtype, compared: Dtype): void {
  if ((dtype === 'binary') === (compared === 'binary')) return
  const expected =
    compared === 'binary' ? 'be binary, as the matrix is' : `be of numbers, as the matrix is of '${compared}'`
  throw new Model2VecError('ERR_INVALID_OPTION', `\`queries\` should ${expected}, but are of '${dtype}'`)
}

function ofMatrix(queries: SearchVectors, dim: number): QueryRows {
  if (queries.dim !== dim) throw wrongDimensions('queries', queries.dim, dim)
  const { data, rows, dtype, width } = queries
  return { data, rows, dtype, width }
}

/** A row, as a view. */
function ofRow(row: unknown, dim: number, compared: Dtype): QueryRows {
  const dtype = dtypeOf(row, compared)
  const data = dtype === null ? null : outArray(dtype, row)
  if (dtype === null || data === null) throw noRow('queries', 'a matrix, a row, or an array of rows', row, compared)
  assertComparable(dtype, compared)
  const width = widthOf(dtype, dim)
  if (lengthOf(data) !== width) throw wrongDimensions('queries', lengthOf(data), width)
  return { data, rows: 1, dtype, width }
}

/** Copies rows of one type, which are typed arrays or arrays of numbers. */
function rowReader(
  rows: readonly unknown[],
  dim: number,
  compared: Dtype,
  nameOf: (index: number) => string,
): () => QueryRows | undefined {
  const typeOf = (index: number): Dtype => {
    const row = rows[index]
    const dtype = Array.isArray(row) ? 'float32' : dtypeOf(row, compared)
    if (dtype !== null) return dtype
    throw noRow(nameOf(index), 'a row: a typed array, or an array of numbers', row, compared)
  }
  const count = rows.length
  const dtype = count === 0 ? compared : typeOf(0)
  assertComparable(dtype, compared)
  const width = widthOf(dtype, dim)
  const data = allocate(dtype, count * width, `${count} queries of ${width}`)
  const step = Math.max(1, Math.floor(READ_ELEMENTS / width))
  let next = 0
  return () => {
    for (const end = Math.min(count, next + step); next < end; next++) {
      const found = typeOf(next)
      if (found !== dtype) {
        const message = `\`queries[${next}]\` should be of '${dtype}' as \`queries[0]\` is, but is of '${found}'`
        throw new Model2VecError('ERR_INVALID_OPTION', message)
      }
      copyRow(rows[next], data, next * width, width, dtype, nameOf(next))
    }
    return next === count ? { data, rows: count, dtype, width } : undefined
  }
}

function copyRow(row: unknown, data: RowArray, start: number, width: number, dtype: Dtype, name: string): void {
  const elements = Array.isArray(row) ? null : outArray(dtype, row)
  if (elements !== null) {
    const length = lengthOf(elements)
    if (length !== width) throw wrongDimensions(name, length, width)
    data.set(elements, start)
    return
  }
  const numbers = row as readonly unknown[]
  if (numbers.length !== width) throw wrongDimensions(name, numbers.length, width)
  for (let i = 0; i < width; i++) {
    const value = numbers[i]
    if (typeof value !== 'number') throw invalid(`${name}[${i}]`, 'a number', value)
    data[start + i] = value
  }
}

/** The element type of a typed array; of 16 bits it is that of the matrix. */
function dtypeOf(row: unknown, compared: Dtype): Dtype | null {
  if (isFloat32Array(row)) return 'float32'
  if (isInt8Array(row)) return 'int8'
  if (isUint8Array(row)) return 'binary'
  if (typedArrayClass(row) === 'Float16Array') return 'float16'
  if (!isUint16Array(row)) return null
  return compared === 'bfloat16' ? 'bfloat16' : compared === 'float16' ? 'float16' : null
}

function noRow(name: string, expected: string, row: unknown, compared: Dtype): Model2VecError {
  if (!isUint16Array(row)) return invalid(name, expected, row)
  return new Model2VecError(
    'ERR_INVALID_OPTION',
    `\`${name}\` is a Uint16Array, which says nothing of its type beside a matrix of '${compared}': ` +
      'expected a matrix, as `matrix.slice(i, i + 1)` makes of a row',
  )
}

function wrongDimensions(name: string, found: number, expected: number): Model2VecError {
  return new Model2VecError(
    'ERR_SHAPE_MISMATCH',
    `\`${name}\` should have ${expected} elements a row as the matrix has, but got ${found}`,
  )
}

/**
 * Which row of the corpus the first query is, where the queries are rows of its memory.
 *
 * @throws Model2VecError ERR_INVALID_OPTION when they are not
 */
export function firstOwnRow(queries: QueryRows, { data, rows, width, dtype }: SearchVectors): number {
  const offset = byteOffsetOf(queries.data) - byteOffsetOf(data)
  const first = offset / (width * data.BYTES_PER_ELEMENT)
  const isOwn = bufferOf(queries.data) === bufferOf(data) && queries.dtype === dtype
  if (!isOwn || !Number.isInteger(first) || first < 0 || first + queries.rows > rows) {
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      '`excludeSelf` should go with queries that are the matrix itself, a slice of it or a row of it, but got other queries',
    )
  }
  return first
}

/**
 * The bits of vectors of numbers, as a matrix of 'binary' has them: x > 0, the first dimension in
 * the highest bit.
 */
export function bitsOf({ data, rows, dtype }: QueryRows, dim: number): QueryRows {
  const width = widthOf('binary', dim)
  const bits = new Uint8Array(rows * width)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) {
      const place = row * width + (i >> 3)
      if (valueOf(dtype, data[row * dim + i] ?? NaN) > 0) bits[place] = (bits[place] ?? 0) | (0x80 >> (i & 7))
    }
  }
  return { data: bits, rows, dtype: 'binary', width }
}

/** Some rows of queries, as a view. @throws Model2VecError ERR_OUT_TOO_SMALL */
export function someQueries({ data, dtype, width }: QueryRows, from: number, to: number): RowArray {
  return viewOf(dtype, data, from * width, (to - from) * width)
}
