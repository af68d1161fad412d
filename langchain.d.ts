// Generated from src/ by `npm run api`: the whole public API.

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
type TableDtype = "float64" | "float32" | "float16" | "int8";
type DtypeArray<D extends Dtype> = {
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  binary: Uint8Array;
}[D];
interface DownloadProgress {
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
interface FetchInit {
  readonly method: "GET" | "HEAD";
  readonly headers: Record<string, string>;
  readonly redirect: "manual";
  readonly signal: AbortSignal;
}
interface FetchResponse {
  readonly status: number;
  readonly headers: {
    get(name: string): string | null;
    has(name: string): boolean;
  };
  /** A Web stream or a Node stream of bytes, or null. */
  readonly body: unknown;
  text(): Promise<string>;
}
type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;
type MemoryMode = "auto" | "copy" | "map";
interface LoadOptions {
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
   * case.
   * @default 'auto': 'copy' up to 256 MB, above that 'map'
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
type ModelSource = string | URL;
/** The options of `encode` that adapters set. */
export interface EmbedOptions {
  readonly dimensionality?: number | undefined;
  readonly dtype?: Dtype | undefined;
  readonly signal?: AbortSignal | undefined;
}
/** What adapters read of an `EmbeddingMatrix`; every one is such a thing. */
export interface Embeddings {
  /** rows × width elements. */
  readonly data: DtypeArray<Dtype>;
  /** How many vectors. */
  readonly rows: number;
  /** Dimensions of a vector. */
  readonly dim: number;
  /** How many token ids were pooled in all rows; null where that is not known. */
  readonly totalTokens: number | null;
  /** rows × width numbers. */
  toArray(): number[][];
}
/**
 * What adapters call of a `Model2VecEmbeddingFunction`; anything else with such an `encode` will
 * do.
 */
export interface Embedder {
  encode(texts: readonly string[], options?: EmbedOptions): Promise<Embeddings>;
  /** How many token ids each text has: asked where `totalTokens` is null. */
  countTokensAsync?(texts: readonly string[]): Promise<Iterable<number>>;
}
/**
 * What adapters call of what embeds by `encodeDocuments` and has no `encode`: an embedder of the
 * application's own. (A pipeline has both.)
 */
export interface DocumentEmbedder {
  /** Dimensions of a vector. */
  readonly dim: number;
  /** A vector per text, in order, of the element type of the options. */
  encodeDocuments(texts: readonly string[], options?: EmbedOptions): Promise<readonly DtypeArray<Dtype>[]>;
  /** What counts the tokens of texts. */
  readonly embedder?: {
    countTokensAsync(texts: readonly string[]): Promise<Iterable<number>>;
  } | undefined;
}
/** What counts tokens: a `Model2VecEmbeddingFunction`. */
export interface TokenCounter {
  countTokens(text: string): number;
}
/** What has a model that counts tokens: a `Model2VecPipeline`. */
export interface TokenCounterOwner {
  readonly embedder: TokenCounter;
}
/** A model by its name: loaded with these options when an adapter first needs it, and once. */
export interface ModelOptions extends LoadOptions {
  /**
   * A directory (a path or a `file:` URL), or a Hub id.
   * @default 'minishlab/potion-base-8M'
   */
  readonly model?: ModelSource | undefined;
  /**
   * Whether the model is a pipeline, with a head that gives vectors: a `Model2VecPipeline`. It has
   * to be named then.
   * @default false
   */
  readonly pipeline?: boolean | undefined;
}
/** A `Model2VecEmbeddingFunction`, a pipeline whose head gives vectors, or the model to load. */
export type EmbeddingSource = Embedder | DocumentEmbedder | ModelOptions;
/** Options of {@link Model2VecEmbeddings}. */
export interface Model2VecEmbeddingsOptions {
  /**
   * The element type that vectors are rounded to, for a store that keeps them so. LangChain gets
   * the values as numbers.
   * @default 'float32'
   */
  readonly dtype?: Dtype | undefined;
  /**
   * How many dimensions are kept, the first ones.
   * @default all
   */
  readonly dimensionality?: number | undefined;
}
/**
 * LangChain's `EmbeddingsInterface`, for vector stores and retrievers.
 *
 * @example
 * const store = await MemoryVectorStore.fromTexts(texts, [], new Model2VecEmbeddings({ model: 'minishlab/potion-base-8M' }))
 */
export declare class Model2VecEmbeddings {
  private readonly embedder;
  private readonly options;
  /**
   * @param source a `Model2VecEmbeddingFunction`, a pipeline whose head gives vectors, or
   * `{ model, …LoadOptions }`, which is loaded by the first call
   * @throws Model2VecError `ERR_INVALID_OPTION`
   */
  constructor(source?: EmbeddingSource, options?: Model2VecEmbeddingsOptions);
  /**
   * A vector per text, in order: texts × dim numbers.
   *
   * @throws (rejects) what `load` and `encode` reject with
   */
  embedDocuments(documents: readonly string[]): Promise<number[][]>;
  /**
   * The vector of one text: dim numbers. The same as that of a document.
   *
   * @throws (rejects) what `load` and `encode` reject with
   */
  embedQuery(document: string): Promise<number[]>;
}
/**
 * The number of token ids of a text, for `lengthFunction` of a text splitter: chunks then have as
 * many tokens as a model reads. As `countTokens`: all ids, unknown ones included, whatever the
 * model's `maxLength`. A splitter asks for the same pieces several times: counts are remembered,
 * those of at most 524,288 UTF-16 units of texts.
 *
 * @param source a loaded `Model2VecEmbeddingFunction` or `Model2VecPipeline`
 * @returns a function that throws InvalidTextError `ERR_INVALID_TEXT` and what `countTokens` throws
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * new RecursiveCharacterTextSplitter({ chunkSize: 256, chunkOverlap: 32, lengthFunction: lengthFunction(ef) })
 */
export declare function lengthFunction(source: TokenCounter | TokenCounterOwner): (text: string) => number;
/**
 * With a model that is loaded by the first call: the length is a promise, which splitters await.
 */
export declare function lengthFunction(source: ModelOptions): (text: string) => Promise<number>;
