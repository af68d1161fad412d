// Model2VecEmbeddingFunction: the public class. It checks arguments; the modules that it calls do
// the work. Its docstrings are the API's documentation: `npm run api` copies them to index.d.ts.

// The compiler takes the first signature that fits a call, and the last one for `ReturnType`: both
// say what plain calls give.
/* eslint @typescript-eslint/unified-signatures: 'off' */

import type { Dtype, DtypeArray, FreshArray, TableDtype, TokenArray } from './dtype.js'
import { countTokens, countTokensOfOne, countTokensSync } from './call/count-tokens.js'
import { encode, encodeSync } from './call/encode.js'
import { Model2VecError } from './errors.js'
import { localPath } from './runtime/local-path.js'
import { loadFor, loadOrLeave } from './model/load.js'
import { rowViews, rowViewsInTurns } from './matrix/row-views.js'
import type { EmbeddingMatrix } from './matrix/embedding-matrix.js'
import type { Model } from './model/model.js'
import { ModelState } from './model/state.js'
import { invalid } from './options/checks.js'
import { checkEncodeOptions, checkTokenizeAsyncOptions, checkTokenizeOptions } from './options/encode.js'
import type {
  CountAsyncOptions,
  CountOptions,
  EncodeOptions,
  PlainEncodeOptions,
  TokenizeAsyncOptions,
  TokenizeOptions,
  TypedEncodeOptions,
  UnsureEncodeOptions,
} from './options/encode.js'
import { checkLoadOptions } from './options/load.js'
import type { LoadOptions } from './options/load.js'
import { checkStreamOptions } from './options/stream.js'
import type { CheckedStreamOptions, ItemStreamOptions, StreamOptions } from './options/stream.js'
import { checkFormat } from './call/row.js'
import { encodeAsSequence, encodeAsSequenceSync } from './call/sequence.js'
import type { ModelSource } from './model/locate.js'
import { EncodeStream } from './stream/encode-stream.js'
import type { EncodeBatch, StreamBatch } from './stream/encode-stream.js'
import { openerOf } from './stream/stream-source.js'
import type { StreamSource } from './stream/stream-source.js'
import { transformStream } from './stream/transform.js'
import { oneText, textList, textListOrText } from './call/texts.js'
import { tokenize, tokenizeSync } from './call/tokenize.js'

const DEFAULT_MODEL = 'minishlab/potion-base-8M'

/**
 * The key in the constructor's options under which `load` passes a model that it has loaded. It is
 * in the options so that it also gets through the constructor of a subclass.
 */
const OPENED: unique symbol = Symbol('opened')

let stateOf: (ef: Model2VecEmbeddingFunction) => ModelState

/**
 * The model itself, for this package's own modules.
 *
 * @throws Model2VecError ERR_MODEL_NOT_READY, ERR_CLOSED, ERR_INVALID_OPTION
 */
export function modelOf(ef: Model2VecEmbeddingFunction): Model {
  return stateOf(ef).now()
}

/** As {@link modelOf}, but waits for a pending model. @throws (rejects) what `ready` does, too */
export async function readyModelOf(ef: Model2VecEmbeddingFunction, signal: AbortSignal | undefined): Promise<Model> {
  const state = stateOf(ef)
  return state.model ?? state.ready(signal)
}

/** A function on a model that is loaded already, for this package's own modules. */
export function functionOf(model: Model): Model2VecEmbeddingFunction {
  const opened = { [OPENED]: ModelState.loaded(model) } as LoadOptions
  return new Model2VecEmbeddingFunction(model.located.modelSource, opened)
}

