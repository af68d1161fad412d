// The entry `model2vec-node/lancedb`: an embedding function in LanceDB's registry, so that a table
// embeds what is added and searched. It imports nothing of LanceDB, which the caller passes: the
// function has to be a subclass of its own class.

import { isRecord, invalid, text } from '../options/checks.js'
import { configOfLoaded, keptName, PIPELINE, pipelineMissing } from './kept-model.js'
import { sharedModels } from './shared-models.js'
import { embedderOf, isDocumentEmbedder, isLoaded } from './source.js'
import type { Embedder, EmbeddingSource, ModelOptions } from './source.js'

export type { DocumentEmbedder, Embedder, Embeddings, EmbeddingSource, EmbedOptions, ModelOptions } from './source.js'

/** What is used of the module `@lancedb/lancedb`. */
export interface LanceModule {
  readonly embedding: {
    // Abstract, and a decorator: their own types are those of LanceDB's version.
    readonly TextEmbeddingFunction: abstract new (...args: never[]) => object
    readonly register: (name?: string) => (constructor: never) => unknown
    readonly getRegistry: () => { get(name: string): unknown }
  }
}

/** What the registry has under the name: `create` loads the model. */
export interface Registered<F> {
  /**
   * A function for `sourceField()` and `vectorField()` of a schema.
   *
   * @param options `{ model, …LoadOptions }`: what of it is JSON is kept in the table, and loads
   * the model again in another process
   */
  create(options?: ModelOptions): Promise<F>
}

/** An instance of LanceDB's `TextEmbeddingFunction`. */
export type LanceFunction<L extends LanceModule> = InstanceType<L['embedding']['TextEmbeddingFunction']>

/**
 * Registers the function, once: a second call returns what is registered. A process that opens a
 * table whose vectors were made by it has to register it as well, under the same name, before it
 * adds rows or searches by text.
 *
 * @param lancedb the module `@lancedb/lancedb`, 0.37 to 0.39
 * @param name the name in the registry, which tables refer to
 * @param source where given, what every function of this name embeds with, or options of its loads
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const embed = await registerModel2Vec(lancedb).create({ model: 'minishlab/potion-base-8M' })
 * const schema = lancedb.embedding.LanceSchema({ text: embed.sourceField(), vector: embed.vectorField() })
 */
export function registerModel2Vec<L extends LanceModule>(
  lancedb: L,
  name = 'model2vec',
  source: EmbeddingSource = {},
): Registered<LanceFunction<L>> {
  text('name', name)
  if (!isRecord(lancedb.embedding)) throw invalid('lancedb', 'the module `@lancedb/lancedb`', lancedb)
  const { TextEmbeddingFunction, register, getRegistry } = lancedb.embedding
  if (getRegistry().get(name) === undefined) {
    // Throws for what is no source.
    embedderOf(source)
    register(name)(functionClass(TextEmbeddingFunction as unknown as LanceBase, source) as never)
  }
  return getRegistry().get(name) as Registered<LanceFunction<L>>
}

/** LanceDB's class, with what it has for its subclasses. */
type LanceBase = abstract new () => { resolveVariables(options: object): ModelOptions }

function functionClass(Base: LanceBase, source: EmbeddingSource): unknown {
  // LanceDB makes a function for each `add` and each search of a table.
  const shared = sharedModels()

  return class Model2VecTextFunction extends Base {
    private readonly load: () => Promise<Embedder>
    private embedder: Embedder | undefined
    private dim: number | undefined

    constructor(options: ModelOptions = {}) {
      super()
      // Also what `toJSON` gives, which LanceDB keeps in the table.
      const resolved = this.resolveVariables(keptOptions(source, options))
      if (isLoaded(source)) {
        this.load = embedderOf(source)
      } else {
        if ('pipeline' in resolved) throw pipelineMissing('`registerModel2Vec(lancedb, name, pipeline)`')
        // The source's token, which no table keeps.
        const { token } = source
        const given: ModelOptions = token === undefined ? resolved : { token, ...resolved }
        this.load = () => shared(given)
      }
    }

    /**
     * Refused by LanceDB unless it is the name of a variable, `$var:…`: it would be kept in the
     * table.
     */
    protected getSensitiveKeys(): string[] {
      return ['token']
    }

    /** Called and awaited by the registry's `create`. */
    async init(): Promise<void> {
      this.dim = (await (await this.loaded()).encode([''])).dim
    }

    private async loaded(): Promise<Embedder> {
      return (this.embedder ??= await this.load())
    }

    ndims(): number | undefined {
      return this.dim
    }

    /** Also embeds queries: float32, whatever the column's type. */
    async generateEmbeddings(texts: string[]): Promise<Float32Array[]> {
      const { data, rows, dim } = await (await this.loaded()).encode(texts)
      return Array.from({ length: rows }, (_, i) => (data as Float32Array).subarray(i * dim, (i + 1) * dim))
    }
  }
}

/**
 * The options of a function as the table keeps them: with those of the source, so that another
 * process, which may register without a source, embeds with the same model.
 */
function keptOptions(source: EmbeddingSource, options: ModelOptions): object {
  const all = isLoaded(source) ? keptOfLoaded(source) : { ...source, token: undefined, ...options }
  // LanceDB takes an option that is undefined for a text.
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  const { model } = given as ModelOptions
  return model === undefined ? given : { ...given, model: keptName(model) }
}

function keptOfLoaded(source: object): object {
  if (isDocumentEmbedder(source)) return PIPELINE
  try {
    return configOfLoaded(source)
  } catch {
    // Not loaded yet, or somebody's own embedder: it has to be registered again.
    return {}
  }
}
