// What an EmbeddingMatrix is made of, for the modules that make one.

import { widthOf } from '../dtype.js'
import type { Dtype, RowArray, TokenArray } from '../dtype.js'
import type { TruncatedRows } from './truncated-rows.js'

export interface MatrixParts {
  /** Exactly rows × width elements. */
  readonly data: RowArray
  readonly rows: number
  /** Dimensions of a vector. */
  readonly dim: number
  readonly dtype: Dtype
  /** The pooled ids of each row; null = not known. */
  readonly tokens: TokenArray | null
  /** How many texts were truncated. */
  readonly truncated: number
  readonly truncatedRows: TruncatedRows
}

/** The parts of a matrix that was not encoded here: nothing is known of its texts. */
export function partsOf(
  data: RowArray,
  rows: number,
  { dtype, dim }: { readonly dtype: Dtype; readonly dim: number },
  tokens: TokenArray | null,
): MatrixParts {
  return { data, rows, dim, dtype, tokens, truncated: 0, truncatedRows: 'none' }
}

/**
 * The first 'binary' row that has bits beyond its dimensions, which distances would count; null
 * where there is none.
 */
export function rowWithSpareBits(data: RowArray, dtype: Dtype, dim: number): number | null {
  const width = widthOf(dtype, dim)
  if (dtype !== 'binary' || dim % 8 === 0) return null
  const spare = 0xff >> (dim % 8)
  for (let last = width - 1; last < data.length; last += width) {
    if (((data[last] ?? 0) & spare) !== 0) return (last + 1) / width - 1
  }
  return null
}
