// The embedding function for Chroma, and batches of a size that its server takes. The entries
// chroma.ts and chroma.mts register it.

import { valuesOf } from '../dtype.js'
import type { Dtype } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { count, invalid, isRecord } from '../options/checks.js'
import { configOfLoaded, configOfOptions, notPassed, unknownKeys } from './kept-model.js'
import type { ModelConfig, PassedConfig } from './kept-model.js'
import { sharedModels } from './shared-models.js'
import { embedderOf, isLoaded } from './source.js'
import type { Embedder, EmbeddingSource } from './source.js'
import { assertVectorMatrix } from './vector-matrix.js'
import type { VectorMatrix } from './vector-matrix.js'

/** The name in Chroma's registry, which collections keep. */
export const NAME = 'model2vec'

/** The models of collections that were opened. */
const shared = sharedModels()

/** Why no function can be made of a config, or null. */
function whyNotLoaded(config: object): Model2VecError | null {
  if ('passed' in config) return notPassed('`embeddingFunction: new Model2VecEmbedding(embedder)`')
  const unknown = unknownKeys(config)
  if (unknown.length === 0) return null
  const names = unknown.map((key) => `\`${key}\``).join(', ')
  return new Model2VecError(
    'ERR_INVALID_OPTION',
    `the collection keeps ${names} of its model, which this version of model2vec-node doesn't know`,
  )
}

/**
 * An embedding function of Chroma's client. A collection that was made with it gets it again by its
 * name when it is opened, in any process that has imported this entry.
 *
 * @example
 * const collection = await client.createCollection({ name: 'documents', embeddingFunction: new Model2VecEmbedding() })
 */
export class Model2VecEmbedding {
  readonly name: string = NAME
  // Plain fields: `#private` ones don't survive a Proxy around the object.
  private readonly source: EmbeddingSource
  private embedder: () => Promise<Embedder>
  /** What it was made of, where that can't be loaded: the collection keeps it. */
  private config: ModelConfig | PassedConfig | undefined

  /**
   * @param source `{ model, …LoadOptions }`, which is loaded by the first call, a
   * `Model2VecEmbeddingFunction` that is loaded, or a pipeline whose head gives vectors
   * @throws Model2VecError `ERR_INVALID_OPTION`
   */
  constructor(source: EmbeddingSource = {}) {
    this.source = source
    this.embedder = embedderOf(source)
  }

  /**
   * Chroma's `buildFromConfig`: the function of a collection that is opened. It loads nothing yet.
   * An application may open one for each request: those of the same config share a model, which is
   * let go after a minute in which none wanted it. A function of a config that can't be loaded
   * rejects when it embeds: Chroma passes over what is thrown here, and opens the collection.
   *
   * @throws Model2VecError `ERR_INVALID_OPTION` for what is no config, and for values that no load
   * takes
   */
  static buildFromConfig(config: ModelConfig | PassedConfig): Model2VecEmbedding {
    if (!isRecord(config)) throw invalid('config', 'what `getConfig` returned', config)
    const error = whyNotLoaded(config)
    if (error !== null) {
      const failing = new Model2VecEmbedding({ encode: () => Promise.reject(error) })
      failing.config = config
      return failing
    }
    const opened = new Model2VecEmbedding(config)
    opened.embedder = () => shared(config)
    return opened
  }

  /**
   * A vector per text: texts × dim numbers. @throws (rejects) what `load` and `encode` reject with
   */
  async generate(texts: string[]): Promise<number[][]> {
    return (await (await this.embedder()).encode(texts)).toArray()
  }

  /** The metric of collections that name none. Chroma's own is 'l2'. */
  defaultSpace(): 'cosine' {
    return 'cosine'
  }

  /** The metrics that are allowed. */
  supportedSpaces(): ('cosine' | 'l2' | 'ip')[] {
    return ['cosine', 'l2', 'ip']
  }

  /**
   * What the collection keeps: the model's name with the options that vectors depend on, of a
   * pipeline as well. Of an embedder of the application's own nothing is kept but that there was
   * one: pass it again to open the collection.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` where the embedding function is not loaded,
   * `ERR_CLOSED`
   */
  getConfig(): ModelConfig | PassedConfig {
    const { source, config } = this
    if (config !== undefined) return config
    return isLoaded(source) ? configOfLoaded(source) : configOfOptions(source)
  }
}

/** The most rows that Chroma's server takes in one call. */
const MOST_ROWS = 5461

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
export function batches<T>(
  matrix: VectorMatrix<Dtype>,
  items: readonly T[],
  limit: number = MOST_ROWS,
): Generator<{ items: T[]; embeddings: number[][] }, void, undefined> {
  assertVectorMatrix('matrix', matrix)
  if (!Array.isArray(items)) throw invalid('items', 'an array', items)
  count('limit', limit)
  if (items.length !== matrix.rows) {
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      `\`items\` should have ${matrix.rows} items, one per row, but got ${items.length}`,
    )
  }
  return batchesOf(matrix, items, limit)
}

function* batchesOf<T>(
  { data, width, dtype }: VectorMatrix<Dtype>,
  items: readonly T[],
  limit: number,
): Generator<{ items: T[]; embeddings: number[][] }, void, undefined> {
  for (let start = 0; start < items.length; start += limit) {
    const batch = items.slice(start, start + limit)
    yield { items: batch, embeddings: batch.map((_, i) => valuesOf(dtype, data, (start + i) * width, width)) }
  }
}
