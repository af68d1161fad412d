// The entry `model2vec-node/lancedb`: an embedding function in LanceDB's registry, so that a table
// embeds what is added and searched. It imports nothing of LanceDB, which the caller passes: the
// function has to be a subclass of its own class.

import { Model2VecError } from '../errors.js'
import { isRecord, invalid, text } from '../options/checks.js'
import { configOfLoaded, configOfOptions, notPassed } from './kept-model.js'
import { isSameSource, sharedModels } from './shared-models.js'
import { embedderOf, isLoaded } from './source.js'
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
   * @param options `{ model, …LoadOptions }`. What the vectors depend on is kept in the table, and
   * loads the model again in another process; so is what is a variable of LanceDB's registry,
   * `$var:…`. What belongs to this machine or this load is not: `cacheDir`, `endpoint`, `signal`, …
   * @throws (rejects) what `load` rejects with; Model2VecError `ERR_INVALID_OPTION` where the table's
   * vectors are those of an embedder that has to be passed to `registerModel2Vec`
   */
  create(options?: ModelOptions): Promise<F>
}

/** An instance of LanceDB's `TextEmbeddingFunction`. */
export type LanceFunction<L extends LanceModule> = InstanceType<L['embedding']['TextEmbeddingFunction']>

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
export function registerModel2Vec<L extends LanceModule>(
  lancedb: L,
  name = 'model2vec',
  source?: EmbeddingSource,
): Registered<LanceFunction<L>> {
  text('name', name)
  if (!isLanceModule(lancedb)) throw invalid('lancedb', 'the module `@lancedb/lancedb`', lancedb)
  // Throws for what is no source.
  if (source !== undefined) embedderOf(source)
  const { TextEmbeddingFunction, register, getRegistry } = lancedb.embedding
  const registry = getRegistry()
  const sources = sourcesOf.get(registry) ?? new Map<string, EmbeddingSource>()
  if (registry.get(name) === undefined) {
    register(name)(functionClass(TextEmbeddingFunction as unknown as LanceBase, source ?? {}) as never)
    sourcesOf.set(registry, sources.set(name, source ?? {}))
  } else if (source !== undefined && !isSameSource(sources.get(name), source)) {
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      `\`${name}\` is registered already, with another source: register this one under another name`,
    )
  }
  return registry.get(name) as Registered<LanceFunction<L>>
}

/** What the names of each registry embed with. */
const sourcesOf = new WeakMap<object, Map<string, EmbeddingSource>>()

// A namespace of `import` is no record: it has a `Symbol.toStringTag`.
function isLanceModule(lancedb: unknown): lancedb is LanceModule {
  return typeof lancedb === 'object' && lancedb !== null && 'embedding' in lancedb && isRecord(lancedb.embedding)
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
      if (isLoaded(source)) {
        this.load = embedderOf(source)
        return
      }
      if ('passed' in options) throw notPassed('`registerModel2Vec(lancedb, name, embedder)`')
      const all: ModelOptions = { ...given(source), ...given(options) }
      // What it is called with is what `toJSON` gives, which LanceDB keeps in the table.
      const kept = this.resolveVariables(keptOptions(all, options))
      const load: ModelOptions = { ...all, ...kept }
      this.load = () => shared(load)
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
      // Only now it surely knows which model it is.
      if (isLoaded(source)) this.resolveVariables(configOfLoaded(source))
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

/** LanceDB takes an option that is undefined for a text. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

/**
 * What the table keeps of all options, those of the source included: another process, which may
 * register without a source, embeds with the same model.
 *
 * @param options those of `create`, of which a token has to be a variable
 */
function keptOptions(all: ModelOptions, options: ModelOptions): object {
  // Each machine has values of its own for the variables.
  const variables = Object.entries(all).filter(([, value]) => typeof value === 'string' && value.startsWith('$var:'))
  const { token } = options
  return given({ ...configOfOptions(all), ...Object.fromEntries(variables), ...(token === undefined ? {} : { token }) })
}
