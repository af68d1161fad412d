// Generated from src/ by `npm run api`: the whole public API.

import type { Dtype, DtypeArray, LoadOptions, ModelSource } from './index.js';
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
/** What is used of the module `@lancedb/lancedb`. */
export interface LanceModule {
  readonly embedding: {
    readonly TextEmbeddingFunction: abstract new (...args: never[]) => object;
    readonly register: (name?: string) => (constructor: never) => unknown;
    readonly getRegistry: () => {
      get(name: string): unknown;
    };
  };
}
/** What the registry has under the name: `create` loads the model. */
export interface Registered<F> {
  /**
   * A function for `sourceField()` and `vectorField()` of a schema.
   *
   * @param options `{ model, …LoadOptions }`. What the vectors depend on is kept in the table, and
   * loads the model again in another process; so is what is a variable of LanceDB's registry,
   * `$var:…`. What belongs to this machine or this load is not: `cacheDir`, `endpoint`, `signal`, …
   * @throws (rejects) what `load` rejects with; Model2VecError `ERR_INVALID_OPTION` where the table's
   * vectors are those of an embedder that has to be passed to `registerModel2Vec`
   */
  create(options?: ModelOptions): Promise<F>;
}
/** An instance of LanceDB's `TextEmbeddingFunction`. */
export type LanceFunction<L extends LanceModule> = InstanceType<L["embedding"]["TextEmbeddingFunction"]>;
/**
 * Registers the function, once: a second call returns what is registered, with the same source or
 * without. A process that opens a
 * table whose vectors were made by it has to register it as well, under the same name, before it
 * adds rows or searches by text.
 *
 * @param lancedb the module `@lancedb/lancedb`, tested with 0.37 and 0.39
 * @param name the name in the registry, which tables refer to
 * @param source where given, what every function of this name embeds with, or options of its loads
 * @throws Model2VecError `ERR_INVALID_OPTION`, also where the name is registered with another source
 *
 * @example
 * const embed = await registerModel2Vec(lancedb).create({ model: 'minishlab/potion-base-8M' })
 * const schema = lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector: embed.vectorField() })
 */
export declare function registerModel2Vec<L extends LanceModule>(lancedb: L, name?: string, source?: EmbeddingSource): Registered<LanceFunction<L>>;
