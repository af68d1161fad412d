// One loaded model: the native handle, what the options made of the model's settings, and a close
// that lets calls finish.

import { reasonOf, throwIfAborted } from '../runtime/abort.js'
import type { FreshArray } from '../dtype.js'
import { describe, errorOfItsOwn, fromNative, Model2VecError } from '../errors.js'
import { withRemedy } from './damaged.js'
import { MappedPages } from './mapped-pages.js'
import { NATIVE_HEAD_OUTPUT, NO_LIMIT } from '../native/interface.js'
import { native } from '../native/load.js'
import type {
  HeadOutput,
  NativeInlineCalls,
  NativeLoadOptions,
  NativeModel,
  NativeModelInfo,
} from '../native/interface.js'
import { modelHead } from './head.js'
import type { ModelHead } from './head.js'
import { openQuantized } from './quantized-load.js'
import { isThenable } from '../runtime/promise.js'
import { arrayOfThisRealm } from '../runtime/realm.js'
import type { CheckedLoadOptions } from '../options/load.js'
import type { LocatedModel } from './locate.js'
import { SpareRows } from './spare-rows.js'

/**
 * How many UTF-16 units run inline, by the tokenizer. Measured on two cores, native
 * (potion-base-8M): 16,384 units take 0.25 ms here, and 0.1 ms longer as a job of both cores; 500
 * units take 0.02 ms here, and 0.1 ms as a job. The reference tokenizers take 12 to 24 ms for
 * 16,384 units.
 */
export const INLINE_UNITS = { native: 16_384, reference: 512 } as const
export const MAX_INLINE_UNITS: number = INLINE_UNITS.native
/**
 * No string has more characters than this, so that a larger limit is none. The native module takes
 * 32 bits.
 */
