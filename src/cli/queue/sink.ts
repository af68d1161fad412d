// Where the rows of a shard go that do not become a file: a store, through functions of the caller's.

import type { Dtype } from '../../dtype.js'
import type { EmbeddingMatrix } from '../../matrix/embedding-matrix.js'
import { sleep } from '../../hub/retry.js'
import { orAborted } from '../../runtime/abort.js'
import { listOf } from '../column-values.js'
import { retried } from './failure.js'
import type { ShardBatch, ShardProgress } from '../shards/run-shard.js'

/** A column of a {@link SinkBatch}. */
export interface SinkColumn {
  readonly name: string
  /** Its type, as the formats of `model2vec embed` know it: `'string'`, `'int64'`, … */
  readonly type: string
  /** A value for each row; null = none. A typed array where no row may have none. */
  readonly values: ArrayLike<unknown>
}

/** Some 2,048 rows of a shard, in order. */
export interface SinkBatch {
  /**
   * The field of `--id-field`; without it `<input>@<offset>`. The same each time that the shard is
   * done, so that a store that replaces rows by their ids has each once.
   */
  readonly ids: readonly (string | number | bigint)[]
  readonly texts: readonly string[]
  /** ids.length × dim. */
  readonly matrix: EmbeddingMatrix<Dtype>
  /** Columns beside the vectors, such as those of `--keep`. */
  readonly columns: readonly SinkColumn[]
}

/** What a sink is told of the shard that it gets the rows of. */
export interface SinkShard {
  /** The SHA-256 of the manifest, in hex. */
  readonly manifest: string
  /** The index of the shard, from 0, and how many shards the manifest has. */
  readonly shard: number
  readonly shards: number
  /** Aborted when the shard is given up: the worker ends, or another worker has the shard now. */
  readonly signal: AbortSignal | undefined
}

/** A store for the rows of a shard. */
export interface Sink {
  /**
   * Stores rows. Called for one batch after another, while the next one is read and encoded. The same
   * rows come again when a shard is tried again, and when two workers have it at once: they have to
   * replace those that are there (upsert). Any error is tried again, except one that is named
   * `UnrecoverableError`.
   *
   * A call that neither resolves nor rejects holds its shard until that is given up: let the client
   * of the store have a limit for its requests.
   */
  write(batch: SinkBatch): Promise<unknown>
  /** Called after the last batch. The shard is done when this has resolved. */
  commit?(): Promise<unknown>
  /** Called instead of `commit` where the shard fails or is given up. */
  rollback?(): Promise<unknown>
}

/** A sink for all shards, or a function that makes one for each try of a shard: a transaction, say. */
export type SinkSource = Sink | ((shard: SinkShard) => Sink | Promise<Sink>)

/** How long a call may go on when its shard is given up: then it is left alone. */
const GRACE_MS = 1000

/** What was stored. */
export interface StoredRows {
  readonly rows: number
  readonly truncated: number
  readonly skipped: number
  /** Milliseconds of the calls of the sink. */
  readonly writeMs: number
}

/**
 * Gives the batches of a shard to its sink.
 *
 * @throws Retried for an error of the sink; what reading and encoding throw
 */
export async function storeShard(
  batches: AsyncIterable<ShardBatch>,
  source: SinkSource,
  shard: SinkShard,
  onProgress: (progress: ShardProgress) => void,
): Promise<StoredRows> {
  let writeMs = 0
  const timed = async <T>(call: () => Promise<T>): Promise<T> => {
    const started = performance.now()
    try {
      return await retried(() => orLeft(call, shard.signal))
    } finally {
      writeMs += performance.now() - started
    }
  }
  const sink = await timed(async () => (typeof source === 'function' ? source(shard) : source))
  let [rows, truncated, skipped] = [0, 0, 0]
  try {
    for await (const batch of batches) {
      const { ids, texts, matrix, columns } = batch
      if (ids.length !== matrix.rows) {
        throw new Error(`internal error: ${ids.length} ids of ${matrix.rows} rows`)
      }
      const named = columns.map(({ column: { name, type }, values }) => ({ name, type, values: listOf(values) }))
      await timed(() => sink.write({ ids, texts, matrix, columns: named }))
      rows += matrix.rows
      truncated += matrix.truncated
      skipped = batch.skipped
      onProgress(batch.progress)
    }
    await timed(async () => sink.commit?.())
  } catch (error) {
    // What made it fail is what counts.
    await orLeft(async () => sink.rollback?.(), shard.signal).catch(() => undefined)
    throw error
  }
  return { rows, truncated, skipped, writeMs }
}

/** Waits for a call of a sink; when the signal aborts, only a little longer, and rejects with its reason. */
async function orLeft<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const ended = new AbortController()
  const givenUp = async (): Promise<never> => {
    const aborted = orAborted(new Promise<never>(() => undefined), signal, ended.signal)
    return aborted.catch(async (error: unknown) => {
      await sleep(GRACE_MS, ended.signal)
      throw error
    })
  }
  try {
    return await Promise.race([call(), givenUp()])
  } finally {
    ended.abort()
  }
}
