// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, DtypeArray, LoadOptions, ModelSource } from './index.js';
export type { Dtype } from './index.js';
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
