// The entry `model2vec-node/ai-sdk`: embedding models for Vercel's AI SDK, `ai` 5, 6 and 7, and for
// what takes its models (Mastra). It imports nothing of the SDK. Models are plain objects with
// closures: `ai` 7 puts a Proxy around them, which private fields don't survive.

import type { Dtype } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { count, invalid, isRecord, optional, read, text } from '../options/checks.js'
import { dtypeName } from '../options/encode.js'
import { orAborted, throwIfAborted } from '../runtime/abort.js'
import { DEFAULT_MODEL_ID, embedderOf, isLoaded, SOURCES } from './source.js'
import type { EmbeddingSource, ModelOptions } from './source.js'

export type { Dtype } from '../dtype.js'
export type { DocumentEmbedder, Embedder, Embeddings, EmbeddingSource, EmbedOptions, ModelOptions } from './source.js'

/**
 * The versions of the SDK's model specification: 'v3' for `ai` 6 and 7 and Mastra, 'v2' for `ai` 5.
 */
export type Spec = 'v2' | 'v3'

/** What the SDK passes to a model for one call. */
export interface EmbedCall {
  /** The texts. */
  readonly values: readonly string[]
  readonly abortSignal?: AbortSignal | undefined
  /** How many dimensions are kept, the first ones: `embed({ dimensions })` of `ai` 7. */
  readonly dimensions?: number | undefined
  /**
   * Options by provider. Under 'model2vec-node': `{ dimensionality }`, the same in `ai` 5 and 6.
   */
  readonly providerOptions?: Readonly<Record<string, unknown>> | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
}

/** What a model returns to the SDK. */
export interface EmbedResult {
  /** A vector per text, in order. */
  embeddings: number[][]
  /** How many token ids were pooled, of all texts. */
  usage: { tokens: number }
  warnings: never[]
}

/**
 * An embedding model of the SDK's specification: its EmbeddingModelV3, or EmbeddingModelV2 for
 * strings.
 */
export interface Model2VecModel<S extends Spec = 'v3'> {
  readonly specificationVersion: S
  readonly provider: string
  readonly modelId: string
  /** Infinity: the SDK passes all texts in one call. */
  readonly maxEmbeddingsPerCall: number
  readonly supportsParallelCalls: boolean
  doEmbed(call: EmbedCall): Promise<EmbedResult>
}

/** Options of {@link embeddingModel}. */
export interface EmbeddingModelOptions<S extends Spec = 'v3'> {
  /**
   * The name that the SDK shows in telemetry and errors.
   * @default the source's `model`, and 'model2vec' for an embedding function
   */
  readonly modelId?: string | undefined
  /**
   * The version of the specification: 'v2' for `ai` 5, which knows no other.
   * @default 'v3'
   */
  readonly spec?: S | undefined
  /**
   * The element type that vectors are rounded to, for a store that keeps them so. The SDK gets the
   * values as numbers.
   * @default 'float32'
   */
  readonly dtype?: Dtype | undefined
  /**
   * How many dimensions are kept, the first ones, in calls that don't say it.
   * @default all
   */
  readonly dimensionality?: number | undefined
}

/**
 * Options of {@link createModel2Vec}: those of the loads of its models, and which sources it knows
 * under a name.
 */
export interface ProviderOptions<S extends Spec = 'v3'> extends Omit<ModelOptions, 'model'> {
  /** @default 'v3' */
  readonly spec?: S | undefined
  /**
   * Sources by model id. Any other id is loaded as a directory or a Hub id.
   * @default none
   */
  readonly models?: Readonly<Record<string, EmbeddingSource>> | undefined
}

/**
 * A provider of the SDK, for `createProviderRegistry` and `customProvider`. It has embedding models
 * only.
 */
export interface Model2VecProvider<S extends Spec = 'v3'> {
  readonly specificationVersion: S
  /** The model of an id. @throws Model2VecError `ERR_INVALID_OPTION` */
  embeddingModel(modelId: string): Model2VecModel<S>
  /** The same, by the name of `ai` 5. @throws Model2VecError `ERR_INVALID_OPTION` */
  textEmbeddingModel(modelId: string): Model2VecModel<S>
  /** @throws Model2VecError `ERR_INVALID_OPTION`: there are none */
  languageModel(modelId: string): never
  /** @throws Model2VecError `ERR_INVALID_OPTION`: there are none */
  imageModel(modelId: string): never
}

const PROVIDER = 'model2vec-node'

