// A shard as a job of BullMQ: what the job is called, what it carries, and what is read of BullMQ's
// own objects. They are known by their shape, so that the types stand alone and nothing is imported.

/** The name of the jobs. */
export const JOB_NAME = 'shard'
/** Of a manifest's hash, in the ids of its jobs: 64 bits. */
const ID_DIGITS = 16

/** What a job carries. */
export interface ShardJobData {
  /** The path, or the URL, of the manifest. */
  readonly manifest: string
  /** The SHA-256 of the manifest, in hex. */
  readonly sha256: string
  /** The index of the shard, from 0. */
  readonly shard: number
}

/** What is read and called of a `Job` of BullMQ. */
export interface ShardJob {
  readonly id?: string | undefined
  readonly data: unknown
  /** How often it has failed. */
  readonly attemptsMade: number
  /** `attempts`: how often it is tried. */
  readonly opts?: { readonly attempts?: number | undefined } | undefined
  updateProgress(progress: string | boolean | number | object): Promise<void>
  /** Gives the job back to the queue, as if nobody had begun it. */
  moveToWait(token?: string): Promise<unknown>
}

/** The id of a shard's job: the same for the same shard of the same manifest, whoever enqueues it. */
export function jobId(sha256: string, shard: number): string {
  return `${sha256.slice(0, ID_DIGITS)}-${shard}`
}

/** The data of a job; null for a job that is none of a shard. */
export function shardJobData(data: unknown): ShardJobData | null {
  const { manifest, sha256, shard } = (data ?? {}) as Partial<Record<keyof ShardJobData, unknown>>
  const isShard = typeof manifest === 'string' && typeof sha256 === 'string' && Number.isSafeInteger(shard)
  return isShard ? { manifest, sha256, shard: shard as number } : null
}
