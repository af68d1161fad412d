// What the adapters of stores read of a matrix: known by its shape, because a matrix of another
// installed copy of this package is one too.

import { DTYPES, isArrayOf } from '../dtype.js'
import type { Dtype, DtypeArray } from '../dtype.js'
import { assertPresent } from '../row-memory.js'
import { invalid, isRecord } from '../options/checks.js'

/** What is read of an `EmbeddingMatrix`; every one is such a thing. */
export interface VectorMatrix<D extends Dtype> {
  /** rows × width elements. */
  readonly data: DtypeArray<D>
  /** How many vectors. */
  readonly rows: number
  /** Dimensions of a vector. */
  readonly dim: number
  /** Elements of `data` that a vector takes. */
  readonly width: number
  /** The element type of `data`. */
  readonly dtype: D
}

export function isVectorMatrix(value: unknown): value is VectorMatrix<Dtype> {
  if (!isRecord(value)) return false
  const { data, rows, dim, width, dtype } = value
  if (!(DTYPES as readonly unknown[]).includes(dtype) || !isArrayOf(dtype as Dtype, data)) return false
  return Number.isInteger(rows) && Number.isInteger(dim) && Number.isInteger(width)
}

/**
 * Checks that a value is a matrix whose memory is there.
 *
 * @param expected what it may be, for the message
 * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_OUT_TOO_SMALL` when the memory was detached or
 * made smaller
 */
export function assertVectorMatrix(
  name: string,
  value: unknown,
  expected = 'an EmbeddingMatrix',
): asserts value is VectorMatrix<Dtype> {
  if (!isVectorMatrix(value)) throw invalid(name, expected, value)
  assertPresent(value.data, value.rows * value.width)
}