/** The facts of a loaded model. */
export interface ModelInfo {
  /** The source as it was given: a directory, a `file:` URL, a Hub id. */
  readonly modelSource: string
  /** The directory that holds the model's files, with symbolic links resolved. */
  readonly path: string
  /** The Hub commit of the files, null for a directory. */
  readonly revision: string | null
  /** The option `subfolder` of the load, null where there was none. */
  readonly subfolder: string | null
  /** Dimensions of a vector. */
  readonly dim: number
  /** How many token ids there are. */
  readonly vocabSize: number
  /** The element type of the table. */
  readonly tableDtype: TableDtype
  /** The option `quantizeTo` of the load, null for the type in the file. */
  readonly quantizeTo: TableDtype | null
  /** The option `vocabularyQuantization` of the load, null for the table as it is. */
  readonly vocabularyQuantization: number | null
  /**
   * How the table is held now: in this process's memory, or mapped from the file. With the option
   * `memory` 'auto' it is 'map' for the first 50 milliseconds: see {@link LoadOptions.memory}.
   */
  readonly memory: 'copy' | 'map'
  /** Whether calls that don't set `normalize` scale vectors to length 1. */
  readonly normalize: boolean
  /** The most token ids of a text that are used by calls that don't set `maxLength`; null = all. */
  readonly maxLength: number | null
  /** 'native' = this package's own tokenizer, 'reference' = the `tokenizers` library, slower. */
  readonly tokenizer: 'native' | 'reference'
  /**
   * Why `tokenizer` is 'reference', as a sentence: the part of `tokenizer.json` that this package's
   * own tokenizer doesn't run. null where it is 'native'.
   */
  readonly tokenizerReason: string | null
  /**
   * The instruction set that vectors are computed with; all instruction sets give the same bits.
   */
  readonly kernel: string
  /**
   * Whether the model's directory has a head (`head.safetensors`), a trained classifier, regressor
   * or projection: here vectors are the base embeddings all the same, as those of Python's
   * `StaticModel`.
   */
  readonly hasHead: boolean
  /** How many threads a call may use. */
  readonly threads: number
}

/** For this package's own modules. */
export function infoOf(model: Model): ModelInfo {
  const { info, located, loadedAs, memory, normalize, maxLength, threads } = model
  return {
    modelSource: located.modelSource,
    path: info.path,
    revision: located.revision,
    subfolder: loadedAs.subfolder ?? null,
    dim: info.dim,
    vocabSize: info.vocabSize,
    tableDtype: info.tableDtype,
    quantizeTo: loadedAs.quantizeTo ?? null,
    vocabularyQuantization: loadedAs.vocabularyQuantization ?? null,
    memory,
    normalize,
    maxLength,
    tokenizer: info.tokenizer,
    tokenizerReason: info.tokenizerReason ?? null,
    kernel: info.kernel,
    hasHead: info.hasHead,
    threads,
  }
}

/**
 * Turns texts into Model2Vec vectors, the same as Python's model2vec 0.10.0 bit for bit.
 *
 * The counterpart of pymilvus's class of the same name. One instance serves any number of calls at
 * once; a model that is loaded twice, in one thread or in several worker threads, is in memory
 * once.
 *
 * @example
 * const ef = new Model2VecEmbeddingFunction()
 * const texts = ['Alan Turing was the first person to conduct substantial research in AI.']
 * const [vector] = await ef.encodeDocuments(texts)
 */
export class Model2VecEmbeddingFunction {
  readonly #state: ModelState
  #tokens: readonly string[] | null = null

