// The models of a server by their names. A name that a client sends is only looked up here: it
// never becomes a path.

import { availableParallelism } from 'node:os'

import { Model2VecError } from '../errors.js'
import { INLINE_UNITS } from '../model/model.js'
import { MAX_TEXTS } from '../native/interface.js'
import { invalid } from '../options/checks.js'
import { asciiJson } from './answer.js'
import { Fault } from './fault.js'
import { isPipeline, isServedModel } from './model.js'
import type { ServedFunction, ServedInfo, ServedModel, ServedPipeline } from './model.js'

/** One model, or several by their names. */
export type ServedModels = ServedModel | Readonly<Record<string, ServedModel>>

export class NamedModel {
  readonly name: string
  /** As JSON. */
  readonly jsonName: string
  readonly model: ServedModel
  /** 0 = not known yet: the model may not be loaded. */
  #inlineUnits = 0
  #dim = 0

  constructor(name: string, model: ServedModel) {
    this.name = name
    this.jsonName = asciiJson(name)
    this.model = model
  }

  /** What embeds. @throws Model2VecError ERR_MODEL_NOT_READY, ERR_CLOSED */
  get embedder(): ServedFunction {
    return isPipeline(this.model) ? this.model.embedder : this.model
  }

  get pipeline(): ServedPipeline | null {
    return isPipeline(this.model) ? this.model : null
  }

  /** Whether the model is for classes rather than vectors. */
  get isClassifier(): boolean {
    return isPipeline(this.model) && this.model.activation !== 'identity'
  }

  /** What gives the vectors: of a pipeline whose head is a projection, the pipeline. */
  get encoder(): Pick<ServedFunction, 'encode' | 'encodeSync'> {
    return isPipeline(this.model) && this.model.activation === 'identity' ? this.model : this.embedder
  }

  /** Dimensions of a vector. @throws Model2VecError ERR_MODEL_NOT_READY, ERR_CLOSED */
  get dim(): number {
    if (this.#dim === 0) {
      this.#dim = isPipeline(this.model) && this.model.activation === 'identity' ? this.model.dim : this.info.dim
    }
    return this.#dim
  }

  /** @throws Model2VecError ERR_MODEL_NOT_READY, ERR_CLOSED */
  get info(): ServedInfo {
    return this.embedder.info
  }

  /** How many threads its calls use. */
  get threads(): number {
    try {
      return this.info.threads
    } catch {
      // It is not loaded.
      return availableParallelism()
    }
  }

  /**
   * How large the work for these texts is: up to 1 it is done at once, on this thread, and takes
   * about a quarter of a millisecond then.
   */
  inlineShare(texts: readonly string[]): number {
    if (texts.length > MAX_TEXTS) return Infinity
    if (this.#inlineUnits === 0) {
      this.#inlineUnits = this.info.tokenizer === 'native' ? INLINE_UNITS.native : INLINE_UNITS.reference
    }
    let units = 0
    for (const text of texts) units += text.length
    return units / this.#inlineUnits
  }
}

export class ModelTable {
  /** In the order in which they were given. */
  readonly all: readonly NamedModel[]
  readonly default: NamedModel
  readonly #byName = new Map<string, NamedModel>()

  /**
   * @throws Model2VecError ERR_INVALID_OPTION; ERR_MODEL_NOT_READY for a pending model without a
   * name
   */
  constructor(models: unknown, aliases: ReadonlyMap<string, string>, defaultName: string | undefined) {
    this.all = namedModels(models)
    const [first] = this.all
    if (first === undefined) throw invalid('models', 'a model, or an object of models by their names', models)
    for (const model of this.all) this.#byName.set(model.name, model)
    for (const [alias, name] of aliases) {
      const option = `aliases[${asciiJson(alias)}]`
      const model = this.#known(option, name)
      if ((this.#byName.get(alias) ?? model) !== model) {
        throw new Model2VecError('ERR_INVALID_OPTION', `\`${option}\` is the name of another model`)
      }
      this.#byName.set(alias, model)
    }
    this.wake()
    this.default = defaultName === undefined ? first : this.#known('defaultModel', defaultName)
  }

  #known(option: string, name: string): NamedModel {
    const model = this.#byName.get(name)
    if (model !== undefined) return model
    throw invalid(option, `one of the models ${this.all.map((each) => each.name).join(', ')}`, name)
  }

  /** The most threads that one of them uses. */
  get threads(): number {
    return Math.max(...this.all.map((model) => model.threads))
  }

  /** Whether a model is for classes, and whether one is for vectors. */
  get kinds(): { readonly classes: boolean; readonly vectors: boolean } {
    const classifiers = this.all.filter((model) => model.isClassifier).length
    return { classes: classifiers > 0, vectors: classifiers < this.all.length }
  }

  /** Loads those that are pending: nobody else may be waiting for them. */
  wake(): void {
    // A request says what is wrong, and the next one tries again.
    for (const { model } of this.all) void model.ready?.().catch(() => undefined)
  }

  /** Names and aliases. */
  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  has(name: string): boolean {
    return this.#byName.has(name)
  }

  /** The model of a request; undefined = it names none. @throws Fault */
  find(name: unknown): NamedModel {
    if (name === undefined || name === null) return this.default
    if (typeof name !== 'string') throw new Fault('invalid', '`model` should be a string', 'model')
    const model = this.#byName.get(name)
    if (model !== undefined) return model
    const shown = name.length <= 100 ? name : `${name.slice(0, 100)}…`
    throw new Fault('model', `the model \`${shown}\` does not exist; there are ${this.names.join(', ')}`, 'model')
  }
}

function namedModels(models: unknown): NamedModel[] {
  if (isServedModel(models)) return [new NamedModel(nameOf(models), models)]
  if (typeof models !== 'object' || models === null) return []
  return Object.entries(models).map(([name, model]: [string, unknown]) => {
    if (!isServedModel(model)) throw invalid(`models[${asciiJson(name)}]`, 'a model or a pipeline', model)
    return new NamedModel(name, model)
  })
}

/** The id of the Hub; of a directory its name, not the path. */
export function nameOf(model: ServedModel): string {
  const { info } = isPipeline(model) ? model.embedder : model
  if (info.revision !== null) return info.modelSource
  const name = info.path
    .split(/[/\\]/)
    .filter((part) => part !== '')
    .at(-1)
  if (name === undefined)
    throw new Model2VecError('ERR_INVALID_OPTION', 'a model without a name: give `models` by name')
  return name
}
