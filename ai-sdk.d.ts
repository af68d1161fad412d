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
 * The versions of the SDK's model specification: 'v3' for `ai` 6 and 7 and Mastra, 'v2' for `ai` 5.
 */
export type Spec = "v2" | "v3";
/** What the SDK passes to a model for one call. */
export interface EmbedCall {
  /** The texts. */
  readonly values: readonly string[];
  readonly abortSignal?: AbortSignal | undefined;
  /** How many dimensions are kept, the first ones: `embed({ dimensions })` of `ai` 7. */
  readonly dimensions?: number | undefined;
  /**
   * Options by provider. Under 'model2vec-node': `{ dimensionality }`, the same in `ai` 5 and 6.
   */
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}
/** What a model returns to the SDK. */
export interface EmbedResult {
  /** A vector per text, in order. */
  embeddings: number[][];
  /** How many token ids were pooled, of all texts. */
  usage: {
    tokens: number;
  };
  warnings: never[];
}
/**
 * An embedding model of the SDK's specification: its EmbeddingModelV3, or EmbeddingModelV2 for
 * strings.
 */
export interface Model2VecModel<S extends Spec = "v3"> {
  readonly specificationVersion: S;
  readonly provider: string;
  readonly modelId: string;
  /** Infinity: the SDK passes all texts in one call. */
  readonly maxEmbeddingsPerCall: number;
  readonly supportsParallelCalls: boolean;
  doEmbed(call: EmbedCall): Promise<EmbedResult>;
}
/** Options of {@link embeddingModel}. */
export interface EmbeddingModelOptions<S extends Spec = "v3"> {
  /**
   * The name that the SDK shows in telemetry and errors.
   * @default the source's `model`, and 'model2vec' for an embedding function
   */
  readonly modelId?: string | undefined;
  /**
   * The version of the specification: 'v2' for `ai` 5, which knows no other.
   * @default 'v3'
   */
  readonly spec?: S | undefined;
  /**
   * The element type that vectors are rounded to, for a store that keeps them so. The SDK gets the
   * values as numbers.
   * @default 'float32'
   */
  readonly dtype?: Dtype | undefined;
  /**
   * How many dimensions are kept, the first ones, in calls that don't say it.
   * @default all
   */
  readonly dimensionality?: number | undefined;
}
/**
 * Options of {@link createModel2Vec}: those of the loads of its models, and which sources it knows
 * under a name.
 */
export interface ProviderOptions<S extends Spec = "v3"> extends Omit<ModelOptions, "model"> {
  /** @default 'v3' */
  readonly spec?: S | undefined;
  /**
   * Sources by model id. Any other id is loaded as a directory or a Hub id.
   * @default none
   */
  readonly models?: Readonly<Record<string, EmbeddingSource>> | undefined;
}
/**
 * A provider of the SDK, for `createProviderRegistry` and `customProvider`. It has embedding models
 * only.
 */
export interface Model2VecProvider<S extends Spec = "v3"> {
  readonly specificationVersion: S;
  /** The model of an id. @throws Model2VecError `ERR_INVALID_OPTION` */
  embeddingModel(modelId: string): Model2VecModel<S>;
  /** The same, by the name of `ai` 5. @throws Model2VecError `ERR_INVALID_OPTION` */
  textEmbeddingModel(modelId: string): Model2VecModel<S>;
  /** @throws Model2VecError `ERR_INVALID_OPTION`: there are none */
  languageModel(modelId: string): never;
  /** @throws Model2VecError `ERR_INVALID_OPTION`: there are none */
  imageModel(modelId: string): never;
}
/**
 * An embedding model for `embed` and `embedMany`.
 *
 * @param source a `Model2VecEmbeddingFunction`, a pipeline whose head gives vectors, or
 * `{ model, …LoadOptions }`, which is loaded by the first call
 * @throws Model2VecError `ERR_INVALID_OPTION`. Its calls reject with what `load` and `encode`
 * reject with, and with the signal's reason
 *
 * @example
 * const { embedding } = await embed({ model: embeddingModel({ model: 'minishlab/potion-base-8M' }), value: 'a dog' })
 */
export declare function embeddingModel(source: EmbeddingSource, options?: EmbeddingModelOptions): Model2VecModel;
/** A model of the specification that `spec` names. */
export declare function embeddingModel<S extends Spec>(source: EmbeddingSource, options: EmbeddingModelOptions<S> & {
  readonly spec: S;
}): Model2VecModel<S>;
/**
 * A provider, whose ids are directories and Hub ids. A model is loaded by its first call, and once.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const registry = createProviderRegistry({ model2vec: createModel2Vec() })
 * await embed({ model: registry.embeddingModel('model2vec:minishlab/potion-base-8M'), value: 'a dog' })
 */
export declare function createModel2Vec(options?: ProviderOptions): Model2VecProvider;
/** A provider of the specification that `spec` names. */
export declare function createModel2Vec<S extends Spec>(options: ProviderOptions<S> & {
  readonly spec: S;
}): Model2VecProvider<S>;
