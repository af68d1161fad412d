// The entry `model2vec-node/langchain`: embeddings for LangChain's vector stores, and a length for
// its text splitters. It imports nothing of LangChain, whose stores take anything with these two
// methods. Not through LangChain's AsyncCaller: that would repeat an error that is the same each
// time.

import type { Dtype } from '../dtype.js'
import { InvalidTextError } from '../errors.js'
import { count, invalid, read } from '../options/checks.js'
import { dtypeName } from '../options/encode.js'
import { embedderOf, isLoaded, loadedOnce } from './source.js'
import type { Embedder, EmbeddingSource, ModelOptions, TokenCounter, TokenCounterOwner } from './source.js'

export type { Dtype } from '../dtype.js'
export type {
  DocumentEmbedder,
  Embedder,
  Embeddings,
  EmbeddingSource,
  EmbedOptions,
  ModelOptions,
  TokenCounter,
  TokenCounterOwner,
} from './source.js'

/** Options of {@link Model2VecEmbeddings}. */
export interface Model2VecEmbeddingsOptions {
  /**
   * The element type that vectors are rounded to, for a store that keeps them so. LangChain gets
   * the values as numbers.
   * @default 'float32'
   */
  readonly dtype?: Dtype | undefined
  /**
   * How many dimensions are kept, the first ones.
   * @default all
   */
  readonly dimensionality?: number | undefined
}

/**
 * LangChain's `EmbeddingsInterface`, for vector stores and retrievers.
 *
 * @example
 * const store = await MemoryVectorStore.fromTexts(texts, [], new Model2VecEmbeddings({ model: 'minishlab/potion-base-8M' }))
 */
export class Model2VecEmbeddings {
  // Plain fields: `#private` ones don't survive a Proxy around the object.
  private readonly embedder: () => Promise<Embedder>
  private readonly options: { readonly dtype: Dtype | undefined; readonly dimensionality: number | undefined }

  /**
   * @param source a `Model2VecEmbeddingFunction`, a pipeline whose head gives vectors, or
   * `{ model, …LoadOptions }`, which is loaded by the first call
   * @throws Model2VecError `ERR_INVALID_OPTION`
   */
  constructor(source: EmbeddingSource = {}, options?: Model2VecEmbeddingsOptions) {
    const given = read('Model2VecEmbeddings', options, ['dtype', 'dimensionality'])
    this.options = {
      dtype: dtypeName('dtype', given.dtype),
      dimensionality: count('dimensionality', given.dimensionality),
    }
    this.embedder = embedderOf(source)
  }

  /**
   * A vector per text, in order: texts × dim numbers.
   *
   * @throws (rejects) what `load` and `encode` reject with
   */
  async embedDocuments(documents: readonly string[]): Promise<number[][]> {
    return (await (await this.embedder()).encode(documents, this.options)).toArray()
  }

  /**
   * The vector of one text: dim numbers. The same as that of a document.
   *
   * @throws (rejects) what `load` and `encode` reject with
   */
  async embedQuery(document: string): Promise<number[]> {
    const [vector = []] = await this.embedDocuments([document])
    return vector
  }
}

/** The most UTF-16 units of texts whose counts are remembered, in each of two generations. */
const REMEMBERED = 1 << 18
/** What an entry costs beside its text, in UTF-16 units. */
const PER_ENTRY = 32

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
export function lengthFunction(source: TokenCounter | TokenCounterOwner): (text: string) => number
/**
 * With a model that is loaded by the first call: the length is a promise, which splitters await.
 */
export function lengthFunction(source: ModelOptions): (text: string) => Promise<number>
export function lengthFunction(
  source: TokenCounter | TokenCounterOwner | ModelOptions,
): ((text: string) => number) | ((text: string) => Promise<number>) {
  if (isTokenCounter(source)) return remembered((text) => source.countTokens(text))
  if (isLoaded(source)) {
    // A pipeline's is there once it is loaded.
    if ('embedder' in source) return remembered((text) => counterOf(source).countTokens(text))
    throw invalid('source', 'a Model2VecEmbeddingFunction, which has `countTokens`, or a Model2VecPipeline', source)
  }
  const model = loadedOnce(source as ModelOptions)
  let counted: ((text: string) => number) | undefined
  return async (text) => {
    if (counted === undefined) {
      const counter = await model()
      counted ??= remembered((each) => counter.countTokens(each))
    }
    return counted(text)
  }
}

/** @throws Model2VecError `ERR_INVALID_OPTION` where it counts nothing */
function counterOf(source: object): TokenCounter {
  const { embedder } = source as { embedder?: unknown }
  if (isTokenCounter(embedder)) return embedder
  throw invalid('embedder', 'a Model2VecEmbeddingFunction, which has `countTokens`', embedder)
}

function isTokenCounter(source: unknown): source is TokenCounter {
  if (typeof source !== 'object' || source === null) return false
  return 'countTokens' in source && typeof source.countTokens === 'function'
}

/**
 * `measure` with its latest answers remembered: when the young generation is full it becomes the
 * old one, and that is forgotten.
 */
function remembered(measure: (text: string) => number): (text: string) => number {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  let size = 0
  return (text) => {
    const known = young.get(text)
    if (known !== undefined) return known
    // Not a string: no key of the maps, and an array would be counted.
    if (typeof text !== 'string') throw new InvalidTextError(`\`text\` should be a string, but got ${typeof text}`)
    const length = old.get(text) ?? measure(text)
    if (text.length > REMEMBERED) return length
    size += text.length + PER_ENTRY
    if (size > REMEMBERED) {
      old = young
      young = new Map()
      size = text.length + PER_ENTRY
    }
    young.set(text, length)
    return length
  }
}
