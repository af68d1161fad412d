// Generated from src/ by `npm run api`: the whole public API.

declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/**
 * The element type of a result. It does not depend on the table's: every type is converted from the
 * float32 vector. Except for NaN, the bits are those that numpy and ml_dtypes give for this vector.
 *
 * - `'float32'`: the vector itself
 * - `'float16'`: rounded to nearest, ties to even. For a float16 table these are Python's own
 *   vectors, bit for bit. Python: `astype(numpy.float16)`
 * - `'bfloat16'`: rounded to nearest, ties to even. Python: `astype(ml_dtypes.bfloat16)`
 * - `'int8'`: 127 · clamp(x, −1, 1), rounded to nearest, ties to even. NaN is 0. Only for vectors
 *   of length 1, which are normalized; for others `ERR_INVALID_OPTION`. Python:
 *   `numpy.rint(127 * numpy.clip(x, -1, 1)).astype(numpy.int8)`
 * - `'binary'`: one bit per dimension: x > 0. The first dimension is the highest bit of the first
 *   byte; unused bits of the last byte are 0. Python: `numpy.packbits(x > 0, axis=-1)`
 */
export type Dtype = "float32" | "float16" | "bfloat16" | "int8" | "binary";
/** The element type of a table; see {@link LoadOptions.quantizeTo}. */
export type TableDtype = "float64" | "float32" | "float16" | "int8";
/**
 * The typed array that holds rows of an element type. Elements of 'float16' and 'bfloat16' rows are
 * bit patterns, in a Uint16Array; a byte of a 'binary' row has the bits of eight dimensions.
 */
export type DtypeArray<D extends Dtype> = {
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  binary: Uint8Array;
}[D];
/**
 * {@link DtypeArray} in memory that was allocated for the result: always an ArrayBuffer, never a
 * SharedArrayBuffer. From TypeScript 5.7 on this is `Float32Array<ArrayBuffer>` and so on. Earlier
 * versions have no such types, so these are written as what `slice` returns.
 */
export type FreshArray<D extends Dtype> = {
  float32: ReturnType<Float32Array["slice"]>;
  float16: ReturnType<Uint16Array["slice"]>;
  bfloat16: ReturnType<Uint16Array["slice"]>;
  int8: ReturnType<Int8Array["slice"]>;
  binary: ReturnType<Uint8Array["slice"]>;
}[D];
/**
 * A `Float16Array`, described by its fields: Node has the class from 24 on, and older versions of
 * TypeScript have no type for it.
 */
export interface HalfArray {
  readonly [Symbol.toStringTag]: "Float16Array";
  readonly BYTES_PER_ELEMENT: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}
/**
 * Token ids, or numbers of tokens, in an ArrayBuffer, never a SharedArrayBuffer. Several arrays can
 * be views on one buffer.
 */
export type TokenArray = ReturnType<Uint32Array["slice"]>;
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
type RowArray = DtypeArray<Dtype>;
/**
 * How two vectors are compared:
 *
 * - 'cosine': the cosine of the angle between them, −1 to 1, higher is nearer. Rows of zeros have
 *   none, and are never found
 * - 'dot': the sum of the products of their elements, higher is nearer
 * - 'euclidean': the length of their difference, lower is nearer
 * - 'hamming': the number of bits that differ, lower is nearer; for 'binary' rows, and those only
 */
export type SearchMetric = "cosine" | "dot" | "euclidean" | "hamming";
/** Vectors, one row each: an `EmbeddingMatrix`, or what has its fields. */
export interface SearchVectors {
  /** All rows, one after the other: rows × width elements. */
  readonly data: RowArray;
  /** How many rows. */
  readonly rows: number;
  /** Dimensions of a vector. */
  readonly dim: number;
  /** Elements of `data` that a row takes. */
  readonly width: number;
  /** The element type of `data`. */
  readonly dtype: Dtype;
}
/** Options of `nearest` and `nearestSync`. */
export interface NearestOptions {
  /**
   * The most rows that are found for each query: an integer ≥ 1.
   * @default 10
   */
  readonly k?: number | undefined;
  /**
   * How vectors are compared.
   * @default 'cosine'; 'hamming' where `dtype` is 'binary'
   */
  readonly metric?: SearchMetric | undefined;
  /**
   * The rows that may be found: a Uint8Array with an element for each row, 0 = left out; or a
   * Uint32Array of rows, each once, in rising order.
   * @default all
   */
  readonly filter?: Uint8Array | Uint32Array | undefined;
  /**
   * The least score of what is found; for a distance, the largest. A row with just this score is
   * found. A cosine beyond ±(1 − 2⁻²¹) counts as ±1.
   */
  readonly minScore?: number | undefined;
  /**
   * Whether a query that is a row of this matrix itself is kept from finding that row. The queries
   * are the matrix, a `slice` of it, or a `row` of it then; with `rescore`, those of `rescore`.
   * @default false
   */
  readonly excludeSelf?: boolean | undefined;
  /**
   * For a matrix of 'binary': the same rows as numbers. The nearest k × `oversample` rows by
   * 'hamming' are found first, and then ordered by `metric` over these. The queries are vectors of
   * numbers then.
   */
  readonly rescore?: SearchVectors | undefined;
  /**
   * With `rescore`: how many times k rows are found first. A number ≥ 1.
   * @default 4
   */
  readonly oversample?: number | undefined;
  /**
   * How many threads the search may use, that of `nearestSync` included: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined;
  /**
   * Ends the search: it rejects with `signal.reason`. `nearestSync` looks at it once, when it
   * starts.
   */
  readonly signal?: AbortSignal | undefined;
}
/** How far a search for duplicates is. */
export interface DuplicatesProgress {
  /** Rows that are decided. */
  readonly done: number;
  /** All rows. */
  readonly total: number;
  /**
   * About how many milliseconds are left. Each row is compared with those that are kept before it,
   * so that later rows take longer.
   */
  readonly remainingMs: number;
}
/** Options of `duplicates`. */
export interface DuplicatesOptions {
  /**
   * A row is dropped when an earlier row that is kept scores at least this much; for a distance, at
   * most. A cosine of more than 1 − 2⁻²¹ counts as 1.
   */
  readonly threshold: number;
  /**
   * How vectors are compared.
   * @default 'cosine'; 'hamming' where `dtype` is 'binary'
   */
  readonly metric?: SearchMetric | undefined;
  /**
   * The text of each row. A row whose text an earlier row has is dropped without comparing vectors.
   */
  readonly texts?: readonly string[] | undefined;
  /**
   * How many threads the search may use: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined;
  /** Ends the search: it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called about ten times a second, and at the end. An exception of the function ends the search.
   */
  readonly onProgress?: ((progress: DuplicatesProgress) => void) | undefined;
}
/** A row that was dropped. */
export interface Duplicate {
  /** The row. */
  readonly index: number;
  /** The kept row that it is like, which comes before it: the first one, or that of its text. */
  readonly of: number;
  /** The score of the two. */
  readonly score: number;
}
/** What a search for near-duplicates has found. */
export interface Duplicates {
  /** The rows that are kept, in rising order. */
  readonly kept: TokenArray;
  /** All other rows, in rising order. */
  readonly dropped: Duplicate[];
}
/** A row that was found. */
export interface Neighbor {
  /** The row. */
  readonly index: number;
  /** Its score: a similarity for 'cosine' and 'dot', a distance for 'euclidean' and 'hamming'. */
  readonly score: number;
}
/**
 * The nearest rows of each query, best first; equal scores by rising row.
 *
 * As an iterable it has a list of {@link Neighbor} for each query.
 */
