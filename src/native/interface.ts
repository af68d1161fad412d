// What the native module offers: the types of its functions, and the numbers that both sides know.

import type { Dtype, RowArray, TableDtype, TokenArray } from '../dtype.js'

/** What the engine knows about a loaded model. */
export interface NativeModelInfo {
  path: string
  dim: number
  vocabSize: number
  rows: number
  tableDtype: TableDtype
  /** How the table is held now. */
  memory: 'copy' | 'map'
  /** Whether a table that is mapped now will be copied. */
  willBeCopied: boolean
  normalize: boolean
  /** Not there = no truncation. */
  maxLength?: number | null
  tokenizer: 'native' | 'reference'
  /** Why it is 'reference'. */
  tokenizerReason?: string
  kernel: string
  /** Whether the model's directory has the file of a head. */
  hasHead: boolean
}

/** What comes after the last layer of a head. */
export type HeadActivation = 'softmax' | 'sigmoid' | 'identity'

/** What the engine knows about a head. */
export interface NativeHead {
  readonly activation: HeadActivation
  /** A JSON array of strings, numbers or booleans; not there = the head names none. */
  readonly classes?: string | null
  readonly layers: number
  /** Dimensions of an embedding, which the head takes. */
  readonly inputs: number
  /** Outputs of the last layer. */
  readonly outputs: number
  /** numpy's number type of the outputs. */
  readonly precision: 'float16' | 'float32' | 'float64'
  /** How many multiplications a row takes. */
  readonly multiplications: number
}

/**
 * What a head makes of an embedding: the output of its last layer, the same after the activation,
 * or two numbers: which output is the largest (numpy's `argmax`), and that one after the
 * activation.
 */
export type HeadOutput = 'scores' | 'activated' | 'best'

/** By the number that the native module knows it by (crates/node, model.rs). */
export const NATIVE_HEAD_OUTPUT: Readonly<Record<HeadOutput, number>> = { scores: 0, activated: 1, best: 2 }

/** One handle on a loaded model; its table is shared between loads and threads. */
export interface NativeModel {
  readonly info: NativeModelInfo
  /** Null if the model was loaded without its head. */
  readonly head: NativeHead | null
  /**
   * Another handle on the model, whose rows go through the head. `output` as in
   * {@link NATIVE_HEAD_OUTPUT}; `normalize`: whether the embeddings that the head takes are
   * normalized.
   */
  throughHead(output: number, normalize: boolean): NativeModel
  /** Another handle on the same model. */
  share(): NativeModel
  close(): void
  /** Gives the pages of a mapped table back that calls have read. */
  releasePages(): void
  tokens(): string[]
  embedding(id: number, out: Float32Array): void
}

export interface NativeLoadOptions {
  subfolder?: string
  memory?: 'auto' | 'copy' | 'map'
  quantizeTo?: TableDtype
  dimensionality?: number
  vocabularyQuantization?: number
  withHead?: boolean
}

/** A load with a vocabulary quantization, on a thread of its own. */
export interface NativeQuantizedLoad {
  /** The model. Rejects with the error that ended the load. For one call. */
  finish(): Promise<NativeModel>
  /** Ends the load within milliseconds: `finish` rejects with ERR_ABORTED. */
  cancel(): void
  /** How many iterations are done. */
  iterations(): number
}

/**
 * The numbers and names that both sides must agree on. Those that small calls need, or that are
 * needed without the native module, have copies in TypeScript, which test/native-constants.test.ts
 * compares with these.
 */
export interface NativeConstants {
  /** {@link MAX_TEXTS}. */
  readonly maxTexts: number
  /** {@link NO_LIMIT}. */
  readonly noLimit: number
  /** {@link JOB_MODE}. */
  readonly jobModes: Readonly<Record<string, number>>
  /** {@link NATIVE_DTYPE}. */
  readonly dtypes: Readonly<Record<string, number>>
  /** {@link NATIVE_METRIC}. */
  readonly metrics: Readonly<Record<string, number>>
  /** {@link NATIVE_HEAD_OUTPUT}. */
  readonly headOutputs: Readonly<Record<string, number>>
  /** The files of a head (src/hub/layout.ts): the one that is loaded, and that of older pipelines. */
  readonly headFiles: readonly string[]
  /** The most iterations of a vocabulary quantization. */
  readonly maxIterations: number
  /**
   * The ways to lay out a model's files (src/hub/layout.ts), in the order in which they are looked
   * for.
   */
  readonly layouts: readonly { readonly files: readonly string[]; readonly tensor: string }[]
}