const MAX_LENGTH = 2 ** 30
/** About how many multiplications of a head take as long as the largest inline call. */
const INLINE_MULTIPLICATIONS = 8_000_000
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
  /** A call with at most this many UTF-16 units to read runs inline. */
  readonly inlineUnits: number
  readonly spareRows: SpareRows
  /** The head, if the model was loaded with it. */
  readonly head: ModelHead | null
  /**
   * What the head takes for each text, where 1 is the largest inline call; 0 where rows go through
   * no head.
   */
  readonly headShare: number
  readonly #options: CheckedLoadOptions
  readonly #handle: NativeModel
  /** Null unless the table is mapped for good. */
  readonly #pages: MappedPages | null
  /** How the table is held, when the handle was last asked. */
  #table: Pick<NativeModelInfo, 'memory' | 'willBeCopied'>
  #inlineCalls: NativeInlineCalls | null = null
  #running = 0
  /** What `close` leaves for later calls: the cause of their errors. */
  #closed: Model2VecError | null = null
  readonly #throughHead = new Map<HeadOutput, Model>()

  /** @param rows what a row is: the embedding, or what the head makes of it */
  private constructor(
    located: LocatedModel,
    handle: NativeModel,
    options: CheckedLoadOptions,
    rows: 'embedding' | HeadOutput = 'embedding',
  ) {
    this.located = located
    this.info = handle.info
    this.head = modelHead(handle.head)
    this.headShare = rows === 'embedding' ? 0 : (handle.head?.multiplications ?? 0) / INLINE_MULTIPLICATIONS
    this.normalize = rows === 'embedding' ? (options.normalize ?? this.info.normalize) : false
    this.maxLength = options.maxLength === undefined ? (this.info.maxLength ?? null) : options.maxLength
    this.inlineUnits = INLINE_UNITS[this.info.tokenizer]
    this.spareRows = new SpareRows(this.info.dim)
    this.threads = Math.min(options.threads ?? native().defaultThreads(), MAX_THREADS)
    this.#options = options
    this.#handle = handle
    this.#table = this.info
    this.#pages = this.info.memory === 'map' && !this.info.willBeCopied ? new MappedPages(handle) : null
  }

  /** How the table is held now: with 'auto' it is mapped for the first moment. */
  get memory(): 'copy' | 'map' {
    if (this.#table.willBeCopied && this.#closed === null) this.#table = this.#handle.info
    return this.#table.memory
  }

  /** What of the options another load needs for the same table. */
  get loadedAs(): Pick<CheckedLoadOptions, 'subfolder' | 'quantizeTo' | 'vocabularyQuantization'> {
    return this.#options
  }

  /** Loads the files on this thread. */
  static openSync(located: LocatedModel, options: CheckedLoadOptions): Model {
    throwIfAborted(options.signal)
    try {
      return new Model(located, native().openModelSync(located.directory, nativeOptions(options)), options)
    } catch (error) {
      throw withRemedy(fromNative(error), located, options)
    }
  }

  /** Loads the files off the event loop. */
  static async open(located: LocatedModel, options: CheckedLoadOptions, signal?: AbortSignal): Promise<Model> {
    throwIfAborted(options.signal)
    const { directory } = located
    const signals = [options.signal, signal]
    const handle =
      options.vocabularyQuantization === undefined
        ? await openShort(located, options)
        : await openQuantized(directory, nativeOptions(options), options.onProgress, signals)
    const model = new Model(located, handle, options)
    if (options.signal?.aborted === true) {
      model.close()
      throw reasonOf(options.signal)
    }
    return model
  }

  /**
   * Runs a call with the handle, which stays open until the call is over: until a promise that it
   * returns is settled.
   *
   * @param args are passed on: a small call is some percent faster without a closure
   * @throws Model2VecError ERR_CLOSED, what the call throws
   */
  use<Args extends readonly unknown[], Result>(
    call: (handle: NativeModel, ...args: Args) => Result,
    ...args: Args
  ): Result {
    this.assertOpen()
    this.#running++
    let result: Result
    try {
      result = call(this.#handle, ...args)
    } catch (error) {
      this.#release()
      throw error
    }
    if (isThenable(result)) return this.#releaseAfter(result) as Result
    this.#release()
    return result
  }

  async #releaseAfter<T>(call: PromiseLike<T>): Promise<T> {
    try {
      return await call
    } finally {
      this.#release()
    }
  }

  #release(): void {
    this.#running--
    if (this.#running > 0) return
    if (this.#closed !== null) this.#handle.close()
    else this.#pages?.release()
  }

  /**
   * The model whose rows go through the head, for all calls that make one row per text: a row has
   * `head.outputs` dimensions (with 'best' two), and is normalized only where a call says so. It is closed with this
   * model.
   *
   * @param output 'scores' = what the last layer gives, 'activated' = probabilities, 'best' = which
   *   score is the largest, and its probability
   * @throws Model2VecError ERR_CLOSED
   */
  throughHead(output: HeadOutput): Model {
    return this.use((handle) => {
      let model = this.#throughHead.get(output)
      if (model === undefined) {
        try {
          const through = handle.throughHead(NATIVE_HEAD_OUTPUT[output], this.normalize)
          model = new Model(this.located, through, this.#options, output)
        } catch (error) {
          throw fromNative(error)
        }
        this.#throughHead.set(output, model)
      }
      return model
    })
  }

  /**
   * The same model, closed on its own: both share everything in memory.
   *
   * @throws Model2VecError ERR_CLOSED
   */
  share(): Model {
    return this.use((handle) => {
      try {
        return new Model(this.located, handle.share(), this.#options)
      } catch (error) {
        throw fromNative(error)
      }
    })
  }

  /** The functions of inline calls, to be called in {@link Model.use} only. */
  inlineCalls(): NativeInlineCalls {
    return (this.#inlineCalls ??= native().createInlineCalls(this.#handle))
  }

  /** The native module's length limit of a call with this option. */
  nativeMaxLength(maxLength: number | null | undefined): number {
    return nativeMaxLength(maxLength === undefined ? this.maxLength : maxLength)
  }

  /** The token of each id. */
  tokens(): readonly string[] {
    return this.use((handle) => {
      try {
        return arrayOfThisRealm(handle.tokens())
      } catch (error) {
        throw fromNative(error)
      }
    })
  }

  /**
   * The row of a token id, weighted. @throws Model2VecError ERR_INVALID_OPTION when there is no
   * such id, ERR_CLOSED
   */
  embedding(id: number): FreshArray<'float32'> {
    return this.use((handle) => {
      // The native module takes 32 bits, and knows the largest id.
      if (!Number.isInteger(id) || id < 0 || id >= 2 ** 32) {
        throw new Model2VecError('ERR_INVALID_OPTION', `\`id\` should be a token id, but got ${describe(id)}`)
      }
      const row = new Float32Array(this.info.dim)
      try {
        handle.embedding(id, row)
      } catch (error) {
        throw fromNative(error)
      }
      return row
    })
  }

  /** Writes the model's files into a directory, with the head's if `withHead`. */
  save(directory: string, withHead = false): Promise<void> {
    return this.use(async (handle) => {
      try {
        await native().saveModel(handle, directory, this.normalize, nativeMaxLength(this.maxLength), withHead)
      } catch (error) {
        throw fromNative(error)
      }
    })
  }

  /** @throws Model2VecError ERR_CLOSED */
  assertOpen(): void {
    if (this.#closed !== null) throw errorOfItsOwn(this.#closed)
  }

  /** Gives the table back once the last running call has ended. */
  close(): void {
    if (this.#closed !== null) return
    this.#closed = new Model2VecError('ERR_CLOSED', 'the model is closed')
    this.spareRows.clear()
    for (const model of this.#throughHead.values()) model.close()
    if (this.#running === 0) this.#handle.close()
  }
}

/** A length limit as the native module takes it. */
export function nativeMaxLength(maxLength: number | null): number {
  return maxLength === null || maxLength > MAX_LENGTH ? NO_LIMIT : maxLength
}

async function openShort(located: LocatedModel, options: CheckedLoadOptions): Promise<NativeModel> {
  try {
    return await native().openModel(located.directory, nativeOptions(options))
  } catch (error) {
    throw withRemedy(fromNative(error), located, options)
  }
}

function nativeOptions(options: CheckedLoadOptions): NativeLoadOptions {
  const { subfolder, memory, quantizeTo, dimensionality, vocabularyQuantization, withHead } = options
  return {
    memory,
    ...(subfolder !== undefined && { subfolder }),
    ...(quantizeTo !== undefined && { quantizeTo }),
    ...(dimensionality !== undefined && { dimensionality }),
    ...(vocabularyQuantization !== undefined && { vocabularyQuantization }),
    ...(withHead && { withHead }),
  }
}
