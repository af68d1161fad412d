// The queries of a search: a matrix, a row, or several rows, as one array of rows.

import { isFloat32Array, isInt8Array, isUint16Array, isUint8Array } from 'node:util/types'

import { arrayOf, outArray, valueOf, widthOf } from '../dtype.js'
import type { Dtype, RowArray } from '../dtype.js'
import { describe, Model2VecError } from '../errors.js'
import { invalid } from '../options/checks.js'
import { isVectors } from '../options/search.js'
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

/**
 * @param corpus what is searched
 * @param compared the element type of the corpus that the queries are compared with
 * @throws Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH
 */
export function queryRows(queries: unknown, { dim }: SearchVectors, compared: Dtype): QueryRows {
  const found = isVectors(queries) ? ofMatrix(queries, dim) : ofRows(queries, dim, compared)
  if ((found.dtype === 'binary') !== (compared === 'binary')) {
    const expected =
      compared === 'binary' ? 'be binary, as the matrix is' : `be of numbers, as the matrix is of '${compared}'`
    throw new Model2VecError('ERR_INVALID_OPTION', `\`queries\` should ${expected}, but are of '${found.dtype}'`)
  }
  return found
}

function ofMatrix(queries: SearchVectors, dim: number): QueryRows {
  if (queries.dim !== dim) throw wrongDimensions(queries.dim, dim)
  const { data, rows, dtype, width } = queries
  return { data, rows, dtype, width }
}

function ofRows(queries: unknown, dim: number, compared: Dtype): QueryRows {
  if (!Array.isArray(queries)) {
    const one = asRow(queries, compared, 'queries')
    return collected([one], dim)
  }
  const given = queries as readonly unknown[]
  // Numbers make one row; an array without elements has no rows.
  if (typeof given[0] === 'number') return collected([asRow(given, compared, 'queries')], dim)
  return collected(
    given.map((row, i) => asRow(row, compared, `queries[${i}]`)),
    dim,
    compared,
  )
}

interface Row {
  readonly dtype: Dtype
  readonly elements: RowArray
}

function asRow(row: unknown, compared: Dtype, name: string): Row {
  if (Array.isArray(row)) {
    const numbers = row as readonly unknown[]
    for (const [i, value] of numbers.entries()) {
      if (typeof value !== 'number') throw invalid(`${name}[${i}]`, 'a number', value)
    }
    return { dtype: 'float32', elements: Float32Array.from(numbers as readonly number[]) }
  }
  const dtype = dtypeOf(row, compared)
  const elements = dtype === null ? null : outArray(dtype, row)
  if (dtype === null || elements === null) {
    const expected =
      name === 'queries' ? 'a matrix, a row, or an array of rows' : 'a row: a typed array, or an array of numbers'
    throw invalid(name, expected, row)
  }
  return { dtype, elements }
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

/** Rows of one type, one after the other. */
function collected(rows: readonly Row[], dim: number, fallback: Dtype = 'float32'): QueryRows {
  const dtype = rows[0]?.dtype ?? fallback
  const width = widthOf(dtype, dim)
  for (const [i, row] of rows.entries()) {
    if (row.dtype !== dtype) {
      const message = `\`queries[${i}]\` should be of '${dtype}' as \`queries[0]\` is, but is of '${row.dtype}'`
      throw new Model2VecError('ERR_INVALID_OPTION', message)
    }
    const length = lengthOf(row.elements)
    if (length !== width) throw wrongDimensions(length, width, rows.length > 1 ? `\`queries[${i}]\`` : undefined)
  }
  const [only] = rows
  if (rows.length === 1 && only !== undefined) return { data: only.elements, rows: 1, dtype, width }
  const data = new (arrayOf(dtype))(rows.length * width)
  for (const [i, { elements }] of rows.entries()) data.set(elements, i * width)
  return { data, rows: rows.length, dtype, width }
}

function wrongDimensions(found: number, expected: number, what = '`queries`'): Model2VecError {
  return new Model2VecError(
    'ERR_SHAPE_MISMATCH',
    `${what} should have ${expected} elements a row as the matrix has, but got ${found}`,
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

/** Some rows of queries, as a view. */
export function someQueries({ data, dtype, width }: QueryRows, from: number, to: number): RowArray {
  try {
    const offset = byteOffsetOf(data) + from * width * data.BYTES_PER_ELEMENT
    return new (arrayOf(dtype))(bufferOf(data), offset, (to - from) * width)
  } catch (cause) {
    throw new Model2VecError(
      'ERR_OUT_TOO_SMALL',
      `the memory of the queries was detached or made smaller: ${describe(data)}`,
      { cause },
    )
  }
}
