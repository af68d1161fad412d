// The work of one shard: its inputs are checked, read and encoded, a batch at a time.

import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { DEFAULT_CONCURRENCY } from '../../options/stream.js'
import type { OptionValues } from '../command.js'
import { embedFormat, embedOutput, embedSettings } from '../embed-settings.js'
import type { EmbedSettings } from '../embed-settings.js'
import { embedRun } from '../embed-texts.js'
import type { EmbedRun } from '../embed-texts.js'
import { nameOf } from '../input/bytes.js'
import { assertSame, pinOfFile } from '../input/pin.js'
import { isUrl } from '../input/url.js'
import type { RowBatch } from '../input/row-batches.js'
import type { OutputFormat, OutputRows } from '../output/format.js'
import { TextRun } from '../text-run.js'
import { mayPass } from './failure.js'
import type { Manifest, Shard } from './manifest.js'
import { loadShardModel } from './shard-model.js'
import type { ShardModelOptions } from './shard-model.js'

export interface ShardOptions extends ShardModelOptions {
  /**
   * The model, from `loadShardModel`: for a process that does many shards. Default: it is loaded for
   * this call, and closed. The options of a load are not for a given model.
   */
  readonly model?: Model2VecEmbeddingFunction | undefined
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

export class ShardWork {
  readonly settings: EmbedSettings
  readonly format: OutputFormat
  readonly model: Model2VecEmbeddingFunction
  readonly values: OptionValues
  /** Milliseconds that loading the model took. */
  readonly loadMs: number
  /** Milliseconds of all calls that encode. */
  encodeMs = 0
  rows = 0
  truncated = 0
  skipped = 0
  readonly #manifest: Manifest
  readonly #shard: Shard
  readonly #options: ShardOptions
  #texts: TextRun | null = null

  private constructor(
    manifest: Manifest,
    shard: Shard,
    options: ShardOptions,
    made: Pick<ShardWork, 'settings' | 'format' | 'model' | 'values' | 'loadMs'>,
  ) {
    this.#manifest = manifest
    this.#shard = shard
    this.#options = options
    this.settings = made.settings
    this.format = made.format
    this.model = made.model
    this.values = made.values
    this.loadMs = made.loadMs
  }

  /** @throws Model2VecError ERR_INPUT_CHANGED; what a load throws */
  static async open(manifest: Manifest, shard: Shard, options: ShardOptions): Promise<ShardWork> {
    await assertPlanned(manifest, shard)
    const { header } = manifest
    const values = { ...header.options, model: header.model.name }
    const paths = shard.inputs.map((input) => manifest.resolve(input.path))
    const { input, ...settings } = embedSettings(paths, values)
    const format = embedFormat(shard.output, values)
    await format.prepare?.()
    const started = performance.now()
    const model = options.model ?? (await loadShardModel(manifest, options))
    const loadMs = options.model === undefined ? performance.now() - started : 0
    return new ShardWork(manifest, shard, options, {
      settings: { ...settings, input: { ...input, parts: shard.inputs } },
      format,
      model,
      values,
      loadMs,
    })
  }

  get readMs(): number {
    return this.#texts?.readMs ?? 0
  }

  get progress(): ShardProgress {
    const totalBytes = this.#totalBytes
    return { rows: this.rows, bytes: Math.min(totalBytes, this.#texts?.bytes ?? 0), totalBytes }
  }

  get #totalBytes(): number {
    return this.#shard.inputs.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Opens what the rows are written to. */
  async open(settings: EmbedSettings = this.settings): ReturnType<typeof embedOutput> {
    return embedOutput(this.format, settings, this.values, this.model)
  }

  /**
   * The rows of all batches, in order; null of a batch without any. At the end the inputs are looked at again.
   *
   * @param settings others than those of the shard where the caller wants other columns
   */
  async *batches(
    settings: EmbedSettings & Pick<EmbedRun, 'isForCaller'> = this.settings,
  ): AsyncGenerator<OutputRows | null, void, undefined> {
    const { signal = new AbortController().signal, onSkip } = this.#options
    const { vector } = await this.open(settings)
    const total = this.#totalBytes
    const run = embedRun({
      ...settings,
      model: this.model,
      vector,
      signal,
      checkpointMs: Infinity,
      total,
      progressIsJson: false,
      keptNames: new Set(),
    })
    const texts = new TextRun(settings.input, total, { reader: run.reader, onSkip })
    this.#texts = texts
    const work = async (batch: RowBatch, stopped: AbortSignal): Promise<Worked> => {
      const started = performance.now()
      const { written, count, skipped } = await run.work(texts, batch, stopped)
      this.encodeMs += performance.now() - started
      return { written, count, skipped, before: batch.end.skipped }
    }
    /** Rows that were read but not worked on. */
    let unfit = 0
    try {
      for await (const { written, count, skipped, before } of texts.results(work, DEFAULT_CONCURRENCY, signal)) {
        unfit += skipped
        this.rows += count
        this.skipped = before + unfit
        this.truncated += written?.matrix.truncated ?? 0
        yield written
      }
    } catch (error) {
      // A row that can't be read may be one of an input that has changed meanwhile.
      if (!signal.aborted && !mayPass(error)) await assertPlanned(this.#manifest, this.#shard)
      throw error
    }
    this.skipped = texts.skipped + unfit
    await assertPlanned(this.#manifest, this.#shard)
  }

  /** Closes the model, unless the caller gave it. */
  close(): void {
    if (this.#options.model === undefined) this.model.close()
  }
}

/** A batch that was worked on. */
interface Worked {
  readonly written: OutputRows | null
  readonly count: number
  readonly skipped: number
  /** Rows that reading has skipped up to its end. */
  readonly before: number
}

/**
 * Looks whether the files of a shard are those that were planned. What a URL is, each of its answers
 * says.
 *
 * @throws Model2VecError ERR_INPUT_CHANGED, FileError
 */
async function assertPlanned(manifest: Manifest, { inputs }: Shard): Promise<void> {
  for (const { path: given, pin } of inputs) {
    if (isUrl(given)) continue
    const file = manifest.resolve(given)
    assertSame(nameOf(file), pin, await pinOfFile(file))
  }
}
