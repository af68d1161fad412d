// The run of `model2vec search`: every row is compared with every query, and the best are kept.

import { DEFAULT_CONCURRENCY } from '../options/stream.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { Id } from './input/format.js'
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
  /** The Euclidean length of the vector. */
  readonly length: number
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
    return { text, vector, length: Math.hypot(...vector), hits: new TopHits<Hit>(top) }
  })
}

/** Rows and their vectors: `data` is rows × dim. */
interface RowVectors {
  readonly rows: Rows
  readonly data: Float32Array
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
      const { rows, matrix } = await run.encode(model, batch, { dtype: 'float32', maxLength, signal })
      return { rows, data: matrix.data as Float32Array }
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
      return { rows, data: await npy.next(rows.count) }
    },
    end(rows) {
      if (left !== 0) throw new Error(`${npy.path} has ${npy.rows} rows, but the files have ${rows} texts`)
    },
  }
}

/**
 * Compares all rows of a run with the queries; their `hits` have the best lines afterwards.
 *
 * @returns how many rows were left out because they have no direction, see {@link compare}
 */
export async function searchIn(
  run: TextRun,
  queries: readonly Query[],
  vectors: VectorSource,
  signal: AbortSignal,
): Promise<number> {
  const work = async (batch: RowBatch, stopped: AbortSignal): Promise<RowVectors & { readonly file: number }> => ({
    ...(await vectors.of(batch, stopped)),
    file: batch.file,
  })
  let [count, leftOut] = [0, 0]
  try {
    for await (const { rows, data, file } of run.results(work, vectors.concurrency, signal)) {
      const dim = data.length / rows.count
      for (const [i, text] of rows.texts.entries()) {
        const hit = (): Hit => ({ file: run.nameOf(file), line: rows.lineOf(i), id: rows.ids[i] ?? null, text })
        if (!compare(queries, data, i * dim, dim, hit)) leftOut++
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

/**
 * Compares a row with all queries by cosine, and offers it to their hits. For a query whose length
 * is 0 or NaN, the score is 0.
 *
 * @param start where the row begins in `rows`
 * @param hit makes the line of the row, if it is kept
 * @returns whether the row has a direction. A row of zeros, or one with NaN or infinities, has none
 *   and is no hit
 */
function compare(queries: readonly Query[], rows: Float32Array, start: number, dim: number, hit: () => Hit): boolean {
  let square = 0
  for (let i = start; i < start + dim; i++) square += (rows[i] ?? 0) ** 2
  if (!(square > 0 && square < Infinity)) return false
  for (const { vector, length, hits } of queries) {
    let dot = 0
    for (const [i, value] of vector.entries()) dot += (rows[start + i] ?? 0) * value
    const product = Math.sqrt(square) * length
    hits.offer(product > 0 ? dot / product : 0, hit)
  }
  return true
}