  static {
    stateOf = (ef: unknown) => {
      if (typeof ef === 'object' && ef !== null && #state in ef) return ef.#state
      throw invalid('ef', 'a Model2VecEmbeddingFunction', ef)
    }
  }

  /**
   * Loads a model whose files are on this machine, on this thread. It looks for them in this order:
   * a directory that exists, the Hub cache, which is shared with Python's `huggingface_hub`, an
   * installed npm package that has the model of this id. A model of any other id stays pending:
   * `ready` and the async methods download it, and until then what needs it at once, such as `dim`,
   * throws `ERR_MODEL_NOT_READY`. With `vocabularyQuantization`, and with `forceDownload` for an
   * id, a model stays pending too.
   *
   * @param modelSource a directory (a path or a `file:` URL), or a Hub id. Default
   *   `minishlab/potion-base-8M`
   * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_MODEL_NOT_FOUND` (a path), `ERR_HUB_OFFLINE`
   *   (the model of an id is not on this machine, and the Hub must not be asked), and for broken
   *   files `ERR_MODEL_LAYOUT`, `ERR_BAD_CONFIG`, `ERR_BAD_TOKENIZER`, `ERR_UNSUPPORTED_TOKENIZER`,
   *   `ERR_BAD_SAFETENSORS`, `ERR_UNSUPPORTED_DTYPE`, `ERR_SHAPE_MISMATCH`; `ERR_NATIVE_NOT_FOUND`
   *   where this platform's native module is not installed
   * @throws OutOfMemoryError
   */
  constructor(modelSource: ModelSource = DEFAULT_MODEL, options?: LoadOptions) {
    const checked = checkLoadOptions(options)
    const opened = (options as { [OPENED]?: ModelState } | undefined)?.[OPENED]
    this.#state = opened ?? loadOrLeave(modelSource, checked)
  }

  /**
   * Does what the constructor does, but off the event loop, and downloads the model if needed.
   * Python: `StaticModel.from_pretrained`.
   *
   * @returns an instance that is ready; rejects with the errors of the constructor,
   *   `signal.reason`, or the error of a download: `ERR_HUB_OFFLINE`, `ERR_HUB_AUTH`,
   *   `ERR_HUB_HTTP`, `ERR_HUB_CACHE`, `ERR_MODEL_NOT_FOUND`
   */
  static async load<T extends Model2VecEmbeddingFunction>(
    this: new (modelSource?: ModelSource, options?: LoadOptions) => T,
    modelSource: ModelSource = DEFAULT_MODEL,
    options?: LoadOptions,
  ): Promise<T> {
    if (typeof this !== 'function') {
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        '`load` should be called on the class, `Model2VecEmbeddingFunction.load(…)`',
      )
    }
    const checked = checkLoadOptions(options)
    // The options are not passed again: they are checked already, and their getters may return
    // something else the second time.
    return loadFor(modelSource, checked, (opened) => new this(modelSource, { [OPENED]: opened } as LoadOptions))
  }

  /**
   * Resolves when the model is loaded: at once if the constructor has loaded it. A pending model is
   * downloaded (or quantized) now; after a failure, the next call of `ready` or of an async method
   * tries again.
   *
   * @throws (rejects) the errors of `load`, and `ERR_CLOSED` after `close`
   */
  async ready(): Promise<void> {
    await this.#state.ready()
  }

  /**
   * Dimensions of a vector. Python: `dim`.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get dim(): number {
    return this.info.dim
  }

  /**
   * Facts about the model and about how it runs.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get info(): ModelInfo {
    return infoOf(this.#state.now())
  }

  /**
   * The vocabulary: the token of each id, added tokens included; an empty string where no token has
   * the id. Python: `tokens`.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get tokens(): readonly string[] {
    const model = this.#state.now()
    return (this.#tokens ??= Object.freeze(model.tokens()))
  }

  /**
   * One token's row of the table, as `encodeAsSequence` gives it: weighted, not normalized.
   *
   * @param id a token id, as `tokenize` returns it: an integer ≥ 0. Not every number is an id, and
   *   the largest id can be above `info.vocabSize`
   * @returns a copy of the row: `dim` dimensions
   * @throws Model2VecError `ERR_INVALID_OPTION`, `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
   */
  embedding(id: number): FreshArray<'float32'> {
    return this.#state.now().embedding(id)
  }