export interface NativeJobResult {
  /** The indices of the texts that were truncated, in rising order. */
  readonly truncated: Uint32Array
}

/** How many ids each text has. */
export interface TokenCounts extends NativeJobResult {
  readonly counts: TokenArray
}

/** The chunks of all texts, one text after the other. */
export interface TextChunks extends NativeJobResult {
  /** How many chunks each text has. */
  readonly counts: TokenArray
  /** {@link CHUNK_NUMBERS} numbers for each chunk. */
  readonly chunks: Uint32Array
  /** The pooled ids of all chunks, one chunk after the other, where they were asked for. */
  readonly ids?: TokenArray
}

/**
 * The numbers of a chunk: its start and end in UTF-16 units, its start and end in bytes of UTF-8, how
 * many token ids it has, and how many of them are pooled (crates/node, job/results/chunks.rs).
 */
export const CHUNK_NUMBERS = 6

/** The ids of all texts, one text after the other. */
export interface TokenIds extends NativeJobResult {
  readonly ids: TokenArray
  /** Text i has ids[ends[i - 1] ?? 0] up to, not including, ids[ends[i]]. */
  readonly ends: Uint32Array
}

/**
 * Where the vectors of a job go (crates/node, job/settings.rs, `Mode`). `direct` and `sync` write
 * from many threads into memory that no user code can move or free; `staged` and `held` fill a
 * caller's `out`, which can be transferred at any moment.
 */
export const JOB_MODE = { direct: 0, staged: 1, sync: 2, held: 3 } as const
export type JobMode = (typeof JOB_MODE)[keyof typeof JOB_MODE]

/**
 * The element types of rows by the number that the native module knows them by (crates/node,
 * options.rs).
 */
export const NATIVE_DTYPE: Readonly<Record<Dtype, number>> = { float32: 0, float16: 1, bfloat16: 2, int8: 3, binary: 4 }

/** How two vectors are compared. */
export type Metric = 'cosine' | 'dot' | 'euclidean' | 'hamming'

/** The metrics by the number that the native module knows them by (crates/node, options.rs). */
export const NATIVE_METRIC: Readonly<Record<Metric, number>> = { cosine: 0, dot: 1, euclidean: 2, hamming: 3 }

/** `out` is the typed array that `dtype` names. */
export type NativeEncodeOptions = readonly [
  maxLength: number,
  normalize: boolean,
  dimensionality: number,
  dtype: number,
]

/** A large call in progress. It holds the model. */
export interface NativeJob<Result extends NativeJobResult = NativeJobResult> {
  /** Resolves when more texts may be fed. */
  room(): Promise<void>
  /** Starts work on all of `texts`, and empties it: for {@link JOB_MODE} `direct`. */
  feedTexts(texts: NativeTexts): void
  /** No more texts. Settles only after no thread touches `out` any more. */
  finish(): Promise<Result>
  finishSync(): Result
  /** Stops before the next text; `finish` then rejects with ERR_ABORTED. */
  cancel(): void
  rowsDone(): number
  /** The most UTF-16 units of a text that are read. */
  readableUnits(): number
}

/**
 * Small calls on one model, on this thread: at most {@link MAX_TEXTS} texts. `maxLength` may be
 * {@link NO_LIMIT}.
 */
export interface NativeInlineCalls {
  /**
   * Encodes into the first rows of `out`; writes for each text into `counts` what `encodeOne`
   * returns; returns how many texts were truncated.
   */
  encode(out: RowArray, counts: Uint32Array, ...optionsAndTexts: readonly [...NativeEncodeOptions, ...string[]]): number
  /**
   * Encodes into the first row of `out`; returns twice the token count, and 1 more if the text was
   * truncated.
   */
  encodeOne(out: RowArray, ...optionsAndText: readonly [...NativeEncodeOptions, string]): number
  /**
   * Writes for each text how many ids it has, and 1 if it was truncated, else 0; after these pairs
   * the ids of all texts. Returns how many ids these are, or -1 where `results` has no room for
   * them.
   */
  tokenize(results: Uint32Array, maxLength: number, ...texts: readonly string[]): number
  /** Writes into `counts` how many ids each text has, unknown ones included. */
  countTokens(counts: Uint32Array, maxLength: number, ...texts: readonly string[]): void
}

