// A job of BullMQ to a shard that is done: what a `Worker` calls.

import { describe, messageOf, Model2VecError } from '../../errors.js'
import { native } from '../../native/load.js'
import { runShard, shardBatches } from '../shards/run-shard.js'
import type { ShardProgress } from '../shards/run-shard.js'
import { failureOf, named } from './failure.js'
import type { Failure } from './failure.js'
import { ShardModels } from './open-shards.js'
import type { OpenShards } from './open-shards.js'
import { Pace } from './pace.js'
import { shardJobData } from './shard-job.js'
import type { ShardJob, ShardJobData } from './shard-job.js'
import { storeShard } from './sink.js'
import type { SinkSource } from './sink.js'

export interface ProcessorOptions {
  /**
   * The path, or the URL, of the manifest here. Its hash has to be that of the jobs.
   * @default what each job says
   */
  readonly manifest?: string | undefined
  /**
   * What the relative paths of a manifest are relative to.
   * @default the folder of the manifest; one behind a URL is in none
   */
  readonly base?: string | undefined
  /**
   * Where rows go.
   * @default the files of the manifest
   */
  readonly sink?: SinkSource | undefined
  /** How many threads of the engine to use. @default all there are */
  readonly threads?: number | undefined
  /** The Hub cache, and the Hub, as the options of a load. */
  readonly cacheDir?: string | undefined
  readonly endpoint?: string | undefined
  /** Milliseconds between two reports of a job's progress, each of which is a command of Redis. @default 5000 */
  readonly progressInterval?: number | undefined
}

/** What a job returns: kept in Redis, and no vectors. */
export interface ShardSummary {
  /** The index of the shard. */
  readonly shard: number
  /** 'written' = its file; 'whole' = its file was there; 'stored' = the sink has its rows. */
  readonly state: 'written' | 'whole' | 'stored'
  readonly rows: number
  /** Texts that were cut at the model's `maxLength`. */
  readonly truncated: number
  /** Rows that were left out, as the manifest's `on-error` and `on-null` say. */
  readonly skipped: number
  readonly seconds: SummarySeconds
}

/**
 * How long a shard took. Its steps go on at the same time, so that their sum may be more than `all`.
 * How long reading and encoding took is not known where a sink has the rows.
 */
export interface SummarySeconds {
  readonly all: number
  readonly read?: number
  readonly encode?: number
  /** The calls that wrote, or those of the sink. */
  readonly write: number
}

/** A function for `new Worker(name, processor, …)`. */
export type ShardProcessor = (job: ShardJob, token?: string, signal?: AbortSignal) => Promise<ShardSummary>

/**
 * The reason for `worker.cancelAllJobs(GIVE_BACK)`, or `cancelJob`: the shard goes back to the queue,
 * and that counts as no try.
 */
export const GIVE_BACK = 'give the shard back'

/** What becomes of shards, for those who count and log. */
export interface ProcessorEvents {
  onStart?(): void
  /** @param job the job that has ended so */
  onEnd?(job: ShardJob, outcome: ShardOutcome): void
}

export type ShardOutcome =
  | { readonly state: 'done'; readonly summary: ShardSummary }
  | { readonly state: 'failed'; readonly message: string; readonly isFinal: boolean }
  | { readonly state: 'given back' | 'given up' }

const PROGRESS_MS = 5000

/**
 * A processor for a `Worker` of BullMQ, for the jobs of {@link enqueue}. It writes the shard's output
 * file, or gives its rows to `sink`. The model is loaded once, at the first job. Encoding is off the
 * event loop, so that BullMQ renews its locks.
 *
 * A shard that can never work (an input that has changed, a row that can't be read) fails for good. A
 * failure that may pass is tried again, as the job's `attempts` and `backoff` say: the network, a full
 * disk, any error of a sink, and what only this machine may lack, such as the model or an optional
 * package. A processor whose jobs fail one after another takes them more slowly, up to one in 30 s, so
 * that other machines have the tries.
 *
 * @throws Model2VecError `ERR_NATIVE_NOT_FOUND`: no shard could ever be done here
 * @example
 * const processor = createProcessor()
 * const worker = new Worker('model2vec', processor, { connection, maxStalledCount: 5 })
 * worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id, 'the lock is lost')))
 */
