// The state of one embedding function: its model is loaded, or pending (still to be got, the first time that it is waited
// for), or closed. It knows nothing of how a model is got.

import { orAborted, throwIfAborted } from '../runtime/abort.js'
import { errorOfItsOwn, Model2VecError } from '../errors.js'
import type { Model } from './model.js'
import { AbortController } from '../runtime/node-globals.js'

/** Gets the model; rejects with the signal's reason once that is aborted. Called again after it has failed. */
export type GetModel = (signal: AbortSignal) => Promise<Model>

export class ModelState {
  #model: Model | null
  /** The attempt that runs. */
  #loading: Promise<Model> | null = null
  readonly #get: GetModel
  /** What a pending model waits for, for a message: "must be downloaded". */
  readonly #pendingFor: string
  /** Aborted by `close`, with ERR_CLOSED as its reason. */
  readonly #closing = new AbortController()
  /** Whether it is aborted: a signal takes longer to say so than all other checks of a small call. */
  #closed = false

  private constructor(model: Model | null, pendingFor: string, get: GetModel) {
    this.#model = model
    this.#pendingFor = pendingFor
    this.#get = get
  }

  static loaded(model: Model): ModelState {
    return new ModelState(model, '', () => Promise.resolve(model))
  }

  static pending(pendingFor: string, get: GetModel): ModelState {
    return new ModelState(null, pendingFor, get)
  }

  /**
   * The model, or null while it is pending: a call that finds it here holds it before its caller goes on, and perhaps closes.
   *
   * @throws Model2VecError ERR_CLOSED
   */
  get model(): Model | null {
    if (this.#closed) throw errorOfItsOwn(this.#closing.signal.reason)
    return this.#model
  }

  /** The model if it has been loaded, closed or not: for what only asks what it is. */
  get loaded(): Model | null {
    return this.#model
  }

  /**
   * The model, for what can't wait.
   *
   * @throws Model2VecError ERR_MODEL_NOT_READY, ERR_CLOSED
   */
  now(): Model {
    const { model } = this
    if (model !== null) return model
    throw new Model2VecError(
      'ERR_MODEL_NOT_READY',
      `the model is not loaded yet: it ${this.#pendingFor}; \`await ready()\` or \`Model2VecEmbeddingFunction.load(…)\` waits for it`,
    )
  }

  /**
   * Waits for the model, all callers for the same attempt. After an attempt has failed, the next call starts a new one.
   *
   * @param signal ends this call's wait, not the attempt
   * @throws (rejects) an error of this call's own that says why the attempt failed; `signal.reason`; Model2VecError ERR_CLOSED, also when it
   *   is closed meanwhile
   */
  async ready(signal?: AbortSignal): Promise<Model> {
    try {
      return await this.attempt(signal)
    } catch (error) {
      throw signal?.aborted === true ? error : errorOfItsOwn(error)
    }
  }

  /** As {@link ModelState.ready}, for the one call that waits: it gets the error of the attempt itself. */
  async attempt(signal?: AbortSignal): Promise<Model> {
    throwIfAborted(signal)
    if (this.#closed) throw this.#closing.signal.reason
    if (this.#model !== null) return this.#model
    this.#loading ??= this.#load()
    return orAborted(this.#loading, signal, this.#closing.signal)
  }

  async #load(): Promise<Model> {
    try {
      const model = await this.#get(this.#closing.signal)
      if (this.#closed) model.close()
      else this.#model = model
      return model
    } finally {
      this.#loading = null
    }
  }

  /** Gives the model back, or stops getting it. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closing.abort(new Model2VecError('ERR_CLOSED', 'the model is closed'))
    this.#model?.close()
  }
}
