// What an adapter embeds with: a function that the caller has, or a model that is loaded once, when
// it is first needed.

import { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { Dtype, DtypeArray } from '../dtype.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { ModelSource } from '../model/locate.js'
import { boolean, invalid, isRecord } from '../options/checks.js'
import { checkLoadOptions } from '../options/load.js'
import type { LoadOptions } from '../options/load.js'
import { Model2VecPipeline } from '../pipeline/pipeline.js'

/** The options of `encode` that adapters set. */
export interface EmbedOptions {
  readonly dimensionality?: number | undefined
  readonly dtype?: Dtype | undefined
  readonly signal?: AbortSignal | undefined
}

/** What adapters read of an `EmbeddingMatrix`; every one is such a thing. */
export interface Embeddings {
  /** rows × width elements. */
  readonly data: DtypeArray<Dtype>
  /** How many vectors. */
  readonly rows: number
  /** Dimensions of a vector. */
  readonly dim: number
  /** How many token ids were pooled in all rows; null where that is not known. */
  readonly totalTokens: number | null
  /** rows × width numbers. */
  toArray(): number[][]
}

/**
 * What adapters call of a `Model2VecEmbeddingFunction`; anything else with such an `encode` will
 * do.
 */
export interface Embedder {
  encode(texts: readonly string[], options?: EmbedOptions): Promise<Embeddings>
  /** How many token ids each text has: asked where `totalTokens` is null. */
  countTokensAsync?(texts: readonly string[]): Promise<Iterable<number>>
}

/**
 * What adapters call of what embeds by `encodeDocuments` and has no `encode`: an embedder of the
 * application's own. (A pipeline has both.)
 */
export interface DocumentEmbedder {
  /** Dimensions of a vector. */
  readonly dim: number
  /** A vector per text, in order, of the element type of the options. */
  encodeDocuments(texts: readonly string[], options?: EmbedOptions): Promise<readonly DtypeArray<Dtype>[]>
  /** What counts the tokens of texts. */
  readonly embedder?: { countTokensAsync(texts: readonly string[]): Promise<Iterable<number>> } | undefined
}

/** What counts tokens: a `Model2VecEmbeddingFunction`. */
export interface TokenCounter {
  countTokens(text: string): number
}

/** What has a model that counts tokens: a `Model2VecPipeline`. */
export interface TokenCounterOwner {
  readonly embedder: TokenCounter
}

/** A model by its name: loaded with these options when an adapter first needs it, and once. */
export interface ModelOptions extends LoadOptions {
  /**
   * A directory (a path or a `file:` URL), or a Hub id.
   * @default 'minishlab/potion-base-8M'
   */
  readonly model?: ModelSource | undefined
  /**
   * Whether the model is a pipeline, with a head that gives vectors: a `Model2VecPipeline`. It has
   * to be named then.
   * @default false
   */
  readonly pipeline?: boolean | undefined
}

/** A `Model2VecEmbeddingFunction`, a pipeline whose head gives vectors, or the model to load. */
export type EmbeddingSource = Embedder | DocumentEmbedder | ModelOptions

/** The model that a source without a name loads. */
export const DEFAULT_MODEL_ID = 'minishlab/potion-base-8M'

/**
 * Whether a source is there already, and is no model to load. By its methods, which every copy of
 * this package has, and a wrapper: such as a Proxy that calls them on the object itself, because
 * private fields don't survive another `this`.
 */
export function isLoaded(source: unknown): source is Embedder | DocumentEmbedder {
  return isEmbedder(source) || isDocumentEmbedder(source)
}

function isEmbedder(source: unknown): source is Embedder {
  return hasMethod(source, 'encode')
}

/** Whether a source embeds and has no `encode`. */
function isDocumentEmbedder(source: unknown): source is DocumentEmbedder {
  return hasMethod(source, 'encodeDocuments') && !isEmbedder(source)
}

function hasMethod(source: unknown, name: string): boolean {
  if (typeof source !== 'object' || source === null) return false
  return typeof (source as Record<string, unknown>)[name] === 'function'
}

/**
 * The embedder of a source. A model is loaded at the first call, off the event loop; calls while it
 * loads wait for the same load. After a load that failed the next call tries again.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION` for options that no load takes
 */
export function embedderOf(source: EmbeddingSource): () => Promise<Embedder> {
  if (isEmbedder(source)) return () => Promise.resolve(source)
  if (!isDocumentEmbedder(source)) return loadedOnce(source)
  const embedder = embedderOfDocuments(source)
  return () => Promise.resolve(embedder)
}

function embedderOfDocuments(source: DocumentEmbedder): Embedder {
  return {
    async encode(texts, options = {}) {
      // Only what is given: a pipeline may not know the others.
      const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
      const rows = await source.encodeDocuments(texts, given)
      const { dtype = 'float32', dimensionality: dim = source.dim } = options
      return EmbeddingMatrix.from<Dtype>(rows, { dtype, dim })
    },
    countTokensAsync: async (texts) => (await source.embedder?.countTokensAsync(texts)) ?? [],
  }
}

/**
 * The model of a source that is a name: see {@link embedderOf}.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export function loadedOnce(source: ModelOptions): () => Promise<Embedder & TokenCounter> {
  const load = loaderOf(source)
  let loading: Promise<Embedder & TokenCounter> | undefined
  return () =>
    (loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    }))
}

/** @throws Model2VecError `ERR_INVALID_OPTION` */
function loaderOf(source: ModelOptions): () => Promise<Embedder & TokenCounter> {
  if (!isRecord(source)) throw invalid('source', SOURCES, source)
  const { model, pipeline: isPipeline, ...options } = source as ModelOptions
  // Now, and not at the first call: that may be much later.
  checkLoadOptions(options)
  if (boolean('pipeline', isPipeline) !== true) return () => Model2VecEmbeddingFunction.load(model, options)
  if (model === undefined) throw invalid('model', 'the name of a pipeline', model)
  return () => loadPipeline(model, options)
}

/** What a source may be, for messages. */
export const SOURCES = 'a Model2VecEmbeddingFunction, a Model2VecPipeline or an object with `model`'

async function loadPipeline(model: ModelSource, options: LoadOptions): Promise<Embedder & TokenCounter> {
  const pipeline = await Model2VecPipeline.load(model, options)
  return {
    encode: (texts, given = {}) => pipeline.encode(texts, given),
    countTokens: (text) => pipeline.embedder.countTokens(text),
  }
}
