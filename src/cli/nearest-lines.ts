// The run of `model2vec search`: the nearest rows of each batch (`EmbeddingMatrix.nearest`) are
// offered to the lists of the queries.

import { DEFAULT_CONCURRENCY } from '../options/stream.js'
import type { Dtype } from '../dtype.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { Neighbors } from '../search/neighbors.js'
import type { Id } from './column.js'
import type { NpyRows } from './input/npy.js'
import type { RowBatch } from './input/row-batches.js'
import type { Rows } from './input/rows.js'
import type { TextRun } from './text-run.js'
import { TopHits } from './top-hits.js'

/** A line of the files, as it is printed if it is among the best. */
export interface Hit {
  readonly file: string
  readonly line: number
  /** Null unless the user gave `--id-field`. */
  readonly id: Id | null
  readonly text: string
}

/** A query, and the best lines so far. */
export interface Query {
  readonly text: string
  readonly vector: Float32Array
  readonly hits: TopHits<Hit>
}

/**
 * Encodes the queries.
 *
 * @param top how many lines are kept for each query
 */
export async function queriesOf(
  model: Model2VecEmbeddingFunction,
  texts: readonly string[],
  options: { readonly maxLength: number | null | undefined; readonly dimensionality: number | undefined },
  top: number,
): Promise<Query[]> {
  const matrix = await model.encode([...texts], options)
  return texts.map((text, i) => {
    const vector = matrix.row(i)
    return { text, vector, hits: new TopHits<Hit>(top) }
  })
}

/** Rows and their vectors. */
interface RowVectors {
  readonly rows: Rows
  readonly matrix: EmbeddingMatrix<Dtype>
}

/** Rows, and what of them is near to the queries. */
interface FoundRows extends RowVectors {
  readonly file: number
  readonly found: Neighbors
}

/** Where the vectors of rows come from. */
export interface VectorSource {
  /** How many batches may be asked for at once. */
  readonly concurrency: number
  /** The vectors of a batch, with their rows: rows that were skipped are left out. */
  of(batch: RowBatch, signal: AbortSignal): Promise<RowVectors>
  /**
   * Called after the last batch, with the number of rows in all.
   *
   * @throws Error when the source has more vectors
   */
  end(rows: number): void
}

/** Vectors that the model computes from the texts. */
export function encodedVectors(
  run: TextRun,
  model: Model2VecEmbeddingFunction,
  maxLength: number | null | undefined,
): VectorSource {
  return {
    concurrency: DEFAULT_CONCURRENCY,
    async of(batch, signal) {
      return run.encode(model, batch, { dtype: 'float32', maxLength, signal })
    },
    end: () => undefined,
  }
}

/**
 * Vectors that `embed` wrote for the same files: row n of the file belongs to text n.
 *
 * `of` and `end` throw an Error when the numbers of rows and texts differ.
 */
export function storedVectors(npy: NpyRows): VectorSource {
  let left = npy.rows
  return {
    // The file is read from start to end, so one batch must have its rows before the next one asks.
    concurrency: 1,
    async of({ rows }) {
      left -= rows.count
      if (left < 0) throw new Error(`${npy.path} has fewer rows than the files have texts`)
      return { rows, matrix: EmbeddingMatrix.from(await npy.next(rows.count), { dim: npy.dim }) }
    },
    end(rows) {
      if (left !== 0) throw new Error(`${npy.path} has ${npy.rows} rows, but the files have ${rows} texts`)
    },
  }
}

/**
 * The scores of `nearest` are single precision, in which scores that differ may be equal. So some
 * more rows are taken, and all are ordered by double precision.
 */
const SPARE_ROWS = 32

/**
 * Offers all rows of a run to the queries.
 *
 * @param top how many lines are kept for each query
 * @returns how many rows were left out, as they have no direction
 */
export async function searchIn(
  run: TextRun,
  queries: readonly Query[],
  top: number,
  vectors: VectorSource,
  signal: AbortSignal,
): Promise<number> {
  const vectorsOfQueries = queries.map(({ vector }) => vector)
  const work = async (batch: RowBatch, stopped: AbortSignal): Promise<FoundRows> => {
    const { rows, matrix } = await vectors.of(batch, stopped)
    const k = Math.max(1, Math.min(top + SPARE_ROWS, rows.count))
    return { rows, matrix, file: batch.file, found: await matrix.nearest(vectorsOfQueries, { k, signal: stopped }) }
  }
  let [count, leftOut] = [0, 0]
  try {
    for await (const { rows, matrix, file, found } of run.results(work, vectors.concurrency, signal)) {
      const hitAt = (i: number) => (): Hit => ({
        file: run.nameOf(file),
        line: rows.lineOf(i),
        id: rows.ids[i] ?? null,
        text: rows.texts[i] ?? '',
      })
      const comparable = rowsWithDirection(matrix)
      leftOut += rows.count - comparable.length
      for (const [query, { vector, hits }] of queries.entries()) {
        // To a query without a direction, no row is nearer than another.
        const isComparable = hasDirection(vector)
        const places = isComparable ? found.list(query).map(({ index }) => index) : comparable
        // Between equal scores the earlier line is the better one.
        for (const index of places.sort((a, b) => a - b)) {
          hits.offer(isComparable ? cosine(vector, matrix.row(index)) : 0, hitAt(index))
        }
      }
      count += rows.count
      run.at(count)
    }
  } finally {
    run.progress.clear()
  }
  vectors.end(count)
  return leftOut
}

/** The cosine of two vectors that have a direction. */
function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, squareOfA, squareOfB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? NaN, b[i] ?? NaN]
    dot += x * y
    squareOfA += x ** 2
    squareOfB += y ** 2
  }
  return dot / (Math.sqrt(squareOfA) * Math.sqrt(squareOfB))
}

/** The rows that have a direction. */
function rowsWithDirection(matrix: EmbeddingMatrix<Dtype>): number[] {
  const rows: number[] = []
  const { data, width } = matrix
  for (let row = 0; row < matrix.rows; row++) if (hasDirection(data, row * width, width)) rows.push(row)
  return rows
}

/** Whether a vector is not all zeros, and has finite numbers only. */
function hasDirection(numbers: ArrayLike<number>, start = 0, length = numbers.length): boolean {
  let isZero = true
  // 0 as long as all are finite.
  let zeros = 0
  for (let i = start; i < start + length; i++) {
    const value = numbers[i] ?? NaN
    zeros += value * 0
    if (value !== 0) isZero = false
  }
  return zeros === 0 && !isZero
}
