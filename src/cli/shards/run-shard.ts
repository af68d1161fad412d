// One shard, whole: its rows become vectors, in its file or for a sink of the caller's.

import type { Dtype } from '../../dtype.js'
import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import type { EmbeddingMatrix } from '../../matrix/embedding-matrix.js'
import type { ColumnData, Id } from '../column.js'
import type { Manifest } from './manifest.js'

export interface ShardOptions {
  /**
   * The model, from {@link loadShardModel}: for a process that does many shards. Default: it is
   * loaded for this call, and closed.
   */
  readonly model?: Model2VecEmbeddingFunction | undefined
  /** How many threads to use. Default: all there are. Not for a given `model`. */
  readonly threads?: number | undefined
  /** The Hub cache, as the option of a load. Not for a given `model`. */
  readonly cacheDir?: string | undefined
  /** The Hub, as the option of a load. Not for a given `model`. */
  readonly endpoint?: string | undefined
  /** Its abort ends the call, which throws its reason; a half output is removed. */
  readonly signal?: AbortSignal | undefined
  /** Called after each batch, some 2,048 rows. */
  readonly onProgress?: ((progress: ShardProgress) => void) | undefined
  /** Gets the message of each row that is skipped. Default: a line on stderr. */
  readonly onSkip?: ((message: string) => void) | undefined
}

export interface ShardProgress {
  /** Rows done. */
  readonly rows: number
  /** Bytes of the inputs that were read, of `totalBytes`. */
  readonly bytes: number
  readonly totalBytes: number
}

/** What is noted of an output, in `.<output>.made-by.json` beside it. */
export interface ShardNote {
  /** The index of the shard. */
  readonly shard: number
  /** `Shard.sha256`. */
  readonly sha256: string
  /** Bytes of the output. */
  readonly size: number
  readonly rows: number
  /** Texts that were cut at the model's `maxLength`. */
  readonly truncated: number
  /** Rows that were skipped, as `--on-error` and `--on-null` say. */
  readonly skipped: number
}

export interface ShardResult extends ShardNote {
  /** 'whole' = the output was there already, and nothing was done. */
  readonly state: 'written' | 'whole'
  /** The path of the output. */
  readonly output: string
  /**
   * Seconds. Reading, encoding and writing go on at the same time, so that their sum may be more
   * than `all`; each is the time that its calls took. All are 0 where nothing was done.
   */
  readonly seconds: ShardSeconds
}

export interface ShardSeconds {
  /** Loading the model, where none was given. */
  readonly load: number
  readonly read: number
  readonly encode: number
  readonly write: number
  readonly all: number
}

/** Rows of a shard, in order. */
export interface ShardBatch {
  /**
   * Those of `--id-field`; else, for each row, `<path>@<offset>`: the input as the manifest names it,
   * a URL without its query, and the byte of the input at which the row starts (unpacked, in UTF-8),
   * in Parquet and Arrow the number of its row, from 0. They are unique over all shards, and the same
   * however often and however finely the inputs are planned. With `--chunk`, chunks of a text have
   * the same id.
   */
  readonly ids: readonly Id[]
  /** The texts; with `--chunk` those of the chunks. */
  readonly texts: readonly string[]
  readonly matrix: EmbeddingMatrix<Dtype>
  /** The columns that the output's file has beside the vectors, such as those of `--keep`. */
  readonly columns: readonly ColumnData[]
  /** Rows that were skipped since the batch before. */
  readonly skipped: number
  readonly progress: ShardProgress
}

/**
 * The model of a manifest, of exactly the planned files. To be closed by the caller.
 *
 * @throws Model2VecError ERR_INPUT_CHANGED when its files are others than those that were planned;
 * what a load throws
 */
export function loadShardModel(
  manifest: Manifest,
  options?: Pick<ShardOptions, 'threads' | 'cacheDir' | 'endpoint' | 'signal'>,
): Promise<Model2VecEmbeddingFunction> {
  throw new Error(`not there yet: ${manifest.path} ${JSON.stringify(options)}`)
}

/**
 * Writes the output of a shard. It gets its name when it is whole, and an output that is there and
 * whole is left as it is, so that any number of calls, also at once and on other machines, give the
 * same file.
 *
 * `mayPass` of `failure.ts` says of an error whether trying again can help.
 *
 * @throws Model2VecError ERR_BAD_MANIFEST, ERR_INPUT_CHANGED (an input or the model is not what was
 * planned), ERR_BAD_INPUT (a row or a file that can't be read), ERR_INPUT_UNREACHABLE (a URL; may
 * pass); what a load throws; FileError (a file is missing, the disk is full; may pass); the signal's
 * reason
 */
export function runShard(manifest: Manifest, index: number, options: ShardOptions = {}): Promise<ShardResult> {
  throw new Error(`not there yet: ${manifest.path} ${index} ${JSON.stringify(options)}`)
}

/**
 * The rows of a shard and their vectors, for a sink that is no file. While the caller handles one
 * batch, the next ones are read and encoded. No file is written.
 *
 * The rows and their vectors are those of {@link runShard}. A sink that takes rows by their ids, each
 * as often as it comes, has each row once, however often a shard is done.
 *
 * @throws as {@link runShard}; a changed input is noticed before the first batch, or at the end
 */
export function shardBatches(
  manifest: Manifest,
  index: number,
  options: Omit<ShardOptions, 'onProgress'> = {},
): AsyncGenerator<ShardBatch, void, undefined> {
  throw new Error(`not there yet: ${manifest.path} ${index} ${JSON.stringify(options)}`)
}
