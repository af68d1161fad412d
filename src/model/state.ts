// The state of one embedding function: its model is loaded, or pending (loading starts when a
// caller first waits for it), or closed. How a model is loaded is the business of `load.ts`.

import { orAborted, throwIfAborted } from '../runtime/abort.js'
import { errorOfItsOwn, Model2VecError } from '../errors.js'
import type { Model } from './model.js'
import { AbortController } from '../runtime/node-globals.js'

/**
 * Gets the model; rejects with the signal's reason once the signal is aborted. After it has failed,
 * it is called again when a caller next waits.
 */
export type GetModel = (signal: AbortSignal) => Promise<Model>

export class ModelState {
  #model: Model | null
  /** The attempt to get the model that runs now; null between attempts. */
  #loading: Promise<Model> | null = null
  readonly #get: GetModel
  /** Why a pending model is not loaded yet, as a part of a message: "must be downloaded". */
  readonly #pendingFor: string
  /** Aborted by `close`, with ERR_CLOSED as its reason. */
  readonly #closing = new AbortController()
  /**
   * Whether `#closing` is aborted. Reading it from the signal takes longer than all other checks of
   * a small call.
   */
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
   * The model, or null while it is pending. A call reads it here first, and waits for `ready` only
   * if it is null: so a call on a loaded model has started before its caller goes on and perhaps
   * closes the model.
   *
   * @throws Model2VecError ERR_CLOSED
   */
  get model(): Model | null {
    if (this.#closed) throw errorOfItsOwn(this.#closing.signal.reason)
    return this.#model
  }

  /**
   * The model if it has been loaded, else null; also after `close`, without an error. For checks of
   * options, which only read the model's properties.
   */
  get loaded(): Model | null {
    return this.#model
  }

  /**
   * The model, for synchronous methods and properties, which can't wait.
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
   * Waits for the model. All callers wait for the same attempt; after an attempt has failed, the
   * next call starts a new one.
   *
   * @param signal ends this call's wait, not the attempt
   * @throws (rejects) the reason that the attempt failed (a Model2VecError is made anew for this
   *   call, with the attempt's error as its cause); `signal.reason`; Model2VecError ERR_CLOSED,
   *   also when the model is closed meanwhile
   */
  async ready(signal?: AbortSignal): Promise<Model> {
    try {
      return await this.attempt(signal)
    } catch (error) {
      throw signal?.aborted === true ? error : errorOfItsOwn(error)
    }
  }

  /**
   * As {@link ModelState.ready}, but rejects with the attempt's own error. For `load`: no other
   * call waits for its attempt.
   */
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

  /**
   * Closes the model, or aborts the attempt to get it. A model that arrives all the same is closed
   * at once. A second call does nothing.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closing.abort(new Model2VecError('ERR_CLOSED', 'the model is closed'))
    this.#model?.close()
  }
}