/** What a call of {@link NativeTexts.readLines} has read. */
export interface NativeLinesRead {
  /** How many lines, each one text. */
  readonly lines: number
  /** Their bytes, line feeds included. */
  readonly bytes: number
  /** UTF-16 units of their texts. */
  readonly units: number
  /** The texts, where they are wanted. */
  readonly texts?: NativeStrings
  /** The ids, where they are wanted: all strings, or all integers. */
  readonly ids?: NativeStrings
  readonly integers?: BigInt64Array
}

/** Strings in UTF-8: string i has the bytes from `offsets[i]` up to `offsets[i + 1]`. */
export interface NativeStrings {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
}

/** What a call of {@link NativeTexts.readValues} has read. */
export interface NativeValuesRead {
  /** How many values, each one text. */
  readonly values: number
  /** UTF-16 units of their texts. */
  readonly units: number
}

/** How the records of a table are written, and which of their fields are wanted. */
export interface NativeRecordFormat {
  /** The byte between two fields. */
  readonly delimiter: number
  /** Whether a field may be enclosed in quotes. */
  readonly hasQuotes: boolean
  /** How many fields a record has. */
  readonly fields: number
  /** The index of the text. */
  readonly text: number
  /** The index of the id; not there = none is wanted. */
  readonly id?: number
}

/** Texts of one job, read from lines or columns of a file without a JavaScript string for each. */
export interface NativeTexts {
  /**
   * Reads lines of `bytes` from `from` on: up to the first that {@link NativeTexts.push} is for (no
   * certain text or id, no line feed) or whose id is of another kind than those before, at most
   * `lines`, and until they have `units` UTF-16 units. `record` is for tables, whose lines are neither
   * texts nor JSON.
   */
  readLines(bytes: Uint8Array, from: number, lines: number, units: number, record?: NativeRecordFormat): NativeLinesRead
  /**
   * Reads values of a column from the index `from` on: up to the first that is not UTF-8, at most
   * `count`, and until they have `units` UTF-16 units. Value i has the bytes from `offsets[i]` up to
   * `gap` bytes before `offsets[i + 1]`.
   */
  readValues(
    bytes: Uint8Array,
    offsets: Uint32Array,
    gap: number,
    from: number,
    count: number,
    units: number,
  ): NativeValuesRead
  /** Appends a text that was read here. */
  push(text: string): void
}

/** What comes before the vectors of lines. */
export interface NativeLineHeads {
  /** What each line begins with. */
  readonly opening: string
  readonly members: readonly NativeMember[]
  /** The vector's key and its colon. */
  readonly end: string
}

/** A member of the object of each line: `integers`, or `bytes` with `offsets` and `gap` as for {@link NativeTexts.readValues}. */
export interface NativeMember {
  /** The key and its colon, before what becomes a JSON string or an integer; not there = text that is written as it is. */
  readonly key?: string
  readonly integers?: BigInt64Array
  readonly bytes?: Uint8Array
  readonly offsets?: Uint32Array
  readonly gap: number
}

/** The values of consecutive rows of a column: strings have offsets, all others a width in bytes. */
export interface NativeValueRun {
  readonly bytes: Uint8Array
  /** Row i has the bytes from `offsets[i]` up to `gap` before `offsets[i + 1]`. */
  readonly offsets?: Uint32Array
  readonly gap: number
  readonly width: number
  /** For each row 1 where it is null. */
  readonly nulls?: Uint8Array
}

/** The pages of a column. */
export interface NativePages {
  readonly bytes: Uint8Array
  /** Their bytes before they were packed. */
  readonly unpacked: number
  /** The bytes of the dictionary's page, which comes first; 0 = there is none. */
  readonly dictionary: number
}

/** Work on other threads that comes in parts. */
export interface NativeParts {
  /** Resolves when there is room for more parts. */
  room(): Promise<void>
  /** Resolves when no thread works on a part. */
  idle(): Promise<void>
  /** Ends the work within milliseconds: the promises then reject with ERR_ABORTED. */
  cancel(): void
}

/**
 * A search for the nearest rows of some queries. Parts of the corpus may be compared in any order.
 */
