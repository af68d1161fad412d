// All rows of a matrix as views: what `encodeDocuments` gives.

import type { Dtype, DtypeArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { inTurns } from '../runtime/event-loop.js'
import type { EmbeddingMatrix } from './embedding-matrix.js'
import { rowView } from './views.js'

/** All rows as views. */
export function rowViews<D extends Dtype>(matrix: EmbeddingMatrix<D>): DtypeArray<D>[] {
  return [...matrix]
}

/** How many views are made in a step: some 30 µs. */
const VIEWS_PER_STEP = 256

/**
 * All rows as views, leaving the event loop to others every few milliseconds; the signal may end it
 * there.
 */
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