  /** Fresh float32: see the last signature. */
  encodeDocuments(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<'float32'>[]>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeDocuments<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): Promise<A[]>
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeDocuments<D extends Dtype>(
    texts: readonly string[],
    options: UnsureEncodeOptions<D>,
  ): Promise<FreshArray<D | 'float32'>[]>
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeDocuments<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options?: EncodeOptions<D, A>,
  ): Promise<A[]>
  /**
   * One vector per text, in order. Python (pymilvus): `encode_documents`.
   *
   * The same vectors as {@link Model2VecEmbeddingFunction.encode}, as an array of rows instead of a
   * matrix.
   *
   * @param texts an array, which must not change until the promise settles
   * @returns one row per text: views on one buffer of texts × dim elements (⌈dim / 8⌉ bytes per row
   *   with `dtype` 'binary'). One row that is kept keeps the whole buffer in memory
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_OUT_TOO_SMALL`, `ERR_CLOSED`, OutOfMemoryError; `signal.reason` once aborted; for a
   *   pending model the errors of `ready`
   */
  encodeDocuments(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<'float32'>[]>
  async encodeDocuments(texts: readonly string[], options?: EncodeOptions<Dtype>): Promise<DtypeArray<Dtype>[]> {
    const list = textList(texts)
    const checked = checkEncodeOptions('encodeDocuments', options)
    const model = this.#state.model ?? (await this.#state.ready(checked.signal))
    return rowViewsInTurns(await encode(model, list, checked), checked.signal)
  }

  /** Fresh float32: see the last signature. */
  encodeQueries(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<'float32'>[]>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeQueries<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): Promise<A[]>
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeQueries<D extends Dtype>(
    texts: readonly string[],
    options: UnsureEncodeOptions<D>,
  ): Promise<FreshArray<D | 'float32'>[]>
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeQueries<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options?: EncodeOptions<D, A>,
  ): Promise<A[]>
  /**
   * The same vectors as {@link Model2VecEmbeddingFunction.encodeDocuments}: Model2Vec has no query
   * prompt. Python (pymilvus): `encode_queries`.
   */
  encodeQueries(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<'float32'>[]>
  async encodeQueries(texts: readonly string[], options?: EncodeOptions<Dtype>): Promise<DtypeArray<Dtype>[]> {
    const list = textList(texts)
    const checked = checkEncodeOptions('encodeQueries', options)
    const model = this.#state.model ?? (await this.#state.ready(checked.signal))
    return rowViewsInTurns(await encode(model, list, checked), checked.signal)
  }

  /** Fresh float32: see the last signature. */
  encodeDocumentsSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<'float32'>[]
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeDocumentsSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): A[]
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeDocumentsSync<D extends Dtype>(
    texts: readonly string[],
    options: UnsureEncodeOptions<D>,
  ): FreshArray<D | 'float32'>[]
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeDocumentsSync<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options?: EncodeOptions<D, A>,
  ): A[]
  /**
   * {@link Model2VecEmbeddingFunction.encodeDocuments} on this thread, which the pool's threads
   * help; throws instead of rejecting. A pending model is an error, `ERR_MODEL_NOT_READY`.
   */
  encodeDocumentsSync(texts: readonly string[], options?: EncodeOptions): FreshArray<'float32'>[]
  encodeDocumentsSync(texts: readonly string[], options?: EncodeOptions<Dtype>): DtypeArray<Dtype>[] {
    return rowViews(encodeSync(this.#state.now(), textList(texts), checkEncodeOptions('encodeDocumentsSync', options)))
  }

  /** Fresh float32: see the last signature. */
  encodeQueriesSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<'float32'>[]
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeQueriesSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): A[]
  /** For a `dtype` that may be undefined: then the elements are float32. */
  encodeQueriesSync<D extends Dtype>(
    texts: readonly string[],
    options: UnsureEncodeOptions<D>,
  ): FreshArray<D | 'float32'>[]
  /** For options that a caller passes on, whose `dtype` is a type parameter of its own. */
  encodeQueriesSync<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options?: EncodeOptions<D, A>,
  ): A[]
  /**
   * {@link Model2VecEmbeddingFunction.encodeQueries} on this thread, which the pool's threads help;
   * throws instead of rejecting. A pending model is an error, `ERR_MODEL_NOT_READY`.
   */
  encodeQueriesSync(texts: readonly string[], options?: EncodeOptions): FreshArray<'float32'>[]
  encodeQueriesSync(texts: readonly string[], options?: EncodeOptions<Dtype>): DtypeArray<Dtype>[] {
    return rowViews(encodeSync(this.#state.now(), textList(texts), checkEncodeOptions('encodeQueriesSync', options)))
  }

  /** Fresh float32: see the last signature. */
  encode(
    texts: string | readonly string[],
    options?: PlainEncodeOptions,
  ): Promise<EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encode<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): Promise<EmbeddingMatrix<D, A, TokenArray>>
  /** A `dtype` that may be undefined. */
  encode<D extends Dtype>(
    texts: string | readonly string[],
    options: UnsureEncodeOptions<D>,
  ): Promise<EmbeddingMatrix<D | 'float32', FreshArray<D | 'float32'>, TokenArray>>
  /** Options that are handed on. */
  encode<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options?: EncodeOptions<D, A>,
  ): Promise<EmbeddingMatrix<D, A, TokenArray>>
  /**
   * One vector per text, in one buffer: a matrix of texts × dim. Python: `encode`.
   *
   * The work runs off the event loop. A small call runs at once on this thread, because handing it
   * over would cost about as much: up to 256 texts, of together 16,384 UTF-16 units where
   * `info.tokenizer` is 'native', 512 where it is 'reference'. A lone surrogate is read as U+FFFD.
   * The vector of a text without a known token is all zeros.
   *
   * @param texts an array, which must not change until the promise settles, or one text, which
   *   gives a matrix of one row
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_OUT_TOO_SMALL`, `ERR_CLOSED`, OutOfMemoryError; `signal.reason` once aborted; for a
   *   pending model the errors of `ready`
   */
  encode(
    texts: string | readonly string[],
    options?: EncodeOptions,
  ): Promise<EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>>
  async encode(texts: string | readonly string[], options?: EncodeOptions<Dtype>): Promise<EmbeddingMatrix<Dtype>> {
    const list = textListOrText(texts)
    const checked = checkEncodeOptions('encode', options)
    return encode(this.#state.model ?? (await this.#state.ready(checked.signal)), list, checked)
  }

  /** Fresh float32: see the last signature. */
  encodeSync(
    texts: string | readonly string[],
    options?: PlainEncodeOptions,
  ): EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): EmbeddingMatrix<D, A, TokenArray>
  /** A `dtype` that may be undefined. */
  encodeSync<D extends Dtype>(
    texts: string | readonly string[],
    options: UnsureEncodeOptions<D>,
  ): EmbeddingMatrix<D | 'float32', FreshArray<D | 'float32'>, TokenArray>
  /** Options that are handed on. */
  encodeSync<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options?: EncodeOptions<D, A>,
  ): EmbeddingMatrix<D, A, TokenArray>
  /**
   * {@link Model2VecEmbeddingFunction.encode} on this thread, with the help of others; throws
   * instead of rejecting.
   */
  encodeSync(
    texts: string | readonly string[],
    options?: EncodeOptions,
  ): EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>
  encodeSync(texts: string | readonly string[], options?: EncodeOptions<Dtype>): EmbeddingMatrix<Dtype> {
    return encodeSync(this.#state.now(), textListOrText(texts), checkEncodeOptions('encodeSync', options))
  }

  /** Fresh float32: see the last signature. */
  encodeOne(text: string, options?: PlainEncodeOptions): Promise<FreshArray<'float32'>>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeOne<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    text: string,
    options: TypedEncodeOptions<D, A>,
  ): Promise<A>
  /** A `dtype` that may be undefined. */
  encodeOne<D extends Dtype>(text: string, options: UnsureEncodeOptions<D>): Promise<FreshArray<D | 'float32'>>
  /** Options that are handed on. */
  encodeOne<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    text: string,
    options?: EncodeOptions<D, A>,
  ): Promise<A>
  /**
   * The vector of one text: the only row of {@link Model2VecEmbeddingFunction.encode}.
   *
   * @returns `dim` elements, in memory of their own unless `out` is given
   * @throws (rejects) as `encode`
   */
  encodeOne(text: string, options?: EncodeOptions): Promise<FreshArray<'float32'>>
  async encodeOne(text: string, options?: EncodeOptions<Dtype>): Promise<DtypeArray<Dtype>> {
    const list = oneText(text)
    const checked = checkEncodeOptions('encodeOne', options)
    const made = encode(this.#state.model ?? (await this.#state.ready(checked.signal)), list, checked)
    // A small call has its result at once, and waits for nothing.
    return 'data' in made ? made.data : (await made).data
  }

  /** Fresh float32: see the last signature. */
  encodeOneSync(text: string, options?: PlainEncodeOptions): FreshArray<'float32'>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeOneSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    text: string,
    options: TypedEncodeOptions<D, A>,
  ): A
  /** A `dtype` that may be undefined. */
  encodeOneSync<D extends Dtype>(text: string, options: UnsureEncodeOptions<D>): FreshArray<D | 'float32'>
  /** Options that are handed on. */
  encodeOneSync<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    text: string,
    options?: EncodeOptions<D, A>,
  ): A
  /**
   * {@link Model2VecEmbeddingFunction.encodeOne} on this thread, with the help of others; throws
   * instead of rejecting.
   */
  encodeOneSync(text: string, options?: EncodeOptions): FreshArray<'float32'>
  encodeOneSync(text: string, options?: EncodeOptions<Dtype>): DtypeArray<Dtype> {
    return encodeSync(this.#state.now(), oneText(text), checkEncodeOptions('encodeOneSync', options)).data
  }

  /**
   * The token ids that `encode` pools with the same `maxLength`: without special tokens and without
   * the unknown id. Python: `tokenize`, after the truncation that `encode` does before it.
   *
   * The work is done on this thread, which the pool's threads help. So much text holds the event
   * loop; {@link Model2VecEmbeddingFunction.tokenizeAsync} does not hold it.
   *
   * @returns one array of ids per text: views on one buffer
   * @throws InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
   */
  tokenize(texts: string | readonly string[], options?: TokenizeOptions): TokenArray[] {
    return this.#tokenize('tokenize', texts, options)
  }

  /**
   * The same as {@link Model2VecEmbeddingFunction.tokenize}, under the name that matches
   * `tokenizeAsync`.
   */
  tokenizeSync(texts: string | readonly string[], options?: TokenizeOptions): TokenArray[] {
    return this.#tokenize('tokenizeSync', texts, options)
  }

  #tokenize(method: string, texts: unknown, options: unknown): TokenArray[] {
    const list = textListOrText(texts)
    const { maxLength } = checkTokenizeOptions(method, options)
    return tokenizeSync(this.#state.now(), list, maxLength)
  }

  /**
   * {@link Model2VecEmbeddingFunction.tokenize} off the event loop; a small call runs at once, as
   * in `encode`.
   *
   * @param texts an array, which must not change until the promise settles, or one text
   * @returns one array of ids per text: views on one buffer
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_CLOSED`, OutOfMemoryError; `signal.reason` once aborted; for a pending model the errors
   *   of `ready`
   */
  async tokenizeAsync(texts: string | readonly string[], options?: TokenizeAsyncOptions): Promise<TokenArray[]> {
    const list = textListOrText(texts)
    const { maxLength, signal } = checkTokenizeAsyncOptions('tokenizeAsync', options)
    const model = this.#state.model ?? (await this.#state.ready(signal))
    return tokenize(model, list, maxLength, signal)
  }

  countTokens(text: string, options?: CountOptions): number
  countTokens(texts: readonly string[], options?: CountOptions): TokenArray
  /**
   * How many token ids a text has, without special tokens: all of them, the unknown id included,
   * and not cut at the model's `maxLength`. For splitters and for limits that are counted in
   * tokens. `encode` pools fewer where it cuts the text, or where ids are unknown. Python:
   * `len(tokenizer.encode(text, add_special_tokens=False).ids)`.
   *
   * On this thread, with the help of others: much text holds the event loop, which
   * {@link Model2VecEmbeddingFunction.countTokensAsync} does not.
   *
   * @returns of one text its count, of an array a Uint32Array with the count of each
   * @throws InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`,
   * `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
   */
  countTokens(texts: string | readonly string[], options?: CountOptions): number | TokenArray
  countTokens(texts: string | readonly string[], options?: CountOptions): number | TokenArray {
    const list = typeof texts === 'string' ? texts : textListOrText(texts)
    const { maxLength } = checkTokenizeOptions('countTokens', options)
    const model = this.#state.now()
    return typeof list === 'string'
      ? countTokensOfOne(model, list, maxLength ?? null)
      : countTokensSync(model, list, maxLength ?? null)
  }

  countTokensAsync(text: string, options?: CountAsyncOptions): Promise<number>
  countTokensAsync(texts: readonly string[], options?: CountAsyncOptions): Promise<TokenArray>
  /**
   * {@link Model2VecEmbeddingFunction.countTokens} off the event loop; a small call runs at once,
   * as in `encode`.
   *
   * @param texts an array, which must not change until the promise settles, or one text
   * @throws (rejects) as {@link Model2VecEmbeddingFunction.tokenizeAsync}
   */
  countTokensAsync(texts: string | readonly string[], options?: CountAsyncOptions): Promise<number | TokenArray>
  async countTokensAsync(texts: string | readonly string[], options?: CountAsyncOptions): Promise<number | TokenArray> {
    const list = textListOrText(texts)
    const { maxLength, signal } = checkTokenizeAsyncOptions('countTokensAsync', options)
    const model = this.#state.model ?? (await this.#state.ready(signal))
    const counts = await countTokens(model, list, maxLength ?? null, signal)
    return typeof texts === 'string' ? (counts[0] ?? 0) : counts
  }

  /** Fresh float32: see the last signature. */
  encodeAsSequence(
    texts: string | readonly string[],
    options?: PlainEncodeOptions,
  ): Promise<EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>[]>
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeAsSequence<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): Promise<EmbeddingMatrix<D, A, TokenArray>[]>
  /** A `dtype` that may be undefined. */
  encodeAsSequence<D extends Dtype>(
    texts: string | readonly string[],
    options: UnsureEncodeOptions<D>,
  ): Promise<EmbeddingMatrix<D | 'float32', FreshArray<D | 'float32'>, TokenArray>[]>
  /** Options that are handed on. */
  encodeAsSequence<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options?: EncodeOptions<D, A>,
  ): Promise<EmbeddingMatrix<D, A, TokenArray>[]>
  /**
   * One vector per token: for each text a matrix of ids × dim, with a row for each id of
   * `tokenize`. Python: `encode_as_sequence`.
   *
   * As in Python, the model's own `maxLength` is ignored: only the option truncates. Rows are
   * scaled to length 1 only with `normalize: true`. A text without tokens has no rows. `out` gets
   * the rows of all texts, one text after the other. A small call runs at once, as in `encode`,
   * here up to 512 UTF-16 units.
   *
   * @throws (rejects) the errors of `encode`
   */
  encodeAsSequence(
    texts: string | readonly string[],
    options?: EncodeOptions,
  ): Promise<EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>[]>
  async encodeAsSequence(
    texts: string | readonly string[],
    options?: EncodeOptions<Dtype>,
  ): Promise<EmbeddingMatrix<Dtype>[]> {
    const list = textListOrText(texts)
    const checked = checkEncodeOptions('encodeAsSequence', options)
    return encodeAsSequence(this.#state.model ?? (await this.#state.ready(checked.signal)), list, checked)
  }

  /** Fresh float32: see the last signature. */
  encodeAsSequenceSync(
    texts: string | readonly string[],
    options?: PlainEncodeOptions,
  ): EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>[]
  /** With a `dtype`, the elements are of that type: see the last signature. */
  encodeAsSequenceSync<D extends Dtype, A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options: TypedEncodeOptions<D, A>,
  ): EmbeddingMatrix<D, A, TokenArray>[]
  /** A `dtype` that may be undefined. */
  encodeAsSequenceSync<D extends Dtype>(
    texts: string | readonly string[],
    options: UnsureEncodeOptions<D>,
  ): EmbeddingMatrix<D | 'float32', FreshArray<D | 'float32'>, TokenArray>[]
  /** Options that are handed on. */
  encodeAsSequenceSync<D extends Dtype = 'float32', A extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options?: EncodeOptions<D, A>,
  ): EmbeddingMatrix<D, A, TokenArray>[]
  /**
   * {@link Model2VecEmbeddingFunction.encodeAsSequence} on this thread, with the help of others;
   * throws instead of rejecting.
   */
  encodeAsSequenceSync(
    texts: string | readonly string[],
    options?: EncodeOptions,
  ): EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>[]
  encodeAsSequenceSync(texts: string | readonly string[], options?: EncodeOptions<Dtype>): EmbeddingMatrix<Dtype>[] {
    return encodeAsSequenceSync(
      this.#state.now(),
      textListOrText(texts),
      checkEncodeOptions('encodeAsSequenceSync', options),
    )
  }

  /** For items that are not texts: the option `text` returns the text of an item. */
  encodeStream<Item, D extends Dtype = 'float32'>(
    source: StreamSource<Item>,
    options: ItemStreamOptions<Item, D>,
  ): AsyncGenerator<StreamBatch<Item, D>, void, undefined>
  /**
   * Encodes a source of any length: gives batches of items with a row for each item, in order.
   * Computing overlaps reading, and a slow consumer stops the reader: at most `concurrency + 2`
   * batches are read that were not given out.
   *
   * Nothing is read before the first batch is requested. An error (of a text, the source or a call)
   * is thrown in order, after the batches before it. The error of an item has an `index`, the
   * item's place in the source; that of a batch has the `index` of its first item. `break`,
   * `return()`, an error and `signal` close the source (by its iterator's `return`, or a stream's
   * `destroy` or `cancel`) and end the running calls.
   *
   * @param source an iterable, an async iterable, a Node stream or a Web stream
   * @throws at once: InvalidTextError `ERR_INVALID_TEXT` when `source` is none of these,
   *   Model2VecError `ERR_INVALID_OPTION`. The iteration rejects with InvalidTextError, the errors
   *   of `encode`, `signal.reason` once aborted, or the error of the source
   * @example
   * const batches = ef.encodeStream(rows, { text: (row) => row.body })
   * for await (const { items, embeddings } of batches) await insert(items, embeddings)
   */
  encodeStream<D extends Dtype = 'float32'>(
    source: StreamSource<string>,
    options?: StreamOptions<string, D>,
  ): AsyncGenerator<StreamBatch<string, D>, void, undefined>
  encodeStream(
    source: StreamSource<unknown>,
    options?: StreamOptions<never, Dtype>,
  ): AsyncGenerator<StreamBatch<unknown, Dtype>, void, undefined> {
    const checked = this.#checkStreamOptions('encodeStream', options)
    return new EncodeStream(this.#batchEncoder(checked), openerOf(source), checked)
  }

  /** For items that are not texts: the option `text` returns the text of an item. */
  transform<Item, D extends Dtype = 'float32'>(
    options: ItemStreamOptions<Item, D>,
  ): TransformStream<Item, StreamBatch<Item, D>>
  /**
   * {@link Model2VecEmbeddingFunction.encodeStream} as a `TransformStream`, for `pipeThrough`: it
   * takes texts or items, and gives batches. An error of an item fails both sides.
   *
   * @throws Model2VecError `ERR_INVALID_OPTION`
   */
  transform<D extends Dtype = 'float32'>(
    options?: StreamOptions<string, D>,
  ): TransformStream<string, StreamBatch<string, D>>
  transform(options?: StreamOptions<never, Dtype>): TransformStream<unknown, StreamBatch<unknown, Dtype>> {
    const checked = this.#checkStreamOptions('transform', options)
    return transformStream(this.#batchEncoder(checked), checked)
  }

  #checkStreamOptions(method: string, options: unknown): CheckedStreamOptions {
    const checked = checkStreamOptions(method, options)
    checkFormat(checked.encode, this.#state.loaded)
    return checked
  }

  #batchEncoder({ encode: options }: CheckedStreamOptions): EncodeBatch {
    return async (texts, signal) => {
      const model = this.#state.model ?? (await this.#state.ready(signal))
      // A stream has no `out`.
      return encode(model, textList(texts), { ...options, signal }) as ReturnType<EncodeBatch>
    }
  }

  /**
   * Writes the model as it is loaded (after `quantizeTo`, `dimensionality` and
   * `vocabularyQuantization`) into a directory that Python's `from_pretrained` and this class can
   * load: `model.safetensors`, `tokenizer.json`, `modules.json`, and `config.json`, which has this
   * instance's `normalize` and `maxLength`. Python: `save_pretrained`, without its model card.
   *
   * A directory that exists is replaced by renaming, once the new one is complete and on the disk;
   * other files in it stay. A crash leaves the old model or the new one, or, between the two
   * renames, no directory under this name. The directory whose table is mapped and the working
   * directory are refused.
   *
   * @param directory a path or a `file:` URL; created if it does not exist, and so are the
   *   directories above it
   * @throws (rejects) Model2VecError `ERR_INVALID_OPTION`, also when the directory can't be written
   *   or when the files of the model have changed since it was loaded; `ERR_CLOSED`; for a pending
   *   model the errors of `ready`
   */
  async savePretrained(directory: string | URL): Promise<void> {
    const place = localPath('directory', directory)
    const model = this.#state.model ?? (await this.#state.ready())
    await model.save(place)
  }

  /**
   * Releases the model. Calls that are running finish. Later calls, calls that wait for a pending
   * model, and the properties (`dim`, `info`, `tokens`) fail with `ERR_CLOSED`. A second `close`
   * does nothing.
   */
  close(): void {
    this.#state.close()
  }

  /** {@link Model2VecEmbeddingFunction.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }
}