export declare class Neighbors implements Iterable<Neighbor[]> {
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
/** A vector: a row of a matrix, or as many numbers. */
export type QueryRow = RowArray | HalfRow | readonly number[];
interface HalfRow {
  readonly [Symbol.toStringTag]: "Float16Array";
  readonly BYTES_PER_ELEMENT: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}
/** What is searched for: a matrix, a row, or an array of rows. */
export type Queries = SearchVectors | QueryRow | readonly QueryRow[];
/** Options of `EmbeddingMatrix.from` for rows. */
export interface MatrixRowsOptions<D extends Dtype = "float32", T extends TokenArray | null = null> {
  /**
   * Dimensions of a vector: an integer ≥ 1.
   * @default the length of the first row, 8 × that where `dtype` is 'binary'
   */
  readonly dim?: number | undefined;
  /**
   * The element type of the matrix.
   * @default 'float32'
   */
  readonly dtype?: D | undefined;
  /**
   * How many token ids were pooled for each row: a Uint32Array with an element per row, kept as it
   * is.
   * @default null: not known
   */
  readonly tokens?: T | undefined;
}
/** Options of `EmbeddingMatrix.from` for a flat array. */
export interface MatrixOptions<D extends Dtype = "float32", T extends TokenArray | null = null> extends MatrixRowsOptions<D, T> {
  /** Dimensions of a vector: an integer ≥ 1. */
  readonly dim: number;
}
/** Options of `EmbeddingMatrix.load`. */
export interface MatrixFileOptions<D extends Dtype = Dtype> {
  /**
   * The element type that the file should have: `ERR_INVALID_OPTION` where it has another one.
   * @default the file's: `<f4` is 'float32', `<f2` 'float16', `<V2` 'bfloat16', `|i1` 'int8', `|u1`
   * 'binary'
   */
  readonly dtype?: D | undefined;
  /**
   * Dimensions of a vector, which a file of 'binary' rows doesn't say exactly: `ERR_INVALID_OPTION`
   * where its rows have another length.
   * @default what the rows have: 8 per byte of 'binary'
   */
  readonly dim?: number | undefined;
}
/**
 * The vectors of many texts, one row each, in one buffer.
 *
 * Rows are views: one row that is kept keeps the whole buffer alive, and `postMessage` of a row
 * copies the whole buffer. `JSON.stringify` of a matrix is an array of rows of numbers.
 *
 * `D` is the element type, `A` the array's: on an ArrayBuffer for fresh memory, for an `out` what
 * that is on. `T` says whether the token counts are known: `TokenArray` for what was encoded,
 * `null` for what was loaded.
 */
export declare class EmbeddingMatrix<D extends Dtype = "float32", A extends DtypeArray<Dtype> = DtypeArray<D>, T extends TokenArray | null = TokenArray | null> implements Iterable<A> {
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
/** A file of a model that is being downloaded. */
export interface DownloadProgress {
  /** The file's name in the model's repository. */
  readonly file: string;
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all; null = the Hub doesn't say. */
  readonly total: number | null;
  /** The same over all files that are downloaded. */
  readonly overall: {
    readonly loaded: number;
    readonly total: number | null;
  };
}
type OnDownloadProgress = (progress: DownloadProgress) => void;
/** The options that `fetch` is called with. */
export interface FetchInit {
  readonly method: "GET" | "HEAD";
  readonly headers: Record<string, string>;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}
/** The part of a `Response` that is used. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: {
    get(name: string): string | null;
    has(name: string): boolean;
  };
  /** A Web stream or a Node stream of bytes, or null. */
  readonly body: unknown;
  text(): Promise<string>;
}
/** A function like the global `fetch`: that itself, those of node-fetch 2 and 3 and cross-fetch. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;
/** How the table is held; see {@link LoadOptions.memory}. */
export type MemoryMode = "auto" | "copy" | "map";
/** Options of a load. Python's names (`StaticModel.from_pretrained`) in camelCase. */
export interface LoadOptions {
  /**
   * Whether vectors are scaled to length 1, for calls that don't set it.
   * @default the model's `config.json`, else false (model2vec 0.10.0, model.py,
   * `_DEFAULT_NORMALIZE`)
   */
  readonly normalize?: boolean | undefined;
  /**
   * The most token ids of a text that are read, for calls that don't set it: a safe integer ≥ 0, or
   * null for all.
   * @default the model's `config.json`, else 512 (model2vec 0.10.0, model.py, `DEFAULT_MAX_LENGTH`)
   */
  readonly maxLength?: number | null | undefined;
  /** The folder inside the source that holds the model's files. */
  readonly subfolder?: string | undefined;
  /**
   * The Hub revision: a branch, a tag or a commit.
   * @default 'main'
   */
  readonly revision?: string | undefined;
  /**
   * The Hub cache: the folder that holds `models--org--name`.
   * @default `HF_HUB_CACHE`, else `HF_HOME/hub`, else `XDG_CACHE_HOME/huggingface/hub`, else
   * `~/.cache/huggingface/hub`
   */
  readonly cacheDir?: string | undefined;
  /**
   * The Hub token for a model that is private or gated. Sent to the endpoint alone.
   * @default `HF_TOKEN`, else the one that `hf auth login` saved (`HF_TOKEN_PATH`, `HF_HOME/token`)
   */
  readonly token?: string | undefined;
  /**
   * Where the Hub is: an http or https URL.
   * @default `HF_ENDPOINT`, else https://huggingface.co
   */
  readonly endpoint?: string | undefined;
  /**
   * What requests are sent with. Any function like `fetch`, that of node-fetch or cross-fetch as
   * well. It must pass `redirect: 'manual'` on.
   * @default the global `fetch`, or the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
   * `NO_PROXY` name
   */
  readonly fetch?: FetchFunction | undefined;
  /**
   * Ask the Hub and download again, whatever the cache holds: `load` and `ready` do, so that the
   * constructor loads nothing. When the Hub can't be reached, the files on this machine are used,
   * with a warning. Python: `force_download`, whose default is true.
   * @default false
   */
  readonly forceDownload?: boolean | undefined;
  /**
   * Never ask the Hub: a model that is not on this machine is `ERR_HUB_OFFLINE`.
   * @default false, or true with `HF_HUB_OFFLINE=1`
   */
  readonly localFilesOnly?: boolean | undefined;
  /**
   * How many threads a call may use: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined;
  /**
   * 'copy' reads the table into this process's memory; 'map' shares the file's pages between
   * processes, keeps private memory small, and trusts that the file is not truncated in place while
   * it is open. A table that `quantizeTo` or `dimensionality` changes is this process's own in any
   * case. 'auto' is 'copy' up to 256 MB, above that 'map'; what it copies is copied by another thread
   * 50 milliseconds after the load, and until then it is mapped, with what 'map' trusts in
   * (except on Windows, where it is copied at once).
   * @default 'auto'
   */
  readonly memory?: MemoryMode | undefined;
  /**
   * The element type that the table is converted to while it is read. 'int8' are the elements times
   * 127 / the largest, rounded, so that vectors that are not normalized have another length.
   * Python: `quantize_to`.
   * @default the type in the file
   */
  readonly quantizeTo?: TableDtype | undefined;
  /**
   * How many columns of the table are kept, the first ones: from 1 to the model's own dimension.
   * For models whose dimensions are ordered by weight (by PCA or Matryoshka training). Python:
   * `dimensionality`.
   * @default all
   */
  readonly dimensionality?: number | undefined;
  /**
   * The number of rows that the table is reduced to: each token gets the nearest of this many
   * cluster centers, and its row's length as a weight. This is k-means, work of seconds to minutes:
   * the constructor leaves the model pending, `load` and `ready` wait. Not for a model that has a
   * mapping already. The same model and number give the same table. Python:
   * `vocabulary_quantization`.
   * @default the table as it is
   */
  readonly vocabularyQuantization?: number | undefined;
  /**
   * Called while files are downloaded, about ten times a second and at each file's end, and with
   * `file` 'vocabulary quantization' while that computes: `loaded` is the number of iterations,
   * which end at `total` at the latest. A model that is on this machine needs no download. An
   * exception of the function ends the load.
   */
  readonly onProgress?: OnDownloadProgress | undefined;
  /**
   * Draws a bar on stderr while files are downloaded, when that is a terminal.
   * @default false
   */
  readonly showProgressBar?: boolean | undefined;
  /** Ends the load: `load` and `ready` reject with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}
/** A directory (a path or a `file:` URL), or a Hub id such as `minishlab/potion-base-8M`. */
export type ModelSource = string | URL;
/**
 * The stable codes, `error.code`.
 *
 * A load can fail with `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_LAYOUT` (a directory without the files of
 * any layout), `ERR_BAD_CONFIG`, `ERR_BAD_TOKENIZER`, `ERR_UNSUPPORTED_TOKENIZER`,
 * `ERR_BAD_SAFETENSORS`, `ERR_UNSUPPORTED_DTYPE`, `ERR_SHAPE_MISMATCH` and `ERR_OUT_OF_MEMORY`,
 * that of a pipeline also with `ERR_BAD_HEAD` (there is no head, or it is broken or does not fit the
 * model); a download with `ERR_HUB_OFFLINE` (the Hub can't be reached, or must not be asked), `ERR_HUB_AUTH`
 * (no such model, or no access), `ERR_HUB_HTTP` (any other answer) and `ERR_HUB_CACHE` (the cache
 * can't be written); a call with `ERR_INVALID_OPTION`, `ERR_INVALID_TEXT`, `ERR_OUT_TOO_SMALL`,
 * `ERR_OUT_OF_MEMORY`, `ERR_MODEL_NOT_READY` and `ERR_CLOSED`; `EmbeddingMatrix.load` with
 * `ERR_BAD_NPY`. `ERR_NATIVE_NOT_FOUND`: this platform's native module is not installed; the first
 * call that needs it fails with that, a load. `ERR_NOT_INSTALLED`: what a format or a command needs is
 * not installed: an optional package, a version of it that this one knows, or a Node that has zstd.
 * Shards of a manifest (`model2vec plan`) fail with
 * `ERR_BAD_MANIFEST`, `ERR_INPUT_CHANGED` (an input or the model is not what was planned),
 * `ERR_BAD_INPUT` (a row or a file that can't be read) and `ERR_INPUT_UNREACHABLE` (a URL: may
 * pass). `ERR_INTERNAL` is a bug in this package.
 */
export type ErrorCode = "ERR_MODEL_NOT_FOUND" | "ERR_MODEL_NOT_READY" | "ERR_MODEL_LAYOUT" | "ERR_BAD_CONFIG" | "ERR_BAD_TOKENIZER" | "ERR_UNSUPPORTED_TOKENIZER" | "ERR_BAD_SAFETENSORS" | "ERR_UNSUPPORTED_DTYPE" | "ERR_SHAPE_MISMATCH" | "ERR_BAD_NPY" | "ERR_BAD_HEAD" | "ERR_INVALID_OPTION" | "ERR_INVALID_TEXT" | "ERR_OUT_TOO_SMALL" | "ERR_OUT_OF_MEMORY" | "ERR_CLOSED" | "ERR_HUB_OFFLINE" | "ERR_HUB_AUTH" | "ERR_HUB_HTTP" | "ERR_HUB_CACHE" | "ERR_NATIVE_NOT_FOUND" | "ERR_NOT_INSTALLED" | "ERR_BAD_MANIFEST" | "ERR_INPUT_CHANGED" | "ERR_BAD_INPUT" | "ERR_INPUT_UNREACHABLE" | "ERR_INTERNAL";
/**
 * Any error of this package but {@link InvalidTextError} and {@link OutOfMemoryError}; `code` says
 * which.
 */
export declare class Model2VecError extends Error {
  /** What went wrong: stable, to be compared; the message may change. */
  readonly code: ErrorCode;
  /** Of an error in a stream: the place of the first item of the batch that failed. */
  readonly index?: number;
  constructor(code: ErrorCode, message: string, options?: {
    cause?: unknown;
  });
}
/** `ERR_INVALID_TEXT`: the texts are no array, or one of them is no string. A TypeError. */
export declare class InvalidTextError extends TypeError {
  /** Always `ERR_INVALID_TEXT`. */
  readonly code: "ERR_INVALID_TEXT";
  /** The place of the text in the call, or of its item in the stream. */
  readonly index?: number;
  constructor(message: string, options?: {
    cause?: unknown;
    index?: number;
  });
}
/** `ERR_OUT_OF_MEMORY`: the result or the table is larger than can be allocated. A RangeError. */
export declare class OutOfMemoryError extends RangeError {
  /** Always `ERR_OUT_OF_MEMORY`. */
  readonly code: "ERR_OUT_OF_MEMORY";
  /** Of an error in a stream: the place of the first item of the batch that failed. */
  readonly index?: number;
  constructor(message: string, options?: {
    cause?: unknown;
  });
}
/**
 * Whether `value` is an error of this package, of any of its three classes, also one from another
 * installed copy.
 *
 * @example
 * try {
 *   ef.encodeSync(texts)
 * } catch (error) {
 *   if (isModel2VecError(error) && error.code === 'ERR_CLOSED') …
 * }
 */
export declare function isModel2VecError(value: unknown): value is Model2VecError | InvalidTextError | OutOfMemoryError;
/** How far a call is, in texts. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}
type OnProgress = (progress: Progress) => void;
/**
 * Options of every encode form. `D` is the result's element type: where it isn't 'float32', `dtype`
 * has to name it. `A` is what `out` may be.
 */
export interface EncodeOptions<D extends Dtype = "float32", A extends DtypeArray<D> = DtypeArray<D>> {
  /**
   * The most token ids per text that are read: a safe integer ≥ 0, or null for all. Python:
   * `max_length`.
   * @default the model's; `encodeAsSequence`: null
   */
  readonly maxLength?: number | null | undefined;
  /**
   * Whether the vectors are scaled to length 1. Python: `normalize`.
   * @default the model's; `encodeAsSequence`: false
   */
  readonly normalize?: boolean | undefined;
  /**
   * How many dimensions of the vectors are kept, the first ones: an integer from 1 to the model's
   * `dim`. The vectors are cut, then scaled. For models that were trained for it (Matryoshka, PCA).
   * Python: `dimensionality` of `StaticModel.from_pretrained`.
   * @default all
   */
  readonly dimensionality?: number | undefined;
  /**
   * The element type of the result, see {@link Dtype}. 'int8' is for vectors of length 1:
   * `ERR_INVALID_OPTION` where they are not normalized.
   * @default 'float32', whatever the table's
   */
  readonly dtype?: D | undefined;
  /**
   * Where the vectors are written, from its first element on: at least rows × width elements, else
   * `ERR_OUT_TOO_SMALL`. A Float32Array; with `dtype` 'float16' or 'bfloat16' a Uint16Array, with
   * 'float16' also a Float16Array, 'int8' an Int8Array, 'binary' a Uint8Array. The result is a view
   * on it, on a Float16Array a Uint16Array of its bits. An array on a SharedArrayBuffer is written
   * by the engine's threads directly. It should not be written to or resized before the call is
   * over, by getters of the texts either; where the call fails, some vectors may have been written.
   * @default fresh memory
   */
  readonly out?: A | (D extends "float16" ? HalfArray : never) | undefined;
  /**
   * Stops the work before the next text that is read or encoded; the promise then rejects with
   * `signal.reason`. One long text is finished first. The sync forms look at the signal once, at
   * their start.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times a second and once at the end, with texts done and texts in all. */
  readonly onProgress?: OnProgress | undefined;
  /**
   * Draws a bar on stderr, when that is a terminal. Python: `show_progress_bar`.
   * @default false
   */
  readonly showProgressBar?: boolean | undefined;
}
/**
 * {@link EncodeOptions} that name neither an element type nor an `out`. A signature without type
 * parameters takes them: else the compiler would take the result's type from what the result is
 * passed to, such as a `Blob`.
 */
export interface PlainEncodeOptions extends Omit<EncodeOptions, "out"> {
  readonly out?: undefined;
}
/** {@link EncodeOptions} that name the element type, so that the compiler knows the result's. */
export interface TypedEncodeOptions<D extends Dtype, A extends DtypeArray<D> = DtypeArray<D>> extends EncodeOptions<D, A> {
  readonly dtype: D;
}
/** {@link EncodeOptions} whose element type may be undefined, which is 'float32'. */
export interface UnsureEncodeOptions<D extends Dtype> extends Omit<EncodeOptions<D>, "dtype" | "out"> {
  readonly dtype: D | undefined;
  /** No array is right for both types. */
  readonly out?: undefined;
}
/** Options of `tokenize`. */
export interface TokenizeOptions {
  /** As in {@link EncodeOptions.maxLength}. */
  readonly maxLength?: number | null | undefined;
}
/** Options of `tokenizeAsync`. */
export interface TokenizeAsyncOptions extends TokenizeOptions {
  /** As in {@link EncodeOptions.signal}. */
  readonly signal?: AbortSignal | undefined;
}
/** Options of `countTokens`. */
export interface CountOptions {
  /**
   * The most token ids per text that are counted, under the rules of
   * {@link EncodeOptions.maxLength}: a safe integer ≥ 0, or null for all.
   * @default null, whatever the model's
   */
  readonly maxLength?: number | null | undefined;
}
/** Options of `countTokensAsync`. */
export interface CountAsyncOptions extends CountOptions {
  /** As in {@link EncodeOptions.signal}. */
  readonly signal?: AbortSignal | undefined;
}
/** How far a stream is, in items. */
export interface StreamProgress {
  /** Items whose vectors were given out, with this batch. */
  readonly done: number;
}
/** Options of `encodeStream` and `transform`; `D` is the result's element type. */
export interface StreamOptions<Item, D extends Dtype = "float32"> extends Pick<EncodeOptions<D>, "maxLength" | "normalize" | "dimensionality" | "dtype"> {
  /**
   * The text of an item: called once for each, in order.
   * @default the item itself, which must be a string then
   */
  readonly text?: ((item: Item) => string) | undefined;
  /**
   * The most items of a batch: an integer ≥ 1.
   * @default 2048
   */
  readonly batchSize?: number | undefined;
  /**
   * The length of texts at which a batch is full before it has that many items, as the sum of
   * `text.length`: bytes, where texts are ASCII. An integer ≥ 1. The text that reaches it is the
   * batch's last.
   * @default 4 MiB
   */
  readonly batchBytes?: number | undefined;
  /**
   * How many batches are encoded at once: an integer ≥ 1. Each uses all `threads`, so that 2 keep
   * them busy while results are taken and texts read; at most `concurrency + 2` batches are read
   * that were not given out.
   * @default 2
   */
  readonly concurrency?: number | undefined;
  /** Stops reading and encoding at once; the stream then fails with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each batch is given out. */
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined;
}
/** Stream options for items that are not strings. */
export interface ItemStreamOptions<Item, D extends Dtype = "float32"> extends StreamOptions<Item, D> {
  readonly text: (item: Item) => string;
}
/** A Web `ReadableStream`, of any realm or polyfill. */
export interface WebStream<Item> {
  getReader(): {
    read(): Promise<{
      done: boolean;
      value?: Item | undefined;
    }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock?(): void;
  };
}
/** What `encodeStream` reads: an array, a generator, a Node stream, a Web stream. */
export type StreamSource<Item> = Iterable<Item> | AsyncIterable<Item> | WebStream<Item>;
/** Some items of a stream, and a row for each. */
export interface StreamBatch<Item, D extends Dtype = "float32"> {
  /** The place of the first item in the source, from 0. */
  readonly index: number;
  /** The items, as the source gave them. */
  readonly items: Item[];
  /** A row for each item; the memory is this batch's own. */
  readonly embeddings: EmbeddingMatrix<D, FreshArray<D>, TokenArray>;
}
/** The facts of a loaded model. */
export interface ModelInfo {
  /** The source as it was given: a directory, a `file:` URL, a Hub id. */
  readonly modelSource: string;
  /** The directory that holds the model's files, with symbolic links resolved. */
  readonly path: string;
  /** The Hub commit of the files, null for a directory. */
  readonly revision: string | null;
  /** The option `subfolder` of the load, null where there was none. */
  readonly subfolder: string | null;
  /** Dimensions of a vector. */
  readonly dim: number;
  /** How many token ids there are. */
  readonly vocabSize: number;
  /** The element type of the table. */
  readonly tableDtype: TableDtype;
  /** The option `quantizeTo` of the load, null for the type in the file. */
  readonly quantizeTo: TableDtype | null;
  /** The option `vocabularyQuantization` of the load, null for the table as it is. */
  readonly vocabularyQuantization: number | null;
  /**
   * How the table is held now: in this process's memory, or mapped from the file. With the option
   * `memory` 'auto' it is 'map' for the first 50 milliseconds: see {@link LoadOptions.memory}.
   */
  readonly memory: "copy" | "map";
  /** Whether calls that don't set `normalize` scale vectors to length 1. */
  readonly normalize: boolean;
  /** The most token ids of a text that are used by calls that don't set `maxLength`; null = all. */
  readonly maxLength: number | null;
  /** 'native' = this package's own tokenizer, 'reference' = the `tokenizers` library, slower. */
  readonly tokenizer: "native" | "reference";
  /**
   * Why `tokenizer` is 'reference', as a sentence: the part of `tokenizer.json` that this package's
   * own tokenizer doesn't run. null where it is 'native'.
   */
  readonly tokenizerReason: string | null;
  /**
   * The instruction set that vectors are computed with; all instruction sets give the same bits.
   */
  readonly kernel: string;
  /**
   * Whether the model's directory has a head (`head.safetensors`), a trained classifier, regressor
   * or projection: here vectors are the base embeddings all the same, as those of Python's
   * `StaticModel`.
   */
  readonly hasHead: boolean;
  /** How many threads a call may use. */
  readonly threads: number;
}
/**
 * Turns texts into Model2Vec vectors, the same as Python's model2vec 0.10.0 bit for bit.
 *
 * The counterpart of pymilvus's class of the same name. One instance serves any number of calls at
 * once; a model that is loaded twice, in one thread or in several worker threads, is in memory
 * once.
 *
 * @example
 * const ef = new Model2VecEmbeddingFunction()
 * const texts = ['Alan Turing was the first person to conduct substantial research in AI.']
 * const [vector] = await ef.encodeDocuments(texts)
 */
export declare class Model2VecEmbeddingFunction {
  #private;
  /**
   * Loads a model whose files are on this machine, on this thread. It looks for them in this order:
   * a directory that exists, the Hub cache, which is shared with Python's `huggingface_hub`, an
   * installed npm package that has the model of this id. A model of any other id stays pending:
   * `ready` and the async methods download it, and until then what needs it at once, such as `dim`,
   * throws `ERR_MODEL_NOT_READY`. With `vocabularyQuantization`, and with `forceDownload` for an
   * id, a model stays pending too.
   *
   * @param modelSource a directory (a path or a `file:` URL), or a Hub id. Default
   *   `minishlab/potion-base-8M`
   * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_MODEL_NOT_FOUND` (a path), `ERR_HUB_OFFLINE`
   *   (the model of an id is not on this machine, and the Hub must not be asked), and for broken
   *   files `ERR_MODEL_LAYOUT`, `ERR_BAD_CONFIG`, `ERR_BAD_TOKENIZER`, `ERR_UNSUPPORTED_TOKENIZER`,
   *   `ERR_BAD_SAFETENSORS`, `ERR_UNSUPPORTED_DTYPE`, `ERR_SHAPE_MISMATCH`; `ERR_NATIVE_NOT_FOUND`
   *   where this platform's native module is not installed
   * @throws OutOfMemoryError
   */
  constructor(modelSource?: ModelSource, options?: LoadOptions);
  /**
   * Does what the constructor does, but off the event loop, and downloads the model if needed.
   * Python: `StaticModel.from_pretrained`.
   *
   * @returns an instance that is ready; rejects with the errors of the constructor,
   *   `signal.reason`, or the error of a download: `ERR_HUB_OFFLINE`, `ERR_HUB_AUTH`,
   *   `ERR_HUB_HTTP`, `ERR_HUB_CACHE`, `ERR_MODEL_NOT_FOUND`
   */
  static load<T extends Model2VecEmbeddingFunction>(this: new (modelSource?: ModelSource, options?: LoadOptions) => T, modelSource?: ModelSource, options?: LoadOptions): Promise<T>;
  /**
   * Resolves when the model is loaded: at once if the constructor has loaded it. A pending model is
   * downloaded (or quantized) now; after a failure, the next call of `ready` or of an async method
   * tries again.
   *
   * @throws (rejects) the errors of `load`, and `ERR_CLOSED` after `close`
   */
  ready(): Promise<void>;
  /**
   * Dimensions of a vector. Python: `dim`.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get dim(): number;
  /**
   * Facts about the model and about how it runs.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get info(): ModelInfo;
  /**
   * The vocabulary: the token of each id, added tokens included; an empty string where no token has
   * the id. Python: `tokens`.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get tokens(): readonly string[];
  /**
   * One token's row of the table, as `encodeAsSequence` gives it: weighted, not normalized.
   *
   * @param id a token id, as `tokenize` returns it: an integer ≥ 0. Not every number is an id, and
   *   the largest id can be above `info.vocabSize`
   * @returns a copy of the row: `dim` dimensions
   * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
   */
  embedding(id: number): FreshArray<"float32">;
  /** Fresh float32: see the last signature. */
  encodeDocuments(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<"float32">[]>;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeDocuments<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: TypedEncodeOptions<D, A>): Promise<A[]>;
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeDocuments<D extends Dtype>(texts: readonly string[], options: UnsureEncodeOptions<D>): Promise<FreshArray<D | "float32">[]>;
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeDocuments<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options?: EncodeOptions<D, A>): Promise<A[]>;
  /**
   * One vector per text, in order. Python (pymilvus): `encode_documents`.
   *
   * The same vectors as {@link Model2VecEmbeddingFunction.encode}, as an array of rows instead of a
   * matrix.
   *
   * @param texts an array, which must not change until the promise settles
   * @returns one row per text: views on one buffer of texts × dim elements (⌈dim / 8⌉ bytes per row
   *   with `dtype` 'binary'). One row that is kept keeps the whole buffer in memory
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_OUT_TOO_SMALL`, `ERR_CLOSED`, OutOfMemoryError; `signal.reason` once aborted; for a
   *   pending model the errors of `ready`
   */
  encodeDocuments(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<"float32">[]>;
  /** Fresh float32: see the last signature. */
  encodeQueries(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<"float32">[]>;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeQueries<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: TypedEncodeOptions<D, A>): Promise<A[]>;
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeQueries<D extends Dtype>(texts: readonly string[], options: UnsureEncodeOptions<D>): Promise<FreshArray<D | "float32">[]>;
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeQueries<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options?: EncodeOptions<D, A>): Promise<A[]>;
  /**
   * The same vectors as {@link Model2VecEmbeddingFunction.encodeDocuments}: Model2Vec has no query
   * prompt. Python (pymilvus): `encode_queries`.
   */
  encodeQueries(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<"float32">[]>;
  /** Fresh float32: see the last signature. */
  encodeDocumentsSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<"float32">[];
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeDocumentsSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: TypedEncodeOptions<D, A>): A[];
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeDocumentsSync<D extends Dtype>(texts: readonly string[], options: UnsureEncodeOptions<D>): FreshArray<D | "float32">[];
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeDocumentsSync<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options?: EncodeOptions<D, A>): A[];
  /**
   * {@link Model2VecEmbeddingFunction.encodeDocuments} on this thread, which the pool's threads
   * help; throws instead of rejecting. A pending model is an error, `ERR_MODEL_NOT_READY`.
   */
  encodeDocumentsSync(texts: readonly string[], options?: EncodeOptions): FreshArray<"float32">[];
  /** Fresh float32: see the last signature. */
  encodeQueriesSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<"float32">[];
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeQueriesSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: TypedEncodeOptions<D, A>): A[];
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeQueriesSync<D extends Dtype>(texts: readonly string[], options: UnsureEncodeOptions<D>): FreshArray<D | "float32">[];
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeQueriesSync<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options?: EncodeOptions<D, A>): A[];
  /**
   * {@link Model2VecEmbeddingFunction.encodeQueries} on this thread, which the pool's threads help;
   * throws instead of rejecting. A pending model is an error, `ERR_MODEL_NOT_READY`.
   */
  encodeQueriesSync(texts: readonly string[], options?: EncodeOptions): FreshArray<"float32">[];
  /** Fresh float32: see the last signature. */
  encode(texts: string | readonly string[], options?: PlainEncodeOptions): Promise<EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>>;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encode<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options: TypedEncodeOptions<D, A>): Promise<EmbeddingMatrix<D, A, TokenArray>>;
  /** A `dtype` that may be undefined. */
  encode<D extends Dtype>(texts: string | readonly string[], options: UnsureEncodeOptions<D>): Promise<EmbeddingMatrix<D | "float32", FreshArray<D | "float32">, TokenArray>>;
  /** Options that are handed on. */
  encode<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options?: EncodeOptions<D, A>): Promise<EmbeddingMatrix<D, A, TokenArray>>;
  /**
   * One vector per text, in one buffer: a matrix of texts × dim. Python: `encode`.
   *
   * The work runs off the event loop. A small call runs at once on this thread, because handing it
   * over would cost about as much: up to 256 texts, of together 16,384 UTF-16 units where
   * `info.tokenizer` is 'native', 512 where it is 'reference'. A lone surrogate is read as U+FFFD.
   * The vector of a text without a known token is all zeros.
   *
   * @param texts an array, which must not change until the promise settles, or one text, which
   *   gives a matrix of one row
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_OUT_TOO_SMALL`, `ERR_CLOSED`, OutOfMemoryError; `signal.reason` once aborted; for a
   *   pending model the errors of `ready`
   */
  encode(texts: string | readonly string[], options?: EncodeOptions): Promise<EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>>;
  /** Fresh float32: see the last signature. */
  encodeSync(texts: string | readonly string[], options?: PlainEncodeOptions): EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options: TypedEncodeOptions<D, A>): EmbeddingMatrix<D, A, TokenArray>;
  /** A `dtype` that may be undefined. */
  encodeSync<D extends Dtype>(texts: string | readonly string[], options: UnsureEncodeOptions<D>): EmbeddingMatrix<D | "float32", FreshArray<D | "float32">, TokenArray>;
  /** Options that are handed on. */
  encodeSync<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options?: EncodeOptions<D, A>): EmbeddingMatrix<D, A, TokenArray>;
  /**
   * {@link Model2VecEmbeddingFunction.encode} on this thread, with the help of others; throws
   * instead of rejecting.
   */
  encodeSync(texts: string | readonly string[], options?: EncodeOptions): EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>;
  /** Fresh float32: see the last signature. */
  encodeOne(text: string, options?: PlainEncodeOptions): Promise<FreshArray<"float32">>;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeOne<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(text: string, options: TypedEncodeOptions<D, A>): Promise<A>;
  /** A `dtype` that may be undefined. */
  encodeOne<D extends Dtype>(text: string, options: UnsureEncodeOptions<D>): Promise<FreshArray<D | "float32">>;
  /** Options that are handed on. */
  encodeOne<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(text: string, options?: EncodeOptions<D, A>): Promise<A>;
  /**
   * The vector of one text: the only row of {@link Model2VecEmbeddingFunction.encode}.
   *
   * @returns `dim` elements, in memory of their own unless `out` is given
   * @throws (rejects) as `encode`
   */
  encodeOne(text: string, options?: EncodeOptions): Promise<FreshArray<"float32">>;
  /** Fresh float32: see the last signature. */
  encodeOneSync(text: string, options?: PlainEncodeOptions): FreshArray<"float32">;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeOneSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(text: string, options: TypedEncodeOptions<D, A>): A;
  /** A `dtype` that may be undefined. */
  encodeOneSync<D extends Dtype>(text: string, options: UnsureEncodeOptions<D>): FreshArray<D | "float32">;
  /** Options that are handed on. */
  encodeOneSync<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(text: string, options?: EncodeOptions<D, A>): A;
  /**
   * {@link Model2VecEmbeddingFunction.encodeOne} on this thread, with the help of others; throws
   * instead of rejecting.
   */
  encodeOneSync(text: string, options?: EncodeOptions): FreshArray<"float32">;
  /**
   * The token ids that `encode` pools with the same `maxLength`: without special tokens and without
   * the unknown id. Python: `tokenize`, after the truncation that `encode` does before it.
   *
   * The work is done on this thread, which the pool's threads help. So much text holds the event
   * loop; {@link Model2VecEmbeddingFunction.tokenizeAsync} does not hold it.
   *
   * @returns one array of ids per text: views on one buffer
   * @throws InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
   */
  tokenize(texts: string | readonly string[], options?: TokenizeOptions): TokenArray[];
  /**
   * The same as {@link Model2VecEmbeddingFunction.tokenize}, under the name that matches
   * `tokenizeAsync`.
   */
  tokenizeSync(texts: string | readonly string[], options?: TokenizeOptions): TokenArray[];
  /**
   * {@link Model2VecEmbeddingFunction.tokenize} off the event loop; a small call runs at once, as
   * in `encode`.
   *
   * @param texts an array, which must not change until the promise settles, or one text
   * @returns one array of ids per text: views on one buffer
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_CLOSED`, OutOfMemoryError; `signal.reason` once aborted; for a pending model the errors
   *   of `ready`
   */
  tokenizeAsync(texts: string | readonly string[], options?: TokenizeAsyncOptions): Promise<TokenArray[]>;
  countTokens(text: string, options?: CountOptions): number;
  countTokens(texts: readonly string[], options?: CountOptions): TokenArray;
  /**
   * How many token ids a text has, without special tokens: all of them, the unknown id included,
   * and not cut at the model's `maxLength`. For splitters and for limits that are counted in
   * tokens. `encode` pools fewer where it cuts the text, or where ids are unknown. Python:
   * `len(tokenizer.encode(text, add_special_tokens=False).ids)`.
   *
   * On this thread, with the help of others: much text holds the event loop, which
   * {@link Model2VecEmbeddingFunction.countTokensAsync} does not.
   *
   * @returns of one text its count, of an array a Uint32Array with the count of each
   * @throws InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   * `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
   */
  countTokens(texts: string | readonly string[], options?: CountOptions): number | TokenArray;
  countTokensAsync(text: string, options?: CountAsyncOptions): Promise<number>;
  countTokensAsync(texts: readonly string[], options?: CountAsyncOptions): Promise<TokenArray>;
  /**
   * {@link Model2VecEmbeddingFunction.countTokens} off the event loop; a small call runs at once,
   * as in `encode`.
   *
   * @param texts an array, which must not change until the promise settles, or one text
   * @throws (rejects) as {@link Model2VecEmbeddingFunction.tokenizeAsync}
   */
  countTokensAsync(texts: string | readonly string[], options?: CountAsyncOptions): Promise<number | TokenArray>;
  /** Fresh float32: see the last signature. */
  encodeAsSequence(texts: string | readonly string[], options?: PlainEncodeOptions): Promise<EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>[]>;
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeAsSequence<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options: TypedEncodeOptions<D, A>): Promise<EmbeddingMatrix<D, A, TokenArray>[]>;
  /** A `dtype` that may be undefined. */
  encodeAsSequence<D extends Dtype>(texts: string | readonly string[], options: UnsureEncodeOptions<D>): Promise<EmbeddingMatrix<D | "float32", FreshArray<D | "float32">, TokenArray>[]>;
  /** Options that are handed on. */
  encodeAsSequence<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options?: EncodeOptions<D, A>): Promise<EmbeddingMatrix<D, A, TokenArray>[]>;
  /**
   * One vector per token: for each text a matrix of ids × dim, with a row for each id of
   * `tokenize`. Python: `encode_as_sequence`.
   *
   * As in Python, the model's own `maxLength` is ignored: only the option truncates. Rows are
   * scaled to length 1 only with `normalize: true`. A text without tokens has no rows. `out` gets
   * the rows of all texts, one text after the other. A small call runs at once, as in `encode`,
   * here up to 512 UTF-16 units.
   *
   * @throws (rejects) the errors of `encode`
   */
  encodeAsSequence(texts: string | readonly string[], options?: EncodeOptions): Promise<EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>[]>;
  /** Fresh float32: see the last signature. */
  encodeAsSequenceSync(texts: string | readonly string[], options?: PlainEncodeOptions): EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>[];
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeAsSequenceSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options: TypedEncodeOptions<D, A>): EmbeddingMatrix<D, A, TokenArray>[];
  /** A `dtype` that may be undefined. */
  encodeAsSequenceSync<D extends Dtype>(texts: string | readonly string[], options: UnsureEncodeOptions<D>): EmbeddingMatrix<D | "float32", FreshArray<D | "float32">, TokenArray>[];
  /** Options that are handed on. */
  encodeAsSequenceSync<D extends Dtype = "float32", A extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options?: EncodeOptions<D, A>): EmbeddingMatrix<D, A, TokenArray>[];
  /**
   * {@link Model2VecEmbeddingFunction.encodeAsSequence} on this thread, with the help of others;
   * throws instead of rejecting.
   */
  encodeAsSequenceSync(texts: string | readonly string[], options?: EncodeOptions): EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>[];
  /** For items that are not texts: the option `text` returns the text of an item. */
  encodeStream<Item, D extends Dtype = "float32">(source: StreamSource<Item>, options: ItemStreamOptions<Item, D>): AsyncGenerator<StreamBatch<Item, D>, void, undefined>;
  /**
   * Encodes a source of any length: gives batches of items with a row for each item, in order.
   * Computing overlaps reading, and a slow consumer stops the reader: at most `concurrency + 2`
   * batches are read that were not given out.
   *
   * Nothing is read before the first batch is requested. An error (of a text, the source or a call)
   * is thrown in order, after the batches before it. The error of an item has an `index`, the
   * item's place in the source; that of a batch has the `index` of its first item. `break`,
   * `return()`, an error and `signal` close the source (by its iterator's `return`, or a stream's
   * `destroy` or `cancel`) and end the running calls.
   *
   * @param source an iterable, an async iterable, a Node stream or a Web stream
   * @throws at once: InvalidTextError `ERR_INVALID_TEXT` when `source` is none of these,
   *   Model2VecError `ERR_INVALID_OPTION`. The iteration rejects with InvalidTextError, the errors
   *   of `encode`, `signal.reason` once aborted, or the error of the source
   * @example
   * const batches = ef.encodeStream(rows, { text: (row) => row.body })
   * for await (const { items, embeddings } of batches) await insert(items, embeddings)
   */
  encodeStream<D extends Dtype = "float32">(source: StreamSource<string>, options?: StreamOptions<string, D>): AsyncGenerator<StreamBatch<string, D>, void, undefined>;
  /** For items that are not texts: the option `text` returns the text of an item. */
  transform<Item, D extends Dtype = "float32">(options: ItemStreamOptions<Item, D>): TransformStream<Item, StreamBatch<Item, D>>;
  /**
   * {@link Model2VecEmbeddingFunction.encodeStream} as a `TransformStream`, for `pipeThrough`: it
   * takes texts or items, and gives batches. An error of an item fails both sides.
   *
   * @throws Model2VecError `ERR_INVALID_OPTION`
   */
  transform<D extends Dtype = "float32">(options?: StreamOptions<string, D>): TransformStream<string, StreamBatch<string, D>>;
  /**
   * Writes the model as it is loaded (after `quantizeTo`, `dimensionality` and
   * `vocabularyQuantization`) into a directory that Python's `from_pretrained` and this class can
   * load: `model.safetensors`, `tokenizer.json`, `modules.json`, and `config.json`, which has this
   * instance's `normalize` and `maxLength`. Python: `save_pretrained`, without its model card.
   *
   * A directory that exists is replaced by renaming, once the new one is complete and on the disk;
   * other files in it stay. A crash leaves the old model or the new one, or, between the two
   * renames, no directory under this name. The directory whose table is mapped and the working
   * directory are refused.
   *
   * @param directory a path or a `file:` URL; created if it does not exist, and so are the
   *   directories above it
   * @throws (rejects) Model2VecError `ERR_INVALID_OPTION`, also when the directory can't be written
   *   or when the files of the model have changed since it was loaded; `ERR_CLOSED`; for a pending
   *   model the errors of `ready`
   */
  savePretrained(directory: string | URL): Promise<void>;
  /**
   * Releases the model. Calls that are running finish. Later calls, calls that wait for a pending
   * model, and the properties (`dim`, `info`, `tokens`) fail with `ERR_CLOSED`. A second `close`
   * does nothing.
   */
  close(): void;
  /** {@link Model2VecEmbeddingFunction.close}, for `using`. */
  [Symbol.dispose](): void;
}
/** Options of `chunks`. */
export interface ChunkOptions {
  /** The most token ids of a chunk, as `countTokens` counts them: an integer ≥ 1. */
  readonly size: number;
  /**
   * The most token ids that a chunk repeats of the one before it: an integer ≥ 0 and below `size`.
   * @default 0
   */
  readonly overlap?: number | undefined;
  /**
   * The `maxLength` with which the chunks will be encoded: none of them is cut then, neither for its
   * token ids nor for its characters. At least `size`, or null for no limit but `size`.
   * @default the model's
   */
  readonly maxLength?: number | null | undefined;
}
/** Options of `chunksAsync`. */
export interface ChunkAsyncOptions extends ChunkOptions {
  /** Stops the work between two chunks; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}
/** A chunk of a text. */
export interface TextChunk {
  /** `text.slice(start, end)` of the whole text. */
  readonly text: string;
  /** Where it starts and ends in the whole text, in UTF-16 units, as all indices of strings. */
  readonly start: number;
  readonly end: number;
  /** How many token ids it has: `ef.countTokens(chunk.text)`. */
  readonly tokens: number;
}
/**
 * Cuts a text into chunks of at most `size` token ids, by the model's own tokenizer.
 *
 * A chunk is as long as there is room for, then ends with the last sentence or line in its second
 * half (Unicode's UAX #29; after `.`, `!` and `?` only before white space), else after a word. White space after it belongs to it. A word for which
 * no chunk has room, and a text without spaces, is cut between characters as users see them
 * (grapheme clusters), or between code points where one of those is too long. The first chunk starts
 * where the text starts, each other one where the one before it ends, so that the chunks together
 * are the text; with `overlap`, at the start of a sentence or a word before that end, if one is near.
 * A chunk of a single code point may have more ids than `size`. An empty text has no chunk.
 *
 * The work is done on this thread: a megabyte takes some 10 milliseconds. {@link chunksAsync} does
 * not hold the event loop.
 *
 * @throws InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`, also when `size`
 *   is above `maxLength`; `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
 * @example
 * const parts = chunks(ef, document, { size: 256, overlap: 32 })
 * const matrix = await ef.encode(parts.map(({ text }) => text))
 */
export declare function chunks(ef: Model2VecEmbeddingFunction, text: string, options: ChunkOptions): TextChunk[];
/**
 * {@link chunks} off the event loop.
 *
 * @throws (rejects) as `chunks`; OutOfMemoryError; `signal.reason` once aborted; for a pending model
 *   the errors of `ready`
 */
export declare function chunksAsync(ef: Model2VecEmbeddingFunction, text: string, options: ChunkAsyncOptions): Promise<TextChunk[]>;
/**
 * Options of `predictProba`. With a matrix instead of texts, `maxLength` has nothing to do.
 */
export type ProbabilityOptions = Pick<EncodeOptions, "maxLength" | "signal" | "onProgress" | "showProgressBar">;
/** Options of `predict`. */
export interface PredictOptions extends ProbabilityOptions {
  /**
   * Of a multi-label head: the probability that a label's must be above: a number from 0 to 1.
   * Other heads ignore it. Python: `threshold`.
   * @default 0.5
   */
  readonly threshold?: number | undefined;
}
/** Options of `predictStream`. */
export interface PredictStreamOptions<Item> extends Pick<StreamOptions<Item>, "text" | "batchSize" | "batchBytes" | "concurrency" | "maxLength" | "signal" | "onProgress">, Pick<PredictOptions, "threshold"> {
}
/** Options of `predictStream` for items that are not strings. */
export interface PredictItemStreamOptions<Item> extends PredictStreamOptions<Item> {
  readonly text: (item: Item) => string;
}
/**
 * What a head computes last: 'softmax' chooses one class, 'sigmoid' any number of them
 * (multi-label), 'identity' gives a vector (a regressor, a projection).
 */
export type Activation = "softmax" | "sigmoid" | "identity";
/** A class of a head: what the model's configuration has, strings or numbers (or booleans). */
export type Label = string | number | boolean;
/** The rows of a head: rows × outputs; `tokens` is null where a matrix without them went in. */
export type HeadRows<T extends TokenArray | null = TokenArray | null> = EmbeddingMatrix<"float32", FreshArray<"float32">, T>;
/** What `predict` gives: a label per text, a list of labels per text, or a row per text. */
export type Predictions<A extends Activation = Activation, L extends Label = Label> = A extends "softmax" ? L[] : A extends "sigmoid" ? L[][] : HeadRows;
/**
 * The probabilities of what was predicted: one per text, a list per text in the order of its
 * labels, or null for a head that has none.
 */
export type Scores<A extends Activation = Activation> = A extends "softmax" ? Float32Array : A extends "sigmoid" ? number[][] : null;
/** Some items of a stream, and what was predicted for each. */
export interface PredictBatch<Item, A extends Activation = Activation, L extends Label = Label> {
  /** The place of the first item in the source, from 0. */
  readonly index: number;
  /** The items, as the source gave them. */
  readonly items: Item[];
  /** As `predict` gives them, one per item. */
  readonly predictions: Predictions<A, L>;
  /** How probable each is. */
  readonly scores: Scores<A>;
}
/** The facts of a loaded pipeline: those of its model, and its head's. */
export interface PipelineInfo extends ModelInfo {
  /** Numbers of a result row: how many classes there are, or dimensions of a projection. */
  readonly dim: number;
  /** Dimensions of an embedding, which the head takes. */
  readonly embeddingDim: number;
  /** What the head computes last. */
  readonly activation: Activation;
  /** How many layers the head has; with none, a row is the embedding. */
  readonly layers: number;
}
/**
 * A model with a trained head, as model2vec 0.10 saves it: a classifier (language, topic, quality,
 * toxicity), a regressor, or a fine-tuned projection. The counterpart of Python's
 * `StaticModelPipeline`, with its labels: what the two agree on to which digit is in docs/PARITY.md.
 *
 * One instance serves any number of calls at once. The type arguments say what is known of the head:
 * its activation, and the type of its classes.
 *
 * @example
 * const pipeline = await Model2VecPipeline.load<'softmax', string>('./language')
 * const labels = await pipeline.predict(['Guten Morgen', 'Good morning']) // ['de', 'en']
 */
export declare class Model2VecPipeline<A extends Activation = Activation, L extends Label = Label> {
  #private;
  /**
   * Loads a model and its head, as the constructor of `Model2VecEmbeddingFunction` loads a model: at
   * once when the files are on this machine, else it stays pending until `ready` or an async method
   * downloads it.
   *
   * @param modelSource a directory (a path or a `file:` URL), or a Hub id
   * @throws Model2VecError the errors of that constructor, and `ERR_BAD_HEAD` when there is no head
   *   (`head.safetensors`), or it is broken or doesn't fit the model
   * @throws OutOfMemoryError
   */
  constructor(modelSource: ModelSource, options?: LoadOptions);
  /** Of a subclass. */
  static load<T extends Model2VecPipeline>(this: new (modelSource: ModelSource, options?: LoadOptions) => T, modelSource: ModelSource, options?: LoadOptions): Promise<T>;
  /**
   * Does what the constructor does, but off the event loop, and downloads model and head if needed.
   * Python: `StaticModelPipeline.from_pretrained`.
   *
   * @returns an instance that is ready; rejects with the errors of the constructor and those of
   *   `Model2VecEmbeddingFunction.load`
   */
  static load<A extends Activation = Activation, L extends Label = Label>(modelSource: ModelSource, options?: LoadOptions): Promise<Model2VecPipeline<A, L>>;
  /**
   * Resolves when model and head are loaded, as `Model2VecEmbeddingFunction.ready` does.
   *
   * @throws (rejects) the errors of `load`, and `ERR_CLOSED` after `close`
   */
  ready(): Promise<void>;
  /**
   * The classes in the order of the columns of `predictProba`; null where the head names none: that
   * of a regressor or a projection. Python: `classes_`.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get classes(): readonly L[] | null;
  /**
   * What the head computes last.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get activation(): A;
  /**
   * Numbers of a result row: how many classes there are, or dimensions of a projection.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get dim(): number;
  /**
   * Facts about the model, its head, and how they run.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get info(): PipelineInfo;
  /**
   * The model without the head: its embeddings, from the same table in memory. Several heads can
   * share the matrices that it gives: see `predict`. `close` closes it too, and once it is closed
   * itself it stays so. Python: `model`, whose table has 0 for NaN and the largest number for
   * infinity, as here.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get embedder(): Model2VecEmbeddingFunction;
  /**
   * The labels of texts: for each text the most likely class (softmax), or every class whose
   * probability is above `threshold` (sigmoid: multi-label), which may be none. With the activation
   * identity there are no labels: a row for each text. Python: `predict`.
   *
   * A small call runs at once, a large one on the engine's threads.
   *
   * @param input the texts (one text is a list of one); or their embeddings, a matrix that `embedder.encode` gave (float32,
   *   float16 or bfloat16), so that several heads share one embedding
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`; Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_SHAPE_MISMATCH` (a matrix of other dimensions), `ERR_BAD_HEAD` (no class has a name),
   *   `ERR_CLOSED`, for a pending model the errors of `ready`; OutOfMemoryError; `signal.reason`
   */
  predict(input: string | readonly string[] | SearchVectors, options?: PredictOptions): Promise<Predictions<A, L>>;
  /** {@link Model2VecPipeline.predict} on this thread, with the help of others; throws instead of rejecting. */
  predictSync(input: string | readonly string[] | SearchVectors, options?: PredictOptions): Predictions<A, L>;
  /** Of embeddings: `tokens` are those of the matrix. */
  predictProba(matrix: SearchVectors, options?: ProbabilityOptions): Promise<HeadRows>;
  /**
   * The probability of every class: texts × classes. The rows of softmax have the sum 1; those of
   * sigmoid are each class's own. Python: `predict_proba`.
   *
   * @throws (rejects) the errors of `predict`; Model2VecError `ERR_BAD_HEAD` for a head with the
   *   activation identity, which has no probabilities
   */
  predictProba(texts: string | readonly string[], options?: ProbabilityOptions): Promise<HeadRows<TokenArray>>;
  /** Of embeddings: `tokens` are those of the matrix. */
  predictProbaSync(matrix: SearchVectors, options?: ProbabilityOptions): HeadRows;
  /** {@link Model2VecPipeline.predictProba} on this thread, with the help of others; throws instead of rejecting. */
  predictProbaSync(texts: string | readonly string[], options?: ProbabilityOptions): HeadRows<TokenArray>;
  /** For items that are not texts: the option `text` returns the text of an item. */
  predictStream<Item>(source: StreamSource<Item>, options: PredictItemStreamOptions<Item>): AsyncGenerator<PredictBatch<Item, A, L>, void, undefined>;
  /**
   * Predicts for a source of any length: gives batches of items with what was predicted for each and
   * how probable that is. It reads, ends and fails as `Model2VecEmbeddingFunction.encodeStream`.
   *
   * @param source an iterable, an async iterable, a Node stream or a Web stream
   * @throws at once: InvalidTextError `ERR_INVALID_TEXT` when `source` is none of these,
   *   Model2VecError `ERR_INVALID_OPTION`. The iteration rejects with the errors of `predict` and of
   *   the source
   * @example
   * for await (const { items, predictions, scores } of pipeline.predictStream(texts)) {
   *   keep(items.filter((_, i) => predictions[i] === 'en' && scores[i] > 0.8))
   * }
   */
  predictStream(source: StreamSource<string>, options?: PredictStreamOptions<string>): AsyncGenerator<PredictBatch<string, A, L>, void, undefined>;
  /** Fresh float32: see the last signature. */
  encode(texts: string | readonly string[], options?: PlainEncodeOptions): Promise<EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>>;
  /** Options that are handed on. */
  encode<D extends Dtype = "float32", Out extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options: EncodeOptions<D, Out>): Promise<EmbeddingMatrix<D, Out, TokenArray>>;
  /**
   * The rows of a projection as embeddings, in one matrix, with all options of
   * `Model2VecEmbeddingFunction.encode`: so a pipeline can be given to every integration. A row is
   * scaled to length 1 only with `normalize: true`.
   *
   * @throws (rejects) the errors of `Model2VecEmbeddingFunction.encode`; Model2VecError
   *   `ERR_BAD_HEAD` for a classifier, whose rows are no embeddings
   */
  encode(texts: string | readonly string[], options?: EncodeOptions): Promise<EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>>;
  /** Fresh float32: see the last signature. */
  encodeSync(texts: string | readonly string[], options?: PlainEncodeOptions): EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>;
  /** Options that are handed on. */
  encodeSync<D extends Dtype = "float32", Out extends DtypeArray<D> = FreshArray<D>>(texts: string | readonly string[], options: EncodeOptions<D, Out>): EmbeddingMatrix<D, Out, TokenArray>;
  /** {@link Model2VecPipeline.encode} on this thread, with the help of others; throws instead of rejecting. */
  encodeSync(texts: string | readonly string[], options?: EncodeOptions): EmbeddingMatrix<"float32", FreshArray<"float32">, TokenArray>;
  /** Fresh float32: see the last signature. */
  encodeDocuments(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<"float32">[]>;
  /** Options that are handed on. */
  encodeDocuments<D extends Dtype = "float32", Out extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: EncodeOptions<D, Out>): Promise<Out[]>;
  /** The rows of {@link Model2VecPipeline.encode}, as views on one buffer. */
  encodeDocuments(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<"float32">[]>;
  /** Fresh float32: see the last signature. */
  encodeQueries(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<"float32">[]>;
  /** Options that are handed on. */
  encodeQueries<D extends Dtype = "float32", Out extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: EncodeOptions<D, Out>): Promise<Out[]>;
  /** The same as {@link Model2VecPipeline.encodeDocuments}. */
  encodeQueries(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<"float32">[]>;
  /** Fresh float32: see the last signature. */
  encodeDocumentsSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<"float32">[];
  /** Options that are handed on. */
  encodeDocumentsSync<D extends Dtype = "float32", Out extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: EncodeOptions<D, Out>): Out[];
  /** {@link Model2VecPipeline.encodeDocuments} on this thread, with the help of others; throws instead of rejecting. */
  encodeDocumentsSync(texts: readonly string[], options?: EncodeOptions): FreshArray<"float32">[];
  /** Fresh float32: see the last signature. */
  encodeQueriesSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<"float32">[];
  /** Options that are handed on. */
  encodeQueriesSync<D extends Dtype = "float32", Out extends DtypeArray<D> = FreshArray<D>>(texts: readonly string[], options: EncodeOptions<D, Out>): Out[];
  /** The same as {@link Model2VecPipeline.encodeDocumentsSync}. */
  encodeQueriesSync(texts: readonly string[], options?: EncodeOptions): FreshArray<"float32">[];
  /** For items that are not texts: the option `text` returns the text of an item. */
  encodeStream<Item, D extends Dtype = "float32">(source: StreamSource<Item>, options: ItemStreamOptions<Item, D>): AsyncGenerator<StreamBatch<Item, D>, void, undefined>;
  /**
   * The rows of a projection for a source of any length: see
   * `Model2VecEmbeddingFunction.encodeStream`.
   *
   * @throws at once the errors of `Model2VecEmbeddingFunction.encodeStream`; Model2VecError
   *   `ERR_BAD_HEAD` for a classifier, `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  encodeStream<D extends Dtype = "float32">(source: StreamSource<string>, options?: StreamOptions<string, D>): AsyncGenerator<StreamBatch<string, D>, void, undefined>;
  /**
   * Writes the model with its head into a directory that Python's
   * `StaticModelPipeline.from_pretrained` and this class can load: as
   * `Model2VecEmbeddingFunction.savePretrained`, and `head.safetensors`. Python: `save_pretrained`.
   *
   * @param directory a path or a `file:` URL; created if it does not exist
   * @throws (rejects) the errors of `Model2VecEmbeddingFunction.savePretrained`
   */
  savePretrained(directory: string | URL): Promise<void>;
  /**
   * Releases the model, and closes `embedder`. Calls that are running finish. Later calls and the
   * properties fail with `ERR_CLOSED`. A second `close` does nothing.
   */
  close(): void;
  /** {@link Model2VecPipeline.close}, for `using`. */
  [Symbol.dispose](): void;
}
/**
 * What {@link readLines} reads: a file, by its path or `file:` URL; a Node stream, a Web stream, or
 * any other async iterable of bytes or strings. Examples are `process.stdin`, the `body` of a
 * response, and a `Blob`'s `stream()`.
 */
export type LineSource = string | URL | AsyncIterable<Uint8Array | string> | WebStream<Uint8Array | string>;
/**
 * The lines of a file or a stream, without their line breaks, one after the other. No more of it is
 * in memory than a chunk and a line.
 *
 * Lines end with `\n` or `\r\n` and nothing else: a U+2028 in a text ends no line. The last line
 * needs no line break. The bytes must be UTF-8; a byte order mark at the start is left out. gzip is
 * unpacked, and so is zstd where the runtime has it (Node 22.15 and later); both are recognized by
 * their first bytes, not by the file's name.
 *
 * @returns lines, which can be read once; the source is closed when the iteration ends, however it
 *   ends
 * @throws InvalidTextError `ERR_INVALID_TEXT` for a line that is not UTF-8, or that has more bytes
 *   than a string can have characters, with its number (`index` counts lines from 0); for packed
 *   bytes that can't be unpacked; for chunks that are neither bytes nor strings; for a source of
 *   another kind, at once
 * @throws Model2VecError `ERR_NOT_INSTALLED` for zstd in a runtime that can't unpack it,
 *   `ERR_INVALID_OPTION` for a URL that names no file
 * @throws the error of the source itself: for a file the system's error, such as `ENOENT`
 *
 * @example
 * const text = (line) => JSON.parse(line).body
 * const batches = ef.encodeStream(readLines('docs.jsonl'), { text })
 * for await (const { items, embeddings } of batches) …
 */
export declare function readLines(source: LineSource): AsyncGenerator<string, void, undefined>;
