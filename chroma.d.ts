// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, DtypeArray, LoadOptions, ModelSource } from './index.js';
export type { Dtype, DtypeArray } from './index.js';
/** What is read of an `EmbeddingMatrix`; every one is such a thing. */
export interface VectorMatrix<D extends Dtype> {
  /** rows × width elements. */
  readonly data: DtypeArray<D>;
  /** How many vectors. */
  readonly rows: number;
  /** Dimensions of a vector. */
  readonly dim: number;
  /** Elements of `data` that a vector takes. */
  readonly width: number;
  /** The element type of `data`. */
  readonly dtype: D;
}
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
/**
 * What a collection keeps of a model: what the vectors depend on. Not what belongs to one machine,
 * such as where its cache is, and no token. Nor where its Hub is: who writes a collection could
 * otherwise have the token of a reader sent there.
 */
export type ModelConfig = Pick<ModelOptions, "model" | "pipeline" | "subfolder" | "revision" | "normalize" | "maxLength" | "quantizeTo" | "dimensionality" | "vocabularyQuantization">;
/** What is kept of an embedder that only the application can make again: that there was one. */
export interface PassedConfig {
  readonly passed: true;
}
/**
 * An embedding function of Chroma's client. A collection that was made with it gets it again by its
 * name when it is opened, in any process that has imported this entry.
 *
 * @example
 * const collection = await client.createCollection({ name: 'documents', embeddingFunction: new Model2VecEmbedding() })
 */
export declare class Model2VecEmbedding {
  readonly name: string;
  private readonly source;
  private embedder;
  /** What it was made of, where that can't be loaded: the collection keeps it. */
  private config;
  /**
   * @param source `{ model, …LoadOptions }`, which is loaded by the first call, a
   * `Model2VecEmbeddingFunction` that is loaded, or a pipeline whose head gives vectors
   * @throws Model2VecError `ERR_INVALID_OPTION`
   */
  constructor(source?: EmbeddingSource);
  /**
   * Chroma's `buildFromConfig`: the function of a collection that is opened. It loads nothing yet.
   * An application may open one for each request: those of the same config share a model, which is
   * let go after a minute in which none wanted it. A function of a config that can't be loaded
   * rejects when it embeds: Chroma passes over what is thrown here, and opens the collection.
   *
   * @throws Model2VecError `ERR_INVALID_OPTION` for what is no config, and for values that no load
   * takes
   */
  static buildFromConfig(config: ModelConfig | PassedConfig): Model2VecEmbedding;
  /**
   * A vector per text: texts × dim numbers. @throws (rejects) what `load` and `encode` reject with
   */
  generate(texts: string[]): Promise<number[][]>;
  /** The metric of collections that name none. Chroma's own is 'l2'. */
  defaultSpace(): "cosine";
  /** The metrics that are allowed. */
  supportedSpaces(): ("cosine" | "l2" | "ip")[];
  /**
   * What the collection keeps: the model's name with the options that vectors depend on, of a
   * pipeline as well. Of an embedder of the application's own nothing is kept but that there was
   * one: pass it again to open the collection.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` where the embedding function is not loaded,
   * `ERR_CLOSED`
   */
  getConfig(): ModelConfig | PassedConfig;
}
/**
 * Items with their vectors, in batches of at most `limit`: for `add`, `upsert` and the like of
 * stores that refuse more rows.
 *
 * @param matrix the vectors
 * @param items as many as there are rows
 * @param limit the most rows of a batch. Default 5,461, the limit of Chroma's server
 * @returns batches in order, made as they are taken; a vector is `width` numbers
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * for (const { items, embeddings } of batches(await ef.encode(texts), documents)) {
 *   await collection.add({ ids: items.map(({ id }) => id), embeddings })
 * }
 */
export declare function batches<T>(matrix: VectorMatrix<Dtype>, items: readonly T[], limit?: number): Generator<{
  items: T[];
  embeddings: number[][];
}, void, undefined>;
