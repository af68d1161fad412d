// A worker of BullMQ on shards, from its first connection to its end.

import type { Worker } from 'bullmq'

import { messageOf } from '../../errors.js'
import { systemReason } from '../../runtime/system-reason.js'
import { optionalPackage } from '../output/optional-package.js'
import { millisecondsOf } from '../serving/http-server.js'
import { GIVE_BACK } from './processor.js'
import type { ShardProcessor } from './processor.js'

const SECOND = 1000
/** How long the shards of an ending worker may take to go back to the queue. */
const GIVE_BACK_SECONDS = 5
/**
 * How often a shard may lose its worker. A Redis that was away for longer than the lock counts once
 * for each shard in work; a shard that ends its process each time, for lack of memory say, has to end.
 */
const MOST_STALLS = 5
/** BullMQ waits for a job for up to ten seconds, in one command. */
const LEAST_SILENCE_SECONDS = 15
/** A dead Redis is asked again after this, at most. */
const LONGEST_RECONNECT_MS = 2 * SECOND

export interface QueueWorkerSettings {
  readonly redis: string
  readonly queue: string
  /** Of the keys in Redis. */
  readonly prefix: string | undefined
  readonly concurrency: number
  /** Seconds: a worker that is silent for longer has lost its shards. */
  readonly lock: number
}

export interface QueueWorkerEvents {
  onConnection(isConnected: boolean, reason: string): void
  onLostLock(jobId: string): void
  /** Another worker was silent for longer than its lock: its job waits again. */
  onStalled(jobId: string): void
  onError(message: string): void
}

export class QueueWorker {
  readonly #worker: Worker
  readonly #events: QueueWorkerEvents
  #isConnected = false
  #isClosing = false
  /** Why there is no connection. */
  #reason = ''

  private constructor(worker: Worker, events: QueueWorkerEvents) {
    this.#worker = worker
    this.#events = events
    worker.on('error', (error) => {
      this.#failed(error)
    })
    worker.on('lockRenewalFailed', (ids: readonly string[]) => {
      for (const id of ids) {
        events.onLostLock(id)
        worker.cancelJob(id, 'the lock was lost: another worker may have the shard')
      }
    })
    worker.on('stalled', (id) => {
      events.onStalled(id)
    })
  }

  /** @throws Model2VecError ERR_NOT_INSTALLED where BullMQ is not */
  static async create(
    settings: QueueWorkerSettings,
    processor: ShardProcessor,
    events: QueueWorkerEvents,
  ): Promise<QueueWorker> {
    const bullmq = await optionalPackage('bullmq ioredis', () => import('bullmq'), 'workers')
    const { redis: url, queue, prefix, concurrency, lock } = settings
    const retryStrategy = (times: number): number => Math.min(100 * 2 ** Math.min(times, 10), LONGEST_RECONNECT_MS)
    const worker = new bullmq.Worker(queue, processor, {
      connection: {
        url,
        retryStrategy,
        // Commands wait for a connection without an end. One that answers nothing is made anew, and its
        // commands are sent once more: the cable may be cut, or the machine gone, without a word.
        maxRetriesPerRequest: null,
        socketTimeout: Math.max(lock, LEAST_SILENCE_SECONDS) * SECOND,
      },
      ...(prefix !== undefined && { prefix }),
      concurrency,
      lockDuration: lock * SECOND,
      // A lost shard comes back after the lock, and until the next look after it.
      stalledInterval: (lock * SECOND) / 2,
      maxStalledCount: MOST_STALLS,
      runRetryDelay: LONGEST_RECONNECT_MS,
      autorun: false,
    })
    return new QueueWorker(worker, events)
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /**
   * Connects, and begins to take shards.
   *
   * @param seconds how long to wait for Redis, which may start together with the worker
   * @throws Error when Redis can't be reached by then, or refuses; the signal's reason
   */
  async start(seconds: number, signal: AbortSignal): Promise<void> {
    const refused = new Promise<never>((_, reject) => {
      this.#worker.on('error', (error) => {
        // It is there, and says no: a wrong password, say.
        if (awayReason(error) === null && !this.#isConnected) reject(error)
      })
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error)
      })
    })
    const isReady = await within(seconds, Promise.race([this.#worker.waitUntilReady(), refused]))
    if (!isReady) throw new Error(this.#reason === '' ? 'no answer' : this.#reason)
    const client = await this.#worker.getBackend().client
    client.on('ready', () => {
      this.#connection(true, '')
    })
    client.on('close', () => {
      this.#connection(false, this.#reason)
    })
    this.#connection(true, '')
    this.#worker.run().catch((error: unknown) => {
      this.#events.onError(messageOf(error))
    })
  }

  /**
   * Takes no more shards. Those in work are finished within `seconds`, or go back to the queue.
   *
   * @returns whether none is left that only comes back when its lock has run out
   */
  async end(seconds: number): Promise<boolean> {
    this.#isClosing = true
    const closed = this.#worker.close()
    if (await within(seconds, closed)) return true
    this.#worker.cancelAllJobs(GIVE_BACK)
    return within(GIVE_BACK_SECONDS, closed)
  }

  #connection(isConnected: boolean, reason: string): void {
    if (isConnected === this.#isConnected || this.#isClosing) return
    this.#isConnected = isConnected
    this.#events.onConnection(isConnected, reason)
  }

  #failed(error: Error): void {
    const reason = awayReason(error)
    if (reason !== null) {
      this.#reason = reason
      return
    }
    // Told by `onLostLock` already, as is what follows from it.
    if (/^could not renew lock for job |^Missing lock for job |^Lock mismatch for job /.test(error.message)) return
    if (!this.#isClosing && this.#isConnected) this.#events.onError(messageOf(error))
  }
}

/** Why Redis can't be reached; null for an error that Redis itself has given, and any other. */
function awayReason(error: Error): string | null {
  // Of a name with several addresses each has failed.
  const { errors: [first = error] = [], code } = error as Error & { errors?: unknown[]; code?: unknown }
  const reason = systemReason(first)
  if (reason !== null) return reason
  if (error.message.startsWith('Socket timeout.')) return 'no answer'
  const isOfSocket = typeof code === 'string' && /^E[A-Z]+$/.test(code)
  return isOfSocket || error.message === 'Connection is closed.' ? error.message : null
}

/** Whether a promise resolves within that time. Rejects as it does. */
export async function within(seconds: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, millisecondsOf(seconds), false)
  })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
