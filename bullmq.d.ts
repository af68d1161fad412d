// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, EmbeddingMatrix } from './index.js';
/** What a job carries. */
export interface ShardJobData {
  /** The path, or the URL, of the manifest. */
  readonly manifest: string;
  /** The SHA-256 of the manifest, in hex. */
  readonly sha256: string;
  /** The index of the shard, from 0. */
  readonly shard: number;
}
/** What is read and called of a `Job` of BullMQ. */
export interface ShardJob {
  readonly id?: string | undefined;
  readonly data: unknown;
  /** How often it has failed. */
  readonly attemptsMade: number;
  /** `attempts`: how often it is tried. */
  readonly opts?: {
    readonly attempts?: number | undefined;
  } | undefined;
  updateProgress(progress: string | boolean | number | object): Promise<void>;
  /** Gives the job back to the queue, as if nobody had begun it. */
  moveToWait(token?: string): Promise<unknown>;
}
/** Which finished jobs are kept: those of the last `age` seconds, the last `count`. */
export type KeptJobs = {
  readonly age: number;
  readonly count?: number;
} | {
  readonly count: number;
};
/** A job as `addBulk` takes it. */
export interface NewShardJob {
  name: string;
  data: ShardJobData;
  opts: {
    jobId: string;
  } & JobOptions;
}
/** The options of BullMQ's jobs that {@link enqueue} sets; any other may be given, too. */
export interface JobOptions {
  /**
   * How often a shard is tried where the failure may pass.
   * @default 12
   */
  readonly attempts?: number;
  /**
   * How long BullMQ waits before it tries again.
   * @default { type: 'exponential', delay: 1000, jitter: 0.5 }
   */
  readonly backoff?: number | {
    readonly type: string;
    readonly delay?: number;
    readonly jitter?: number;
  };
  /**
   * Whether jobs that are done are removed. A job that is kept says that its shard is done: then
   * enqueuing again adds nothing.
   * @default false
   */
  readonly removeOnComplete?: boolean | number | KeptJobs;
  /**
   * Whether jobs that have failed for good are removed.
   * @default false
   */
  readonly removeOnFail?: boolean | number | KeptJobs;
  readonly [name: string]: unknown;
}
/** What `enqueue` calls of a `Queue` of BullMQ. */
export interface ShardQueue {
  addBulk(jobs: NewShardJob[]): Promise<unknown>;
  remove(jobId: string): Promise<unknown>;
}
export interface EnqueueOptions {
  /**
   * The path, or the URL, of the manifest for the workers, where it is another for them.
   * @default its absolute path here; a URL as it is
   */
  readonly path?: string | undefined;
  /**
   * The indexes of the shards: those that `model2vec gather` found missing, say.
   * @default all
   */
  readonly shards?: Iterable<number> | undefined;
  /**
   * Whether shards whose jobs are there already, done or failed, are to be done once more: their
   * jobs are removed first. A job that a worker has is left.
   * @default false
   */
  readonly again?: boolean | undefined;
  /** Options of the jobs beside the defaults, such as `priority`. */
  readonly job?: JobOptions | undefined;
  /** Called after each thousand jobs with how many there were. */
  readonly onProgress?: ((jobs: number) => void) | undefined;
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
export declare function enqueue(queue: ShardQueue, manifest: string, options?: EnqueueOptions): Promise<number>;
/** A column of a {@link SinkBatch}. */
export interface SinkColumn {
  readonly name: string;
  /** Its type, as the formats of `model2vec embed` know it: `'string'`, `'int64'`, … */
  readonly type: string;
  /** A value for each row; null = none. A typed array where no row may have none. */
  readonly values: ArrayLike<unknown>;
}
/** Some 2,048 rows of a shard, in order. */
export interface SinkBatch {
  /**
   * The field of `--id-field`; without it `<input>@<offset>`. The same each time that the shard is
   * done, so that a store that replaces rows by their ids has each once.
   */
  readonly ids: readonly (string | number | bigint)[];
  readonly texts: readonly string[];
  /** ids.length × dim. */
  readonly matrix: EmbeddingMatrix<Dtype>;
  /** Columns beside the vectors, such as those of `--keep`. */
  readonly columns: readonly SinkColumn[];
}
/** What a sink is told of the shard that it gets the rows of. */
export interface SinkShard {
  /** The SHA-256 of the manifest, in hex. */
  readonly manifest: string;
  /** The index of the shard, from 0, and how many shards the manifest has. */
  readonly shard: number;
  readonly shards: number;
  /** Aborted when the shard is given up: the worker ends, or another worker has the shard now. */
  readonly signal: AbortSignal | undefined;
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
  write(batch: SinkBatch): Promise<unknown>;
  /** Called after the last batch. The shard is done when this has resolved. */
  commit?(): Promise<unknown>;
  /** Called instead of `commit` where the shard fails or is given up. */
  rollback?(): Promise<unknown>;
}
/** A sink for all shards, or a function that makes one for each try of a shard: a transaction, say. */
export type SinkSource = Sink | ((shard: SinkShard) => Sink | Promise<Sink>);
export interface ProcessorOptions {
  /**
   * The path, or the URL, of the manifest here. Its hash has to be that of the jobs.
   * @default what each job says
   */
  readonly manifest?: string | undefined;
  /**
   * What the relative paths of a manifest are relative to.
   * @default the folder of the manifest; one behind a URL is in none
   */
  readonly base?: string | undefined;
  /**
   * Where rows go.
   * @default the files of the manifest
   */
  readonly sink?: SinkSource | undefined;
  /** How many threads of the engine to use. @default all there are */
  readonly threads?: number | undefined;
  /** The Hub cache, and the Hub, as the options of a load. */
  readonly cacheDir?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Milliseconds between two reports of a job's progress, each of which is a command of Redis. @default 5000 */
  readonly progressInterval?: number | undefined;
}
/** What a job returns: kept in Redis, and no vectors. */
export interface ShardSummary {
  /** The index of the shard. */
  readonly shard: number;
  /** 'written' = its file; 'whole' = its file was there; 'stored' = the sink has its rows. */
  readonly state: "written" | "whole" | "stored";
  readonly rows: number;
  /** Texts that were cut at the model's `maxLength`. */
  readonly truncated: number;
  /** Rows that were left out, as the manifest's `on-error` and `on-null` say. */
  readonly skipped: number;
  readonly seconds: SummarySeconds;
}
/**
 * How long a shard took. Its steps go on at the same time, so that their sum may be more than `all`.
 * How long reading and encoding took is not known where a sink has the rows.
 */
export interface SummarySeconds {
  readonly all: number;
  readonly read?: number;
  readonly encode?: number;
  /** The calls that wrote, or those of the sink. */
  readonly write: number;
}
/** A function for `new Worker(name, processor, …)`. */
export type ShardProcessor = (job: ShardJob, token?: string, signal?: AbortSignal) => Promise<ShardSummary>;
/**
 * The reason for `worker.cancelAllJobs(GIVE_BACK)`, or `cancelJob`: the shard goes back to the queue,
 * and that counts as no try.
 */
export declare const GIVE_BACK = "give the shard back";
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
export declare function createProcessor(options?: ProcessorOptions): ShardProcessor;
/** What a job may be. */
export type ShardState = "completed" | "failed" | "wait" | "active" | "delayed" | "prioritized";
/** What is read of a `Job` of BullMQ that may be done. */
export interface FinishedJob {
  readonly data: unknown;
  readonly returnvalue: unknown;
  readonly failedReason?: string | undefined;
  readonly attemptsStarted: number;
  readonly stalledCounter: number;
}
/** What `report` calls of a `Queue` of BullMQ. */
export interface ReportedQueue {
  getJobs(types: ShardState[], start: number, end: number, asc: boolean): Promise<readonly (FinishedJob | undefined)[]>;
}
/** A shard that was begun more than once, or failed for good. */
export interface TroubledShard {
  readonly shard: number;
  /** How often a worker has begun it. */
  readonly starts: number;
  /** How often its worker was lost: killed, or cut off for longer than its lock. */
  readonly stalls: number;
  /** Why it failed the last time; null where it never did. */
  readonly reason: string | null;
}
export interface ShardReport {
  /** Of the manifest. */
  readonly shards: number;
  readonly done: number;
  readonly failed: number;
  /** Shards that wait or are in work. */
  readonly left: number;
  /** Shards without a job: never enqueued, or their jobs were removed. */
  readonly unknown: number;
  /** Of the shards that are done. */
  readonly rows: number;
  readonly truncated: number;
  readonly skipped: number;
  /** Shards that were begun more than once, by their index; those that failed for good are not among them. */
  readonly retried: readonly TroubledShard[];
  /** Shards that failed for good, by their index. */
  readonly failures: readonly TroubledShard[];
}
/**
 * Sums up the jobs of a manifest's shards. Jobs that change their state meanwhile may be counted twice
 * or not at all: it is exact when nothing is left.
 *
 * @param queue a `Queue` of BullMQ
 * @param manifest the path, or the URL, of the manifest
 * @throws Model2VecError `ERR_BAD_MANIFEST`; what the queue throws
 */
export declare function report(queue: ReportedQueue, manifest: string): Promise<ShardReport>;