export function createProcessor(options: ProcessorOptions = {}): ShardProcessor {
  return observedProcessor(options, {})
}

/** {@link createProcessor}, with events. */
export function observedProcessor(options: ProcessorOptions, events: ProcessorEvents): ShardProcessor {
  // Now, or each shard would fail for it.
  native()
  const { manifest, base, threads, cacheDir, endpoint } = options
  const models = new ShardModels({ manifest, base, threads, cacheDir, endpoint })
  const pace = new Pace()
  // BullMQ gives its signal to functions that declare three parameters.
  return async (job, token, signal) => {
    events.onStart?.()
    try {
      const data = shardJobData(job.data)
      if (data === null) throw notAShard(job)
      const summary = await models.use(data, signal, (open) => doShard(open, data, job, signal, options))
      pace.succeeded()
      events.onEnd?.(job, { state: 'done', summary })
      return summary
    } catch (error) {
      if (signal?.reason === GIVE_BACK) {
        // Where Redis is away, or the job is another worker's by now, its lock runs out by itself.
        const isBack = await job.moveToWait(token).then(
          () => true,
          () => false,
        )
        events.onEnd?.(job, { state: isBack ? 'given back' : 'given up' })
        throw named('WaitingError', GIVE_BACK, error)
      }
      const { thrown, isFinal } = signal?.aborted === true ? cancelled(signal, error) : failureOf(error)
      events.onEnd?.(job, { state: 'failed', message: messageOf(thrown), isFinal: isFinal || isLastTry(job) })
      await pace.failed(signal)
      throw thrown
    }
  }
}

async function doShard(
  open: OpenShards,
  { sha256, shard }: ShardJobData,
  job: ShardJob,
  signal: AbortSignal | undefined,
  { sink, progressInterval = PROGRESS_MS }: ProcessorOptions,
): Promise<ShardSummary> {
  const { manifest, model } = open
  const onProgress = reporter(job, progressInterval)
  if (sink === undefined) {
    const result = await runShard(manifest, shard, { model, signal, onProgress, onSkip: () => undefined })
    const { state, rows, truncated, skipped, seconds } = result
    const { all, read, encode, write } = seconds
    return { shard, state, rows, truncated, skipped, seconds: rounded({ all, read, encode, write }) }
  }
  const started = performance.now()
  const batches = shardBatches(manifest, shard, { model, signal, onSkip: () => undefined })
  const stored = await storeShard(
    batches,
    sink,
    { manifest: sha256, shard, shards: manifest.shards, signal },
    onProgress,
  )
  const { rows, truncated, skipped, writeMs } = stored
  const seconds = rounded({ all: (performance.now() - started) / 1000, write: writeMs / 1000 })
  return { shard, state: 'stored', rows, truncated, skipped, seconds }
}

/** Reports progress now and then, one report at a time. That Redis is away is no reason to stop. */
function reporter(job: ShardJob, intervalMs: number): (progress: ShardProgress) => void {
  let next = performance.now() + intervalMs
  return (progress) => {
    if (performance.now() < next) return
    next = Infinity
    job.updateProgress(progress).then(
      () => (next = performance.now() + intervalMs),
      () => (next = performance.now() + intervalMs),
    )
  }
}

function notAShard({ data }: ShardJob): Model2VecError {
  const expected = 'expected a job of `enqueue`, with manifest, sha256 and shard'
  return new Model2VecError('ERR_INVALID_OPTION', `${expected}, but got ${describe(data)}`)
}

function isLastTry({ attemptsMade, opts }: ShardJob): boolean {
  return attemptsMade + 1 >= (opts?.attempts ?? Infinity)
}

/** A job that the caller, or a lost lock, has cancelled. */
function cancelled({ reason }: AbortSignal, cause: unknown): Failure {
  const message = typeof reason === 'string' ? reason : messageOf(reason)
  return { thrown: new Error(message, { cause }), isFinal: false }
}

/** To milliseconds: Redis keeps it for each job. */
function rounded(seconds: SummarySeconds): SummarySeconds {
  const toMs = (value: number): number => Number(value.toFixed(3))
  const { all, read, encode, write } = seconds
  return {
    all: toMs(all),
    ...(read !== undefined && { read: toMs(read) }),
    ...(encode !== undefined && { encode: toMs(encode) }),
    write: toMs(write),
  }
}
