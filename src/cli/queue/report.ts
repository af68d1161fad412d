// What became of the shards of a manifest, as the jobs in Redis tell it.

import { headOf } from './manifest-head.js'
import type { ShardSummary } from './processor.js'
import { shardJobData } from './shard-job.js'

/** Jobs that are read together. */
const PAGE = 1000

/** What a job may be. */
export type ShardState = 'completed' | 'failed' | 'wait' | 'active' | 'delayed' | 'prioritized'

const STATES: readonly ShardState[] = ['completed', 'failed', 'wait', 'active', 'delayed', 'prioritized']

/** What is read of a `Job` of BullMQ that may be done. */
export interface FinishedJob {
  readonly data: unknown
  readonly returnvalue: unknown
  readonly failedReason?: string | undefined
  readonly attemptsStarted: number
  readonly stalledCounter: number
}

/** What `report` calls of a `Queue` of BullMQ. */
export interface ReportedQueue {
  getJobs(types: ShardState[], start: number, end: number, asc: boolean): Promise<readonly (FinishedJob | undefined)[]>
}

/** A shard that was begun more than once, or failed for good. */
export interface TroubledShard {
  readonly shard: number
  /** How often a worker has begun it. */
  readonly starts: number
  /** How often its worker was lost: killed, or cut off for longer than its lock. */
  readonly stalls: number
  /** Why it failed the last time; null where it never did. */
  readonly reason: string | null
}

export interface ShardReport {
  /** Of the manifest. */
  readonly shards: number
  readonly done: number
  readonly failed: number
  /** Shards that wait or are in work. */
  readonly left: number
  /** Shards without a job: never enqueued, or their jobs were removed. */
  readonly unknown: number
  /** Of the shards that are done. */
  readonly rows: number
  readonly truncated: number
  readonly skipped: number
  /** Shards that were begun more than once, by their index; those that failed for good are not among them. */
  readonly retried: readonly TroubledShard[]
  /** Shards that failed for good, by their index. */
  readonly failures: readonly TroubledShard[]
}

/**
 * Sums up the jobs of a manifest's shards. Jobs that change their state meanwhile may be counted twice
 * or not at all: it is exact when nothing is left.
 *
 * @param queue a `Queue` of BullMQ
 * @param manifest the path, or the URL, of the manifest
 * @throws Model2VecError `ERR_BAD_MANIFEST`; what the queue throws
 */
export async function report(queue: ReportedQueue, manifest: string): Promise<ShardReport> {
  const { shards, sha256 } = await headOf(manifest)
  const sums = { done: 0, failed: 0, left: 0, rows: 0, truncated: 0, skipped: 0 }
  const [retried, failures]: [TroubledShard[], TroubledShard[]] = [[], []]
  for (const state of STATES) {
    for await (const job of jobsOf(queue, state)) {
      const data = shardJobData(job.data)
      if (data?.sha256 !== sha256) continue
      const { shard } = data
      const { attemptsStarted: starts, stalledCounter: stalls, failedReason = '' } = job
      const troubled = { shard, starts, stalls, reason: failedReason === '' ? null : failedReason }
      if (state === 'failed') {
        sums.failed++
        failures.push(troubled)
        continue
      }
      if (starts > 1) retried.push(troubled)
      if (state !== 'completed') {
        sums.left++
        continue
      }
      // What a processor of the caller's own around ours returns may be anything.
      const { rows = 0, truncated = 0, skipped = 0 } = (job.returnvalue ?? {}) as Partial<ShardSummary>
      sums.done++
      sums.rows += rows
      sums.truncated += truncated
      sums.skipped += skipped
    }
  }
  const unknown = Math.max(0, shards - sums.done - sums.failed - sums.left)
  return { shards, ...sums, unknown, retried: sorted(retried), failures: sorted(failures) }
}

function sorted(shards: readonly TroubledShard[]): TroubledShard[] {
  return shards.toSorted((a, b) => a.shard - b.shard)
}

async function* jobsOf(queue: ReportedQueue, state: ShardState): AsyncGenerator<FinishedJob, void, undefined> {
  for (let start = 0; ; start += PAGE) {
    const page = await queue.getJobs([state], start, start + PAGE - 1, true)
    // A job that was removed meanwhile is not there.
    for (const job of page) if (job !== undefined) yield job
    if (page.length < PAGE) return
  }
}