export type NativeSearch = NativeParts

/** A search for near-duplicates. */
export interface NativeDuplicates extends NativeParts {
  lists(): NativeDuplicateLists
}

export interface NativeDuplicateLists {
  readonly kept: TokenArray
  /** The rows that were dropped. */
  readonly indices: TokenArray
  /** Of each of these, the kept row that it is like. */
  readonly of: TokenArray
  /** The bits of their scores. */
  readonly scoreBits: TokenArray
}

/**
 * The native module. Texts are passed as arguments, at most {@link MAX_TEXTS} per call (31 ns per
 * text; reading the elements of an array natively costs 90), so that the caller's getters and
 * proxies run in JavaScript only.
 */
export interface Native {
  version(): string
  constants(): NativeConstants
  defaultThreads(): number
  openModelSync(directory: string, options: NativeLoadOptions): NativeModel
  openModel(directory: string, options: NativeLoadOptions): Promise<NativeModel>
  startQuantizedLoad(directory: string, options: NativeLoadOptions): NativeQuantizedLoad
  /**
   * No texts yet. `field` names the field of a JSON object that holds a line's text; null = the
   * line is the text. `maxLength` as for {@link NativeInlineCalls}. `idField` names that of ids, null =
   * none are wanted; `withTexts`: whether the texts are wanted in UTF-8.
   */
  NativeTexts: new (
    model: NativeModel,
    field: string | null,
    maxLength: number,
    idField: string | null,
    withTexts: boolean,
  ) => NativeTexts
  /** The bytes of an LZ4 frame; null where it is broken or has not `length` of them. */
  unpackLz4(frame: Uint8Array, length: number): Uint8Array | null
  /** The same without a frame: one block, or, where `hasLengths`, blocks as Hadoop writes them. */
  unpackLz4Blocks(blocks: Uint8Array, length: number, hasLengths: boolean): Uint8Array | null
  /** The bytes of a block of Snappy; null where it is broken or has not `length` of them. */
  unpackSnappy(block: Uint8Array, length: number): Uint8Array | null
  /** The bytes of frames of zstd; null where they are broken or have not `length` of them. */
  unpackZstd(frames: Uint8Array, length: number): Uint8Array | null
  /** Off the event loop. `maxLength` as for {@link NativeInlineCalls}. */
  saveModel(
    model: NativeModel,
    directory: string,
    normalize: boolean,
    maxLength: number,
    withHead: boolean,
  ): Promise<void>
  /**
   * Gives the `setImmediate` with which results that are more than a turn of the event loop has
   * time for wait for the next.
   */
  useImmediates(setImmediate: (callback: () => void) => unknown): void
  createInlineCalls(model: NativeModel): NativeInlineCalls
  createEncodeJob(
    model: NativeModel,
    out: RowArray,
    mode: JobMode,
    tokens: Uint32Array,
    rows: number,
    threads: number,
    ...options: NativeEncodeOptions
  ): NativeJob
  createTokenizeJob(
    model: NativeModel,
    mode: JobMode,
    rows: number,
    threads: number,
    maxLength: number,
  ): NativeJob<TokenIds>
  /** A job of how many ids each text has, unknown ones included. */
  createCountJob(
    model: NativeModel,
    mode: JobMode,
    rows: number,
    threads: number,
    maxLength: number,
  ): NativeJob<TokenCounts>
  /** A job of the chunks of each text. `maxLength` as for {@link NativeInlineCalls}. */
  createChunkJob(
    model: NativeModel,
    mode: JobMode,
    rows: number,
    threads: number,
    size: number,
    overlap: number,
    maxLength: number,
    withIds: boolean,
  ): NativeJob<TextChunks>
  /** A job of one row per list of pooled ids: list i has the ids from `ends[i - 1]` up to `ends[i]`. */
  createPoolJob(
    model: NativeModel,
    ids: Uint32Array,
    ends: Uint32Array,
    out: RowArray,
    mode: JobMode,
    threads: number,
    ...options: NativeEncodeOptions
  ): NativeJob
  createGatherJob(
    model: NativeModel,
    ids: Uint32Array,
    out: RowArray,
    mode: JobMode,
    threads: number,
    ...options: NativeEncodeOptions
  ): NativeJob
  /** A job of one row per embedding, on a handle whose rows go through the head. */
  createHeadJob(
    model: NativeModel,
    out: RowArray,
    mode: JobMode,
    rows: number,
    threads: number,
    ...options: NativeEncodeOptions
  ): NativeJob
  /**
   * Starts work on rows of a matrix of embeddings, which it copies. Returns as {@link Native.feed}.
   */
  feedRows: (this: NativeJob, data: RowArray, dtype: number, dim: number, from: number, to: number) => boolean
  /**
   * Starts work on the texts; false = enough in flight, wait for `room()`. Throws what ended the
   * job, once something has.
   */
  feed: (this: NativeJob, ...texts: string[]) => boolean
  /**
   * As {@link Native.feed}, a segment of the next text, after which `rest` more UTF-16 units of it
   * come.
   */
  feedSegment: (this: NativeJob, segment: string, rest: number) => boolean
  /** A Buffer with the JSON of the first `rows` rows. */
  rowsJson(data: RowArray, dtype: number, dim: number, rows: number): Uint8Array
  /** Writes the JSON of a row to `out`: its length. When `out` is shorter, nothing was written. */
  rowJson(data: RowArray, dtype: number, dim: number, index: number, out: Uint8Array): number
  /**
   * Writes a JSON line for each row of `vectors` to the start of `out`, off the event loop. How many
   * bytes they take; where `out` might be too small, minus the room that is needed, and nothing is
   * written. `base64`: whether a vector is a string, not an array. Until the promise settles, nothing
   * else may touch any of this memory.
   */
  writeRowLines(
    vectors: Uint8Array,
    dtype: number,
    dim: number,
    heads: NativeLineHeads,
    base64: boolean,
    out: Uint8Array,
  ): Promise<number>
  /**
   * The pages of a Parquet column, packed by Snappy, off the event loop. Until the promise settles,
   * nothing else may touch the memory of the runs. A boolean is a byte, 0 or 1.
   */
  writeParquetPages(
    physical: 'bytes' | 'number' | 'boolean',
    isOptional: boolean,
    runs: readonly NativeValueRun[],
  ): Promise<NativePages>
  /** `bound` NaN and `firstSelf` -1 are none. Copies the queries and the filter. */
  createSearch(
    queries: RowArray,
    queryDtype: number,
    dtype: number,
    dim: number,
    rows: number,
    metric: number,
    k: number,
    bound: number,
    firstSelf: number,
    filter: Uint8Array | Uint32Array | undefined,
    threads: number,
  ): NativeSearch
  /** Compares rows of the corpus on this thread. */
  scanHere: (this: NativeSearch, corpus: RowArray, from: number, to: number) => void
  /** Copies rows, which other threads compare. False = enough in flight, wait for `room()`. */
  scanCopied: (this: NativeSearch, corpus: RowArray, from: number, to: number) => boolean
  /**
   * All threads compare the rows where they are: in a synchronous call, or on a SharedArrayBuffer.
   */
  scanDirect: (this: NativeSearch, corpus: RowArray, rows: number, isSync: boolean) => void
  /** Compares each query with `perQuery` candidates on this thread. */
  rescore: (this: NativeSearch, corpus: RowArray, candidates: Uint32Array, perQuery: number) => void
  /**
   * Writes queries × k indices and scores, and the number of results, of as many queries from
   * `from` on as `counts` has places. When all rows are compared.
   */
  writeResults: (
    this: NativeSearch,
    indices: Uint32Array,
    scores: Float32Array,
    counts: Uint32Array,
    from: number,
  ) => void
  createDuplicates(dtype: number, dim: number, metric: number, threshold: number, threads: number): NativeDuplicates
  /** Copies rows, of which `indices` are decided next. */
  beginGroup: (this: NativeDuplicates, corpus: RowArray, from: number, to: number, indices: Uint32Array) => void
  /**
   * Copies rows before the group, which other threads compare with it. False = enough in flight,
   * wait for `room()`.
   */
  compareKept: (this: NativeDuplicates, corpus: RowArray, from: number, to: number) => boolean
  /** Decides the rows of the group on another thread, when the rows before it are compared. */
  decideGroup: (this: NativeDuplicates) => void
}

/** The most texts of one native call. */
export const MAX_TEXTS = 256
/** The native module's `maxLength` for "no truncation". */
export const NO_LIMIT = -1