const specName = optional((name, value): Spec => {
  if (value !== 'v2' && value !== 'v3') throw invalid(name, "'v2' (`ai` 5) or 'v3' (`ai` 6 and 7)", value)
  return value
})

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
export function embeddingModel(source: EmbeddingSource, options?: EmbeddingModelOptions): Model2VecModel
/** A model of the specification that `spec` names. */
export function embeddingModel<S extends Spec>(
  source: EmbeddingSource,
  options: EmbeddingModelOptions<S> & { readonly spec: S },
): Model2VecModel<S>
export function embeddingModel(source: EmbeddingSource, options?: EmbeddingModelOptions<Spec>): Model2VecModel<Spec> {
  const given = read('embeddingModel', options, ['modelId', 'spec', 'dtype', 'dimensionality'])
  const dtype = dtypeName('dtype', given.dtype)
  const dimensionality = count('dimensionality', given.dimensionality)
  const embedder = embedderOf(source)
  return {
    specificationVersion: specName('spec', given.spec) ?? 'v3',
    provider: PROVIDER,
    modelId:
      text('modelId', given.modelId) ?? (isLoaded(source) ? 'model2vec' : String(source.model ?? DEFAULT_MODEL_ID)),
    maxEmbeddingsPerCall: Infinity,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal, dimensions, providerOptions }) {
      const kept = dimensions ?? dimensionalityOf(providerOptions?.[PROVIDER]) ?? dimensionality
      throwIfAborted(abortSignal)
      // A load that all calls share doesn't end with the signal of one: only the wait for it does.
      const loaded = await orAborted(embedder(), abortSignal)
      // Somebody's own embedder may pass the signal over.
      const options = { dtype, dimensionality: kept, signal: abortSignal }
      const matrix = await orAborted(loaded.encode(values, options), abortSignal)
      const counted = matrix.totalTokens === null ? loaded.countTokensAsync?.(values) : undefined
      const tokens = matrix.totalTokens ?? sum(await orAborted(Promise.resolve(counted), abortSignal))
      return { embeddings: matrix.toArray(), usage: { tokens }, warnings: [] }
    },
  }
}

/**
 * A provider, whose ids are directories and Hub ids. A model is loaded by its first call, and once.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const registry = createProviderRegistry({ model2vec: createModel2Vec() })
 * await embed({ model: registry.embeddingModel('model2vec:minishlab/potion-base-8M'), value: 'a dog' })
 */
export function createModel2Vec(options?: ProviderOptions): Model2VecProvider
/** A provider of the specification that `spec` names. */
export function createModel2Vec<S extends Spec>(
  options: ProviderOptions<S> & { readonly spec: S },
): Model2VecProvider<S>
export function createModel2Vec(options: ProviderOptions<Spec> = {}): Model2VecProvider<Spec> {
  if (!isRecord(options)) throw invalid('options', 'an object', options)
  const { spec: specGiven, models = {}, ...load } = options as ProviderOptions<Spec>
  const spec = specName('spec', specGiven) ?? 'v3'
  if (!isRecord(models)) throw invalid('models', 'an object with a source for each model id', models)
  if ((load as ModelOptions).model !== undefined) {
    const message = '`model` is no option of `createModel2Vec`: the id is what `embeddingModel(id)` is called with'
    throw new Model2VecError('ERR_INVALID_OPTION', message)
  }
  // Throw for what is no option of a load, and for what is no source.
  embedderOf({ ...load, model: DEFAULT_MODEL_ID })
  for (const [id, source] of Object.entries(models)) {
    if (!isLoaded(source) && !isRecord(source)) throw invalid(`models[${JSON.stringify(id)}]`, SOURCES, source)
    embedderOf(source)
  }
  const made = new Map<string, Model2VecModel<Spec>>()
  const model = (given: string): Model2VecModel<Spec> => {
    const modelId = text('modelId', given) ?? DEFAULT_MODEL_ID
    const known = made.get(modelId)
    if (known !== undefined) return known
    const source = Object.hasOwn(models, modelId) ? models[modelId] : undefined
    const fresh = embeddingModel(source ?? { ...load, model: modelId }, { modelId, spec })
    made.set(modelId, fresh)
    return fresh
  }
  const none = (kind: string) => (modelId: string) => {
    const message = `model2vec-node has embedding models only, but got the id of ${kind} model, ${JSON.stringify(modelId)}`
    throw new Model2VecError('ERR_INVALID_OPTION', message)
  }
  return {
    specificationVersion: spec,
    embeddingModel: model,
    textEmbeddingModel: model,
    languageModel: none('a language'),
    imageModel: none('an image'),
  }
}

function sum(counts: Iterable<number> = []): number {
  let total = 0
  for (const count of counts) total += count
  return total
}

function dimensionalityOf(options: unknown): number | undefined {
  return count('dimensionality', read('model2vec-node', options, ['dimensionality']).dimensionality)
}
