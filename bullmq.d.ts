// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, DtypeArray, Duplicates, DuplicatesOptions, FreshArray, HalfArray, MatrixFileOptions, MatrixOptions, MatrixRowsOptions, NearestOptions, Neighbor, Queries, TokenArray } from './index.js';
type BytesOf<A extends {
  readonly buffer: ArrayBufferLike;
}> = A["buffer"] extends ArrayBuffer ? FreshBuffer : typeof globalThis extends {
  Buffer: {
    isBuffer(value: unknown): value is infer B;
  };
} ? B : Uint8Array;
type FreshBuffer = typeof globalThis extends {
  Buffer: {
    alloc(size: number): infer B;
  };
} ? B : ReturnType<Uint8Array["slice"]>;
type HalfArrayOf<A extends {
  readonly buffer: ArrayBufferLike;
}> = typeof globalThis extends {
  Float16Array: {
    readonly prototype: infer H;
  };
} ? A["buffer"] extends ArrayBuffer ? H extends {
  slice(start?: number, end?: number): infer S;
} ? S : H : H : HalfArray;
declare class Neighbors implements Iterable<Neighbor[]> {
  /** rows × k rows of the matrix; 0xFFFFFFFF where a query has fewer. */
  readonly indices: TokenArray;
  /** rows × k scores; 0 where a query has fewer. */
  readonly scores: ReturnType<Float32Array["slice"]>;
  /** How many rows were found, per query: 0 to k. */
  readonly counts: TokenArray;
  /** The most rows that were found for each query. */
  readonly k: number;
  /** How many queries there are. */
  readonly rows: number;
  private constructor();
  /**
   * What was found for one query.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such query
   */
  list(query: number): Neighbor[];
  /** The lists of all queries, in their order. */
  [Symbol.iterator](): IterableIterator<Neighbor[]>;
}
declare class EmbeddingMatrix<D extends Dtype = "float32", A extends DtypeArray<Dtype> = DtypeArray<D>, T extends TokenArray | null = TokenArray | null> implements Iterable<A> {
  #private;
  /** All rows, one after the other: exactly rows × width elements. */
  readonly data: A;
  /** How many rows: one per text. */
  readonly rows: number;
  /** Dimensions of a vector. */
  readonly dim: number;
  /** Elements of `data` that a row takes: `dim`, and ⌈dim / 8⌉ bytes where `dtype` is 'binary'. */
  readonly width: number;
  /** The element type of `data`. */
  readonly dtype: D;
  /**
   * How many token ids were pooled, per row; 0 = the row is all zeros. Null where that is not
   * known: of what was loaded, or made by `from`.
   */
  readonly tokens: T;
  /**
   * How many texts were longer than `maxLength` allows, and were cut; 0 where that is not known.
   */
  readonly truncated: number;
  private constructor();
  /**
   * Arrays of rows, copied: numbers as {@link EmbeddingMatrix.toArray} gives them, or rows of
   * `encodeDocuments`.
   */
  static from<D extends Dtype = "float32", T extends TokenArray | null = null>(rows: readonly (readonly number[] | DtypeArray<D>)[], options?: MatrixRowsOptions<D, T>): EmbeddingMatrix<D, FreshArray<D>, T>;
  /** The bits of a Float16Array, as a view. */
  static from<T extends TokenArray | null = null>(data: HalfArray, options: MatrixOptions<"float16", T> & {
    readonly dtype: "float16";
  }): EmbeddingMatrix<"float16", DtypeArray<"float16">, T>;
  /**
   * A matrix of vectors that the caller has. Nothing is computed: numbers for 'float16' and
   * 'bfloat16' are rounded to nearest, ties to even, by way of float32; those for 'int8' and
   * 'binary' have to be the integers that are stored.
   *
   * @param data all rows, one after the other: an array of the type that `dtype` names, of which
   * the matrix is a view; or an array of rows
   * @throws Model2VecError `ERR_INVALID_OPTION`; OutOfMemoryError
   */
  static from<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>, T extends TokenArray | null = null>(data: A, options: MatrixOptions<D, T>): EmbeddingMatrix<D, A, T>;
  /**
   * The rows of several matrices in one, copied. `tokens` are known where those of all are;
   * `truncated` is the sum.
   *
   * @param list at least one; all with the same `dim` and `dtype`
   * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_OUT_TOO_SMALL` (memory was detached or made
   * smaller); OutOfMemoryError
   */
  static concat<D extends Dtype, T extends TokenArray | null = TokenArray | null>(list: readonly EmbeddingMatrix<D, DtypeArray<D>, T>[]): EmbeddingMatrix<D, FreshArray<D>, T>;
  /**
   * Reads a matrix from an `.npy` file: of {@link EmbeddingMatrix.save}, of `model2vec embed`, or
   * of `numpy.save` for a matrix in C order of float32, float16, int8 or uint8 ('binary'; Python:
   * `numpy.packbits`), or ml_dtypes' bfloat16. The file has no token counts.
   *
   * @param path a path or a `file:` URL
   * @throws (rejects) Model2VecError `ERR_BAD_NPY` when the file holds something else, `ERR_INVALID_OPTION` also when it can't be read;
   *   OutOfMemoryError
   */
  static load<D extends Dtype = Dtype>(path: string | URL, options?: MatrixFileOptions<D>): Promise<EmbeddingMatrix<D, FreshArray<D>, null>>;
  /**
   * Writes the matrix as an `.npy` file of version 1.0, which `numpy.load` reads: bfloat16 as
   * `<V2`, for `.view(ml_dtypes.bfloat16)`; the token counts are not in it. The file is written
   * beside its place and renamed once it is on the disk: a crash leaves the old file or the new
   * one. `data` must not change before the promise settles.
   *
   * @param path a path or a `file:` URL. A file there is replaced, and passes on its mode; a link
   * is followed
   * @throws (rejects) Model2VecError `ERR_INVALID_OPTION`, also when it can't be written, `ERR_OUT_TOO_SMALL` when `data` was detached or
   *   made smaller
   */
  save(path: string | URL): Promise<void>;
  /** How many rows: the same as `rows`. */
  get length(): number;
  /** How many token ids were pooled in all rows; null where that is not known. */
  get totalTokens(): T extends null ? null : number;
  /**
   * Row `index` as a view on {@link EmbeddingMatrix.data}.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  row(index: number): A;
  /**
   * The bytes of row `index` in the machine's order (little-endian everywhere that this package
   * runs), as a view: what stores and wires take that want a `Buffer` or a Uint8Array. In
   * TypeScript a `Buffer` where the types of Node are there.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  bytes(index: number): BytesOf<A>;
  /**
   * The bytes of row `index` with each element in the other order (big-endian), as a copy: what
   * PostgreSQL's binary protocol takes.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  swapBytes(index: number): FreshBuffer;
  /**
   * Row `index` as a Float16Array, or without an index all rows: a view.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, when `dtype` is not 'float16', or before Node 24, which has no
   *   Float16Array; ERR_OUT_TOO_SMALL when `data` was detached or made smaller
   */
  float16(index?: number): HalfArrayOf<A>;
  /**
   * Row `index` as an array of numbers, a copy, for clients that take no typed arrays.
   *
   * @returns `width` numbers, as {@link EmbeddingMatrix.toArray} gives them
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  array(index: number): number[];
  /** The rows in order, as views. */
  [Symbol.iterator](): IterableIterator<A>;
  /**
   * The UTF-8 JSON text of all rows, or of one: each number in the shortest form that reads back to
   * the same element.
   *
   * @param index one row: an array of numbers. Left out: an array of rows
   * @returns the values also of 'float16' and 'bfloat16', whose `data` are bits; the integers of 'int8'; the bytes of 'binary'. NaN and
   *   infinities are null
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when the memory was detached;
   *   OutOfMemoryError when the text is larger than a Buffer can be
   */
  json(index?: number): FreshBuffer;
  /**
   * The bytes of row `index`, elements in little-endian order, as base64.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when the
   * memory was detached
   */
  base64(index: number): string;
  /**
   * The nearest rows of each query: every row is compared. The results are the same in every bit on
   * every machine, for every number of threads.
   *
   * Rows with NaN or infinities are never found. With 'cosine' neither are rows of zeros, and a
   * query of zeros finds nothing. Float and int8 queries may be compared with any float or int8
   * matrix: in float32, int8 with int8 in exact integers.
   *
   * A small search runs at once. A large one of few queries (up to 4) runs in the turns of the
   * event loop, one of more on the engine's threads; where the matrix is on a SharedArrayBuffer,
   * both do. The matrix must not change until the promise settles.
   *
   * @param queries a matrix, a row of numbers, or an array of rows, of as many dimensions
   * @returns the `k` nearest rows for each query, best first, equal scores by rising row
   * @throws (rejects) Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, ERR_OUT_TOO_SMALL when the memory was detached meanwhile,
   *   OutOfMemoryError; `signal.reason` once aborted
   */
  nearest(queries: Queries, options?: NearestOptions): Promise<Neighbors>;
  /**
   * As {@link EmbeddingMatrix.nearest}, on the calling thread and with the help of the engine's
   * threads.
   *
   * @throws what {@link EmbeddingMatrix.nearest} rejects with
   */
  nearestSync(queries: Queries, options?: NearestOptions): Neighbors;
  /**
   * Near-duplicates, greedily in the order of the rows: a row is dropped when an earlier row that
   * is kept scores at least `threshold`. Rows whose `texts` are equal are dropped first, without
   * comparing vectors. Rows that no search finds (of NaN or infinities, by 'cosine' of zeros) are
   * kept, unless their text is that of an earlier row.
   *
   * Each row is compared with every kept row before it, on the engine's threads: 100,000 rows take
   * half a minute to a minute on one thread, a million 47 to 90 minutes. The matrix must not change until the
   * promise settles.
   *
   * @throws (rejects) Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, ERR_OUT_TOO_SMALL when the memory was detached meanwhile,
   *   InvalidTextError; `signal.reason` once aborted
   */
  duplicates(options: DuplicatesOptions): Promise<Duplicates>;
  /**
   * A copy as plain arrays of numbers, for clients that take no typed arrays. Python: `tolist()`.
   *
   * @returns rows × width numbers: the values also of 'float16' and 'bfloat16', whose `data` are bits; the integers of 'int8'; the
   *   bytes of 'binary'
   * @throws Model2VecError ERR_OUT_TOO_SMALL when `data` was detached or made smaller
   */
  toArray(): number[][];
  /** {@link EmbeddingMatrix.toArray}, for `JSON.stringify`, which makes NaN and infinities null. */
  toJSON(): number[][];
  /**
   * The rows from `from` up to, not including, `to`, as a matrix of views on the same memory, with
   * their token counts. As in `Array.prototype.slice`, negative numbers count from the end, and
   * what is beyond the end is left out.
   *
   * `truncated` is how many of these rows are of texts that were cut; of a matrix of
   * `encodeAsSequence`, at most 1.
   *
   * @throws Model2VecError ERR_INVALID_OPTION for what is no integer, ERR_OUT_TOO_SMALL when `data`
   * was detached or made smaller
   */
  slice(from?: number, to?: number): EmbeddingMatrix<D, A, T>;
  /**
   * Whether row `index` is of a text without a known token: its vector is all zeros, which has no
   * direction. Where `tokens` is null: whether all elements are zero.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row, ERR_OUT_TOO_SMALL when
   * `data` was detached or made smaller
   */
  isEmpty(index: number): boolean;
  /**
   * Whether the text of row `index` was longer than `maxLength` allows, and was cut; false where
   * that is not known.
   *
   * @throws Model2VecError ERR_INVALID_OPTION when there is no such row
   */
  isTruncated(index: number): boolean;
}
/** What a job carries. */
export interface ShardJobData {
  /** The path of the manifest. */
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
   * The path of the manifest for the workers, where it is another for them.
   * @default its absolute path here
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
 * @param manifest the path of a manifest
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
   * The path of the manifest here. Its hash has to be that of the jobs.
   * @default what each job says
   */
  readonly manifest?: string | undefined;
  /**
   * What the relative paths of a manifest are relative to.
   * @default the folder of the manifest
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
 * failure that may pass (the network, a full disk, any error of a sink) is tried again, as the job's
 * `attempts` and `backoff` say. A processor whose jobs fail one after another takes them more slowly, up
 * to one in 30 s.
 *
 * @example
 * const processor = createProcessor()
 * const worker = new Worker('model2vec', processor, { connection, maxStalledCount: 5 })
 * worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id, 'the lock is lost')))
 */
export declare function createProcessor(options?: ProcessorOptions): ShardProcessor;
declare const STATES: readonly [
  "completed",
  "failed",
  "wait",
  "active",
  "delayed",
  "prioritized"
];
/** What a job may be. */
export type ShardState = (typeof STATES)[number];
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
 * @param manifest the path of the manifest
 * @throws Model2VecError `ERR_BAD_MANIFEST`; what the queue throws
 */
export declare function report(queue: ReportedQueue, manifest: string): Promise<ShardReport>;
