// One loaded model: the native handle, what the options made of the model's settings, and a close that lets calls finish.

import { throwIfAborted } from './abort.js'
import { fromNative, Model2VecError } from './errors.js'
import { native, NO_LIMIT } from './native.js'
import type { NativeModel, NativeModelInfo } from './native.js'
import type { CheckedLoadOptions } from './options/load.js'
import type { LocatedModel } from './source.js'

/** No string has more characters than this, so that a larger limit is none. The native module takes 32 bits. */
const MAX_LENGTH = 2 ** 30
/** More threads than any pool has. */
const MAX_THREADS = 2 ** 16

export class Model {
  readonly located: LocatedModel
  readonly info: NativeModelInfo
  /** Whether a call that doesn't say normalizes. */
  readonly normalize: boolean
  /** The length limit of a call that doesn't say. */
  readonly maxLength: number | null
  readonly threads: number
  readonly #handle: NativeModel
  #running = 0
  #closed = false

  private constructor(located: LocatedModel, handle: NativeModel, options: CheckedLoadOptions) {
    this.located = located
    this.info = handle.info
    this.normalize = options.normalize ?? this.info.normalize
    this.maxLength = options.maxLength === undefined ? (this.info.maxLength ?? null) : options.maxLength
    this.threads = Math.min(options.threads ?? native.defaultThreads(), MAX_THREADS)
    this.#handle = handle
  }

  /** Loads the files on this thread. */
  static openSync(located: LocatedModel, options: CheckedLoadOptions): Model {
    throwIfAborted(options.signal)
    try {
      return new Model(located, native.openModelSync(located.directory, nativeOptions(options)), options)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Loads the files off the event loop. */
  static async open(located: LocatedModel, options: CheckedLoadOptions): Promise<Model> {
    throwIfAborted(options.signal)
    let model: Model
    try {
      model = new Model(located, await native.openModel(located.directory, nativeOptions(options)), options)
    } catch (error) {
      throw fromNative(error)
    }
    if (options.signal?.aborted === true) {
      model.close()
      throw options.signal.reason
    }
    return model
  }

  /**
   * The handle, for one call that ends with {@link Model.release}.
   *
   * @throws Model2VecError ERR_CLOSED
   */
  hold(): NativeModel {
    this.assertOpen()
    this.#running++
    return this.#handle
  }

  release(): void {
    this.#running--
    if (this.#closed && this.#running === 0) this.#handle.close()
  }

  /** @throws Model2VecError ERR_CLOSED */
  assertOpen(): void {
    if (this.#closed) throw new Model2VecError('ERR_CLOSED', 'the model is closed')
  }

  /** Gives the table back once the last running call has ended. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#running === 0) this.#handle.close()
  }
}

/** A length limit as the native module takes it. */
export function nativeMaxLength(maxLength: number | null): number {
  return maxLength === null || maxLength > MAX_LENGTH ? NO_LIMIT : maxLength
}

function nativeOptions({ subfolder, memory }: CheckedLoadOptions): { subfolder?: string; memory: typeof memory } {
  return subfolder === undefined ? { memory } : { subfolder, memory }
}
