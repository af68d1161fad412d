// One shard, whole: its rows become vectors, in its file or for a sink of the caller's.

import type { Dtype } from '../../dtype.js'
import type { EmbeddingMatrix } from '../../matrix/embedding-matrix.js'
import type { ColumnData, Id } from '../column.js'
import { listOf } from '../column-values.js'
import { naming } from '../file-error.js'
import { shownUrl } from '../input/url.js'
import { coded } from './failure.js'
import type { Manifest, Shard } from './manifest.js'
import { checkOutput, ShardOutput } from './shard-output.js'
import type { ShardNote } from './shard-output.js'
import { ShardWork } from './shard-work.js'
import type { ShardOptions, ShardProgress } from './shard-work.js'

export { loadShardModel } from './shard-model.js'
export type { ShardProgress } from './shard-work.js'

export interface ShardResult extends ShardNote {
  /** 'whole' = the output was there already, and nothing was done. */
  readonly state: 'written' | 'whole'
  /** The path of the output. */
  readonly output: string
  /** All are 0 where nothing was done. */
  readonly seconds: ShardSeconds
}

/**
 * How long the steps of a shard took. Reading, encoding and writing go on at the same time, so that
 * their sum may be more than `all`; each is the time that its calls took.
 */
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
  /** Rows that were skipped so far. */
  readonly skipped: number
  readonly progress: ShardProgress
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
export async function runShard(manifest: Manifest, index: number, options: ShardOptions = {}): Promise<ShardResult> {
  const started = performance.now()
  const shard = await manifest.shard(index)
  const output = manifest.outputOf(shard)
  const found = await checkOutput(output, shard.sha256)
  if (found.problem === null) {
    return { ...found.note, state: 'whole', output, seconds: { load: 0, read: 0, encode: 0, write: 0, all: 0 } }
  }
  try {
    const work = await ShardWork.open(manifest, shard, options)
    try {
      const { note, writeMs } = await written(output, shard, work, options)
      const [load, read, encode, write, all] = [
        work.loadMs,
        work.readMs,
        work.encodeMs,
        writeMs,
        performance.now() - started,
      ].map((ms) => ms / 1000) as [number, number, number, number, number]
      return { ...note, state: 'written', output, seconds: { load, read, encode, write, all } }
    } finally {
      work.close()
    }
  } catch (error) {
    throw coded(error)
  }
}

async function written(
  file: string,
  { index, sha256 }: Shard,
  work: ShardWork,
  { onProgress }: ShardOptions,
): Promise<{ readonly note: ShardNote; readonly writeMs: number }> {
  let writeMs = 0
  const timed = async <T>(step: Promise<T>): Promise<T> => {
    const started = performance.now()
    try {
      return await naming(file, step)
    } finally {
      writeMs += performance.now() - started
    }
  }
  const { open } = await work.open()
  const output = await ShardOutput.create(file)
  try {
    const rows = await timed(open(output.sink, null, 0))
    for await (const batch of work.batches()) {
      if (batch !== null) await timed(rows.write(batch))
      onProgress?.(work.progress)
    }
    await timed(rows.finish())
    const { truncated, skipped } = work
    if (rows.rows() !== work.rows) throw new Error(`${file}: expected ${work.rows} rows, but it has ${rows.rows()}`)
    const note = await timed(output.finish({ shard: index, sha256, rows: work.rows, truncated, skipped }))
    return { note, writeMs }
  } catch (error) {
    await output.discard()
    throw error
  }
}

/** Columns that only a caller of {@link shardBatches} gets: no input has such names. */
const [OWN_ID, OWN_TEXT] = ['\0id', '\0text']

/**
 * The rows of a shard and their vectors, for a sink that is no file. While the caller handles one
 * batch, the next ones are read and encoded. No file is written.
 *
 * The rows and their vectors are those of {@link runShard}. A sink that takes rows by their ids, each
 * as often as it comes, has each row once, however often a shard is done.
 *
 * @throws as {@link runShard}; a changed input is noticed before the first batch, or at the end
 */
export async function* shardBatches(
  manifest: Manifest,
  index: number,
  options: Omit<ShardOptions, 'onProgress'> = {},
): AsyncGenerator<ShardBatch, void, undefined> {
  const shard = await manifest.shard(index)
  let work: ShardWork | null = null
  try {
    work = await ShardWork.open(manifest, shard, options)
    const { names, input } = work.settings
    const [id, text] = [names.id ?? OWN_ID, names.text ?? OWN_TEXT]
    const settings = {
      ...work.settings,
      isForCaller: true,
      names: { id, text },
      input: { ...input, ...(names.id === null && { offsetIds: shard.inputs.map((each) => shownUrl(each.path)) }) },
    }
    for await (const rows of work.batches(settings)) {
      if (rows === null) continue
      const { columns, matrix } = rows
      const found = (name: string): ColumnData | undefined => columns.find(({ column }) => column.name === name)
      const [idColumn, textColumn] = [found(id), found(text)]
      const ids = listOf(idColumn?.values ?? []) as readonly Id[]
      yield {
        ids,
        texts: listOf(textColumn?.values ?? []) as readonly string[],
        matrix,
        columns: columns
          .filter(({ column }) => column.name !== OWN_ID && column.name !== OWN_TEXT)
          .map((data) => (data === idColumn ? { ...data, values: ids } : data)),
        skipped: work.skipped,
        progress: work.progress,
      }
    }
  } catch (error) {
    throw coded(error)
  } finally {
    work?.close()
  }
}
