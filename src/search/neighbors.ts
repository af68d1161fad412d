// Neighbors: what a search has found.

import type { TokenArray } from '../dtype.js'
import { invalid } from '../options/checks.js'

/** A row that was found. */
export interface Neighbor {
  /** The row. */
  readonly index: number
  /** Its score: a similarity for 'cosine' and 'dot', a distance for 'euclidean' and 'hamming'. */
  readonly score: number
}

/** The index of a place where nothing was found. */
export const NO_ROW = 0xffffffff

/**
 * The nearest rows of each query, best first; equal scores by rising row.
 *
 * As an iterable it has a list of {@link Neighbor} for each query.
 */
export class Neighbors implements Iterable<Neighbor[]> {
  /** rows × k rows of the matrix; 0xFFFFFFFF where a query has fewer. */
  readonly indices: TokenArray
  /** rows × k scores; 0 where a query has fewer. */
  readonly scores: ReturnType<Float32Array['slice']>
  /** How many rows were found, per query: 0 to k. */
  readonly counts: TokenArray
  /** The most rows that were found for each query. */
  readonly k: number
  /** How many queries there are. */
  readonly rows: number

  private constructor(indices: TokenArray, scores: ReturnType<Float32Array['slice']>, counts: TokenArray, k: number) {
    this.indices = indices
    this.scores = scores
    this.counts = counts
    this.k = k
    this.rows = counts.length
  }

  /** @internal */
  static of(indices: TokenArray, scores: ReturnType<Float32Array['slice']>, counts: TokenArray, k: number): Neighbors {
    return new Neighbors(indices, scores, counts, k)
  }

  /**
   * What was found for one query.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such query
   */
  list(query: number): Neighbor[] {
    if (!Number.isInteger(query) || query < 0 || query >= this.rows) {
      throw invalid('query', `an integer ≥ 0 and below the ${this.rows} queries`, query)
    }
    const { indices, scores, k } = this
    return Array.from({ length: this.counts[query] ?? 0 }, (_, i) => ({
      index: indices[query * k + i] ?? NO_ROW,
      score: scores[query * k + i] ?? NaN,
    }))
  }

  /** The lists of all queries, in their order. */
  *[Symbol.iterator](): IterableIterator<Neighbor[]> {
    for (let query = 0; query < this.rows; query++) yield this.list(query)
  }
}
