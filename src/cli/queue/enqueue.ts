// Shards into a queue of BullMQ: a job for each, once.

import path from 'node:path'

import { describe, Model2VecError } from '../../errors.js'
import { isUrl } from '../input/url.js'
import { headOf } from './manifest-head.js'
import { JOB_NAME, jobId } from './shard-job.js'
import type { ShardJobData } from './shard-job.js'

/** Jobs that go to Redis together: some 300 KB. */
const BATCH = 1000

/**
 * For how long a failure that may pass is tried again: eleven waits from a second on, each twice as
 * long as the one before or up to half of that shorter, are a quarter to half an hour. A shard that
 * can never work fails at once, whatever this says.
 */
const ATTEMPTS = 12
const BACKOFF = { type: 'exponential', delay: 1000, jitter: 0.5 } as const

/** Which finished jobs are kept: those of the last `age` seconds, the last `count`. */
export type KeptJobs = { readonly age: number; readonly count?: number } | { readonly count: number }

/** A job as `addBulk` takes it. */
export interface NewShardJob {
  name: string
  data: ShardJobData
  opts: { jobId: string } & JobOptions
}

/** The options of BullMQ's jobs that {@link enqueue} sets; any other may be given, too. */
export interface JobOptions {
  /**
   * How often a shard is tried where the failure may pass.
   * @default 12
   */
  readonly attempts?: number
  /**
   * How long BullMQ waits before it tries again.
   * @default { type: 'exponential', delay: 1000, jitter: 0.5 }
   */
  readonly backoff?: number | { readonly type: string; readonly delay?: number; readonly jitter?: number }
  /**
   * Whether jobs that are done are removed. A job that is kept says that its shard is done: then
   * enqueuing again adds nothing.
   * @default false
   */
  readonly removeOnComplete?: boolean | number | KeptJobs
  /**
   * Whether jobs that have failed for good are removed.
   * @default false
   */
  readonly removeOnFail?: boolean | number | KeptJobs
  readonly [name: string]: unknown
}

/** What `enqueue` calls of a `Queue` of BullMQ. */
export interface ShardQueue {
  addBulk(jobs: NewShardJob[]): Promise<unknown>
  remove(jobId: string): Promise<unknown>
}

export interface EnqueueOptions {
  /**
   * The path, or the URL, of the manifest for the workers, where it is another for them.
   * @default its absolute path here; a URL as it is
   */
  readonly path?: string | undefined
  /**
   * The indexes of the shards: those that `model2vec gather` found missing, say.
   * @default all
   */
  readonly shards?: Iterable<number> | undefined
  /**
   * Whether shards whose jobs are there already, done or failed, are to be done once more: their
   * jobs are removed first. A job that a worker has is left.
   * @default false
   */
  readonly again?: boolean | undefined
  /** Options of the jobs beside the defaults, such as `priority`. */
  readonly job?: JobOptions | undefined
  /** Called after each thousand jobs with how many there were. */
  readonly onProgress?: ((jobs: number) => void) | undefined
}

/**
 * Adds a job for each shard of a manifest of `model2vec plan`. Its id is that of the shard, so that a
 * second call adds nothing that is there, whether it waits, is in work, done, or failed; a call that
 * was cut off can be repeated. Jobs carry a path, a hash and a number: no texts and no vectors.
 *
 * @param queue a `Queue` of BullMQ
 * @param manifest the path of a manifest, or a URL whose server answers `Range` requests: jobs then carry
 *   the whole URL, also its signature
 * @returns how many shards there were, in memory that does not grow with them
 * @throws Model2VecError `ERR_BAD_MANIFEST`, `ERR_INVALID_OPTION` for a shard that there is not; what the
 *   queue throws
 * @example
 * await enqueue(new Queue('model2vec', { connection: { url: 'redis://localhost:6379' } }), 'manifest.jsonl')
 */
export async function enqueue(queue: ShardQueue, manifest: string, options: EnqueueOptions = {}): Promise<number> {
  const {
    path: given = isUrl(manifest) ? manifest : path.resolve(manifest),
    again = false,
    job = {},
    onProgress,
  } = options
  const { shards: count, sha256 } = await headOf(manifest)
  const { shards = indexes(count) } = options
  // `undefined` is what was not given.
  const own = Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined))
  const opts = { attempts: ATTEMPTS, backoff: BACKOFF, removeOnComplete: false, removeOnFail: false, ...own }
  let jobs: NewShardJob[] = []
  let done = 0
  const flush = async (): Promise<void> => {
    if (again) await Promise.all(jobs.map(async ({ opts: { jobId: id } }) => queue.remove(id)))
    await queue.addBulk(jobs)
    done += jobs.length
    jobs = []
    onProgress?.(done)
  }
  for (const shard of shards) {
    if (!Number.isSafeInteger(shard) || shard < 0 || shard >= count) {
      const message = `\`shards\` should be indexes from 0 to ${count - 1}, but got ${describe(shard)}`
      throw new Model2VecError('ERR_INVALID_OPTION', message)
    }
    jobs.push({
      name: JOB_NAME,
      data: { manifest: given, sha256, shard },
      opts: { ...opts, jobId: jobId(sha256, shard) },
    })
    if (jobs.length === BATCH) await flush()
  }
  if (jobs.length > 0) await flush()
  return done
}

function* indexes(count: number): Generator<number, void, undefined> {
  for (let i = 0; i < count; i++) yield i
}
