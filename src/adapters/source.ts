// What an adapter embeds with: a function that the caller has, or a model that is loaded once, when
// it is first needed.

import { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { Dtype, DtypeArray, TokenArray } from '../dtype.js'
import type { ModelSource } from '../model/locate.js'
import { invalid, isRecord } from '../options/checks.js'
import { checkLoadOptions } from '../options/load.js'
import type { LoadOptions } from '../options/load.js'

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
  /** How many token ids were pooled, per row. */
  readonly tokens: TokenArray
  /** rows × width numbers. */
  toArray(): number[][]
}

/**
 * What adapters call of a `Model2VecEmbeddingFunction`; anything else with such an `encode` will
 * do.
 */
export interface Embedder {
  encode(texts: readonly string[], options?: EmbedOptions): Promise<Embeddings>
}

/** What counts tokens: the `tokenize` of a `Model2VecEmbeddingFunction`. */
export interface Tokenizer {
  tokenize(texts: readonly string[], options: { readonly maxLength: null }): TokenArray[]
}

/** A model by its name: loaded with these options when an adapter first needs it, and once. */
export interface ModelOptions extends LoadOptions {
  /**
   * A directory (a path or a `file:` URL), or a Hub id.
   * @default 'minishlab/potion-base-8M'
   */
  readonly model?: ModelSource | undefined
}

/** A `Model2VecEmbeddingFunction`, or the model to load. */
export type EmbeddingSource = Embedder | ModelOptions

/** The model that a source without a name loads. */
export const DEFAULT_MODEL_ID = 'minishlab/potion-base-8M'

/** Whether a source is there already. */
export function isEmbedder(source: unknown): source is Embedder {
  return isRecordOrInstance(source) && typeof source.encode === 'function'
}

/**
 * The embedder of a source. A model is loaded at the first call, off the event loop; calls while it
 * loads wait for the same load. After a load that failed the next call tries again.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION` for options that no load takes
 */
export function embedderOf(source: EmbeddingSource): () => Promise<Embedder> {
  return isEmbedder(source) ? () => Promise.resolve(source) : loadedOnce(source)
}

/**
 * The model of a source that is a name: see {@link embedderOf}.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export function loadedOnce(source: ModelOptions): () => Promise<Embedder & Tokenizer> {
  const { model, options } = modelAndOptions(source)
  let loading: Promise<Model2VecEmbeddingFunction> | undefined
  return () =>
    (loading ??= Model2VecEmbeddingFunction.load(model, options).catch((error: unknown) => {
      loading = undefined
      throw error
    }))
}

/** @throws Model2VecError `ERR_INVALID_OPTION` */
function modelAndOptions(source: ModelOptions): {
  readonly model: ModelSource | undefined
  readonly options: LoadOptions
} {
  if (!isRecord(source)) throw invalid('source', 'a Model2VecEmbeddingFunction or an object with `model`', source)
  const { model, ...options } = source as ModelOptions
  // Now, and not at the first call: that may be much later.
  checkLoadOptions(options)
  return { model, options }
}

function isRecordOrInstance(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
