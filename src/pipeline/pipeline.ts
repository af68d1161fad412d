// Model2VecPipeline: the public class for a model with a head. It checks arguments; the modules that
// it calls do the work. Its docstrings are the API's documentation: `npm run api` copies them to
// index.d.ts.

// The compiler takes the first signature that fits a call, and the last one for `ReturnType`: both
// say what plain calls give.
/* eslint @typescript-eslint/unified-signatures: 'off' */

import { textListOrText } from '../call/texts.js'
import type { Dtype, DtypeArray, FreshArray, TokenArray } from '../dtype.js'
import { functionOf, infoOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction, ModelInfo } from '../embedding-function.js'
import { Model2VecError } from '../errors.js'
import { localPath } from '../runtime/local-path.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { ModelHead } from '../model/head.js'
import { loadFor, loadOrLeave } from '../model/load.js'
import type { ModelSource } from '../model/locate.js'
import type { Model } from '../model/model.js'
import type { ModelState } from '../model/state.js'
import type { HeadOutput } from '../native/interface.js'
import { checkEncodeOptions } from '../options/encode.js'
import type { EncodeOptions, PlainEncodeOptions } from '../options/encode.js'
import { checkLoadOptions } from '../options/load.js'
import type { CheckedLoadOptions, LoadOptions } from '../options/load.js'
import { checkPredictOptions, checkPredictStreamOptions, checkProbabilityOptions } from '../options/predict.js'
import type {
  PredictItemStreamOptions,
  PredictOptions,
  PredictStreamOptions,
  ProbabilityOptions,
} from '../options/predict.js'
import { isVectors } from '../options/search.js'
import type { SearchVectors } from '../options/search.js'
import type { ItemStreamOptions, StreamOptions } from '../options/stream.js'
import type { StreamBatch } from '../stream/encode-stream.js'
import type { StreamSource } from '../stream/stream-source.js'
import { headOf, headRows, headRowsSync, outputOf, predict, predictSync, thresholdIn } from './predict.js'
import type { PredictInput } from './predict.js'
import { predictStream } from './predict-stream.js'
import type { PredictBatch } from './predict-stream.js'
import type { Activation, HeadRows, Label, Predictions } from './predictions.js'

/**
 * The key in the constructor's options under which `load` passes a model that it has loaded. It is
 * in the options so that it also gets through the constructor of a subclass.
 */
const OPENED: unique symbol = Symbol('opened')

let stateOf: (pipeline: Model2VecPipeline) => ModelState

/**
 * What the head makes of each text, as rows of an embedding function, which is closed with the
 * pipeline. For this package's own modules.
 *
 * @throws Model2VecError ERR_BAD_HEAD, ERR_MODEL_NOT_READY, ERR_CLOSED
 */
export function predictingFunction(pipeline: Model2VecPipeline): Model2VecEmbeddingFunction {
  const model = stateOf(pipeline).now()
  return functionOf(model.throughHead(outputOf(model)))
}

/** What a probability of the head is compared with. For this package's own modules. */
export function comparedThreshold(pipeline: Model2VecPipeline, threshold: number): number {
  return thresholdIn(headOf(stateOf(pipeline).now()).precision, threshold)
}

/** What the head makes of each embedding. For this package's own modules. */
export async function rowsOfMatrix(
  pipeline: Model2VecPipeline,
  output: HeadOutput,
  matrix: SearchVectors,
  signal: AbortSignal,
): Promise<EmbeddingMatrix<Dtype>> {
  return headRows(stateOf(pipeline).now(), output, matrix, { ...checkProbabilityOptions('predict', {}), signal })
}

/** The facts of a loaded pipeline: those of its model, and its head's. */
export interface PipelineInfo extends ModelInfo {
  /** Numbers of a result row: how many classes there are, or dimensions of a projection. */
  readonly dim: number
  /** Dimensions of an embedding, which the head takes. */
  readonly embeddingDim: number
  /** What the head computes last. */
  readonly activation: Activation
  /** How many layers the head has; with none, a row is the embedding. */
  readonly layers: number
}

/**
 * A model with a trained head, as model2vec 0.10 saves it: a classifier (language, topic, quality,
 * toxicity), a regressor, or a fine-tuned projection. The counterpart of Python's
 * `StaticModelPipeline`, with its labels: what the two agree on to which digit is in docs/PARITY.md.
 *
 * One instance serves any number of calls at once. The type arguments say what is known of the head:
 * its activation, and the type of its classes.
 *
 * @example
 * const pipeline = await Model2VecPipeline.load<'softmax', string>('./language')
 * const labels = await pipeline.predict(['Guten Morgen', 'Good morning']) // ['de', 'en']
 */
export class Model2VecPipeline<A extends Activation = Activation, L extends Label = Label> {
  readonly #state: ModelState
  #embedder: Model2VecEmbeddingFunction | null = null
  #projection: Model2VecEmbeddingFunction | null = null

  static {
    stateOf = (pipeline) => pipeline.#state
  }

  /**
   * Loads a model and its head, as the constructor of `Model2VecEmbeddingFunction` loads a model: at
   * once when the files are on this machine, else it stays pending until `ready` or an async method
   * downloads it.
   *
   * @param modelSource a directory (a path or a `file:` URL), or a Hub id
   * @throws Model2VecError the errors of that constructor, and `ERR_BAD_HEAD` when there is no head
   *   (`head.safetensors`), or it is broken or doesn't fit the model
   * @throws OutOfMemoryError
   */
  constructor(modelSource: ModelSource, options?: LoadOptions) {
    const checked = checkedOptions(options)
    const opened = (options as { [OPENED]?: ModelState } | undefined)?.[OPENED]
    this.#state = opened ?? loadOrLeave(modelSource, checked)
  }

  /** Of a subclass. */
  static load<T extends Model2VecPipeline>(
    this: new (modelSource: ModelSource, options?: LoadOptions) => T,
    modelSource: ModelSource,
    options?: LoadOptions,
  ): Promise<T>
  /**
   * Does what the constructor does, but off the event loop, and downloads model and head if needed.
   * Python: `StaticModelPipeline.from_pretrained`.
   *
   * @returns an instance that is ready; rejects with the errors of the constructor and those of
   *   `Model2VecEmbeddingFunction.load`
   */
  static load<A extends Activation = Activation, L extends Label = Label>(
    modelSource: ModelSource,
    options?: LoadOptions,
  ): Promise<Model2VecPipeline<A, L>>
  static async load<T extends Model2VecPipeline>(
    this: new (modelSource: ModelSource, options?: LoadOptions) => T,
    modelSource: ModelSource,
    options?: LoadOptions,
  ): Promise<T> {
    if (typeof this !== 'function') {
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        '`load` should be called on the class, `Model2VecPipeline.load(…)`',
      )
    }
    const checked = checkedOptions(options)
    // The options are not passed again: they are checked already, and their getters may return
    // something else the second time.
    return loadFor(modelSource, checked, (opened) => new this(modelSource, { [OPENED]: opened } as LoadOptions))
  }

  /**
   * Resolves when model and head are loaded, as `Model2VecEmbeddingFunction.ready` does.
   *
   * @throws (rejects) the errors of `load`, and `ERR_CLOSED` after `close`
   */
  async ready(): Promise<void> {
    await this.#state.ready()
  }

  /**
   * The classes in the order of the columns of `predictProba`; null where the head names none: that
   * of a regressor or a projection. Python: `classes_`.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get classes(): readonly L[] | null {
    return this.#head().classes as readonly L[] | null
  }

  /**
   * What the head computes last.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get activation(): A {
    return this.#head().activation as A
  }

  /**
   * Numbers of a result row: how many classes there are, or dimensions of a projection.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get dim(): number {
    return this.#head().outputs
  }

  /**
   * Facts about the model, its head, and how they run.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get info(): PipelineInfo {
    const model = this.#state.now()
    const { activation, layers, inputs, outputs } = headOf(model)
    return { ...infoOf(model), dim: outputs, embeddingDim: inputs, activation, layers }
  }

  /**
   * The model without the head: its embeddings, from the same table in memory. Several heads can
   * share the matrices that it gives: see `predict`. `close` closes it too, and once it is closed
   * itself it stays so. Python: `model`, whose table has 0 for NaN and the largest number for
   * infinity, as here.
   *
   * @throws Model2VecError `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  get embedder(): Model2VecEmbeddingFunction {
    const model = this.#state.now()
    return (this.#embedder ??= functionOf(model.share()))
  }

  /**
   * The labels of texts: for each text the most likely class (softmax), or every class whose
   * probability is above `threshold` (sigmoid: multi-label), which may be none. With the activation
   * identity there are no labels: a row for each text. Python: `predict`.
   *
   * A small call runs at once, a large one on the engine's threads.
   *
   * @param input the texts (one text is a list of one); or their embeddings, a matrix that `embedder.encode` gave (float32,
   *   float16 or bfloat16), so that several heads share one embedding
   * @throws (rejects) InvalidTextError `ERR_INVALID_TEXT`; Model2VecError `ERR_INVALID_OPTION`,
   *   `ERR_SHAPE_MISMATCH` (a matrix of other dimensions), `ERR_BAD_HEAD` (no class has a name),
   *   `ERR_CLOSED`, for a pending model the errors of `ready`; OutOfMemoryError; `signal.reason`
   */
  async predict(
    input: string | readonly string[] | SearchVectors,
    options?: PredictOptions,
  ): Promise<Predictions<A, L>> {
    const checked = checkPredictOptions('predict', options)
    const given = inputOf(input)
    const model = this.#state.model ?? (await this.#state.ready(checked.encode.signal))
    return (await predict(model, given, checked)).predictions as Predictions<A, L>
  }

  /** {@link Model2VecPipeline.predict} on this thread, with the help of others; throws instead of rejecting. */
  predictSync(input: string | readonly string[] | SearchVectors, options?: PredictOptions): Predictions<A, L> {
    const checked = checkPredictOptions('predictSync', options)
    return predictSync(this.#state.now(), inputOf(input), checked).predictions as Predictions<A, L>
  }

  /** Of embeddings: `tokens` are those of the matrix. */
  predictProba(matrix: SearchVectors, options?: ProbabilityOptions): Promise<HeadRows>
  /**
   * The probability of every class: texts × classes. The rows of softmax have the sum 1; those of
   * sigmoid are each class's own. Python: `predict_proba`.
   *
   * @throws (rejects) the errors of `predict`; Model2VecError `ERR_BAD_HEAD` for a head with the
   *   activation identity, which has no probabilities
   */
  predictProba(texts: string | readonly string[], options?: ProbabilityOptions): Promise<HeadRows<TokenArray>>
  async predictProba(
    input: string | readonly string[] | SearchVectors,
    options?: ProbabilityOptions,
  ): Promise<HeadRows> {
    const checked = checkProbabilityOptions('predictProba', options)
    const given = inputOf(input)
    const model = this.#state.model ?? (await this.#state.ready(checked.signal))
    assertHasProbabilities(model)
    return (await headRows(model, 'activated', given, checked)) as HeadRows
  }

  /** Of embeddings: `tokens` are those of the matrix. */
  predictProbaSync(matrix: SearchVectors, options?: ProbabilityOptions): HeadRows
  /** {@link Model2VecPipeline.predictProba} on this thread, with the help of others; throws instead of rejecting. */
  predictProbaSync(texts: string | readonly string[], options?: ProbabilityOptions): HeadRows<TokenArray>
  predictProbaSync(input: string | readonly string[] | SearchVectors, options?: ProbabilityOptions): HeadRows {
    const checked = checkProbabilityOptions('predictProbaSync', options)
    const model = this.#state.now()
    assertHasProbabilities(model)
    return headRowsSync(model, 'activated', inputOf(input), checked) as HeadRows
  }

  /** For items that are not texts: the option `text` returns the text of an item. */
  predictStream<Item>(
    source: StreamSource<Item>,
    options: PredictItemStreamOptions<Item>,
  ): AsyncGenerator<PredictBatch<Item, A, L>, void, undefined>
  /**
   * Predicts for a source of any length: gives batches of items with what was predicted for each and
   * how probable that is. It reads, ends and fails as `Model2VecEmbeddingFunction.encodeStream`.
   *
   * @param source an iterable, an async iterable, a Node stream or a Web stream
   * @throws at once: InvalidTextError `ERR_INVALID_TEXT` when `source` is none of these,
   *   Model2VecError `ERR_INVALID_OPTION`. The iteration rejects with the errors of `predict` and of
   *   the source
   * @example
   * for await (const { items, predictions, scores } of pipeline.predictStream(texts)) {
   *   keep(items.filter((_, i) => predictions[i] === 'en' && scores[i] > 0.8))
   * }
   */
  predictStream(
    source: StreamSource<string>,
    options?: PredictStreamOptions<string>,
  ): AsyncGenerator<PredictBatch<string, A, L>, void, undefined>
  predictStream(
    source: StreamSource<unknown>,
    options?: PredictStreamOptions<never>,
  ): AsyncGenerator<PredictBatch<unknown, A, L>, void, undefined> {
    const checked = checkPredictStreamOptions('predictStream', options)
    return predictStream<unknown, A, L>(this.#state, source, checked)
  }

  /** Fresh float32: see the last signature. */
  encode(
    texts: string | readonly string[],
    options?: PlainEncodeOptions,
  ): Promise<EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>>
  /** Options that are handed on. */
  encode<D extends Dtype = 'float32', Out extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options: EncodeOptions<D, Out>,
  ): Promise<EmbeddingMatrix<D, Out, TokenArray>>
  /**
   * The rows of a projection as embeddings, in one matrix, with all options of
   * `Model2VecEmbeddingFunction.encode`: so a pipeline can be given to every integration. A row is
   * scaled to length 1 only with `normalize: true`.
   *
   * @throws (rejects) the errors of `Model2VecEmbeddingFunction.encode`; Model2VecError
   *   `ERR_BAD_HEAD` for a classifier, whose rows are no embeddings
   */
  encode(
    texts: string | readonly string[],
    options?: EncodeOptions,
  ): Promise<EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>>
  async encode(texts: string | readonly string[], options?: EncodeOptions<Dtype>): Promise<EmbeddingMatrix<Dtype>> {
    const model = this.#state.model ?? (await this.#state.ready(checkEncodeOptions('encode', options).signal))
    return this.#projected(model).encode(texts, options as PlainEncodeOptions)
  }

  /** Fresh float32: see the last signature. */
  encodeSync(
    texts: string | readonly string[],
    options?: PlainEncodeOptions,
  ): EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>
  /** Options that are handed on. */
  encodeSync<D extends Dtype = 'float32', Out extends DtypeArray<D> = FreshArray<D>>(
    texts: string | readonly string[],
    options: EncodeOptions<D, Out>,
  ): EmbeddingMatrix<D, Out, TokenArray>
  /** {@link Model2VecPipeline.encode} on this thread, with the help of others; throws instead of rejecting. */
  encodeSync(
    texts: string | readonly string[],
    options?: EncodeOptions,
  ): EmbeddingMatrix<'float32', FreshArray<'float32'>, TokenArray>
  encodeSync(texts: string | readonly string[], options?: EncodeOptions<Dtype>): EmbeddingMatrix<Dtype> {
    return this.#projected(this.#state.now()).encodeSync(texts, options as PlainEncodeOptions)
  }

  /** Fresh float32: see the last signature. */
  encodeDocuments(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<'float32'>[]>
  /** Options that are handed on. */
  encodeDocuments<D extends Dtype = 'float32', Out extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: EncodeOptions<D, Out>,
  ): Promise<Out[]>
  /** The rows of {@link Model2VecPipeline.encode}, as views on one buffer. */
  encodeDocuments(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<'float32'>[]>
  async encodeDocuments(texts: readonly string[], options?: EncodeOptions<Dtype>): Promise<DtypeArray<Dtype>[]> {
    const model = this.#state.model ?? (await this.#state.ready(checkEncodeOptions('encodeDocuments', options).signal))
    return this.#projected(model).encodeDocuments(texts, options as PlainEncodeOptions)
  }

  /** Fresh float32: see the last signature. */
  encodeQueries(texts: readonly string[], options?: PlainEncodeOptions): Promise<FreshArray<'float32'>[]>
  /** Options that are handed on. */
  encodeQueries<D extends Dtype = 'float32', Out extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: EncodeOptions<D, Out>,
  ): Promise<Out[]>
  /** The same as {@link Model2VecPipeline.encodeDocuments}. */
  encodeQueries(texts: readonly string[], options?: EncodeOptions): Promise<FreshArray<'float32'>[]>
  async encodeQueries(texts: readonly string[], options?: EncodeOptions<Dtype>): Promise<DtypeArray<Dtype>[]> {
    const model = this.#state.model ?? (await this.#state.ready(checkEncodeOptions('encodeQueries', options).signal))
    return this.#projected(model).encodeQueries(texts, options as PlainEncodeOptions)
  }

  /** Fresh float32: see the last signature. */
  encodeDocumentsSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<'float32'>[]
  /** Options that are handed on. */
  encodeDocumentsSync<D extends Dtype = 'float32', Out extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: EncodeOptions<D, Out>,
  ): Out[]
  /** {@link Model2VecPipeline.encodeDocuments} on this thread, with the help of others; throws instead of rejecting. */
  encodeDocumentsSync(texts: readonly string[], options?: EncodeOptions): FreshArray<'float32'>[]
  encodeDocumentsSync(texts: readonly string[], options?: EncodeOptions<Dtype>): DtypeArray<Dtype>[] {
    return this.#projected(this.#state.now()).encodeDocumentsSync(texts, options as PlainEncodeOptions)
  }

  /** Fresh float32: see the last signature. */
  encodeQueriesSync(texts: readonly string[], options?: PlainEncodeOptions): FreshArray<'float32'>[]
  /** Options that are handed on. */
  encodeQueriesSync<D extends Dtype = 'float32', Out extends DtypeArray<D> = FreshArray<D>>(
    texts: readonly string[],
    options: EncodeOptions<D, Out>,
  ): Out[]
  /** The same as {@link Model2VecPipeline.encodeDocumentsSync}. */
  encodeQueriesSync(texts: readonly string[], options?: EncodeOptions): FreshArray<'float32'>[]
  encodeQueriesSync(texts: readonly string[], options?: EncodeOptions<Dtype>): DtypeArray<Dtype>[] {
    return this.#projected(this.#state.now()).encodeQueriesSync(texts, options as PlainEncodeOptions)
  }

  /** For items that are not texts: the option `text` returns the text of an item. */
  encodeStream<Item, D extends Dtype = 'float32'>(
    source: StreamSource<Item>,
    options: ItemStreamOptions<Item, D>,
  ): AsyncGenerator<StreamBatch<Item, D>, void, undefined>
  /**
   * The rows of a projection for a source of any length: see
   * `Model2VecEmbeddingFunction.encodeStream`.
   *
   * @throws at once the errors of `Model2VecEmbeddingFunction.encodeStream`; Model2VecError
   *   `ERR_BAD_HEAD` for a classifier, `ERR_MODEL_NOT_READY` while the model is pending, `ERR_CLOSED`
   */
  encodeStream<D extends Dtype = 'float32'>(
    source: StreamSource<string>,
    options?: StreamOptions<string, D>,
  ): AsyncGenerator<StreamBatch<string, D>, void, undefined>
  encodeStream(
    source: StreamSource<string>,
    options?: StreamOptions<string, Dtype>,
  ): AsyncGenerator<StreamBatch<string, Dtype>, void, undefined> {
    return this.#projected(this.#state.now()).encodeStream(source, options)
  }

  /**
   * Writes the model with its head into a directory that Python's
   * `StaticModelPipeline.from_pretrained` and this class can load: as
   * `Model2VecEmbeddingFunction.savePretrained`, and `head.safetensors`. Python: `save_pretrained`.
   *
   * @param directory a path or a `file:` URL; created if it does not exist
   * @throws (rejects) the errors of `Model2VecEmbeddingFunction.savePretrained`
   */
  async savePretrained(directory: string | URL): Promise<void> {
    const place = localPath('directory', directory)
    const model = this.#state.model ?? (await this.#state.ready())
    await model.save(place, true)
  }

  /**
   * Releases the model, and closes `embedder`. Calls that are running finish. Later calls and the
   * properties fail with `ERR_CLOSED`. A second `close` does nothing.
   */
  close(): void {
    this.#embedder?.close()
    this.#state.close()
  }

  /** {@link Model2VecPipeline.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  #head(): ModelHead {
    return headOf(this.#state.now())
  }

  /** @throws Model2VecError ERR_BAD_HEAD */
  #projected(model: Model): Model2VecEmbeddingFunction {
    const { activation } = headOf(model)
    if (activation !== 'identity') {
      throw new Model2VecError(
        'ERR_BAD_HEAD',
        `${model.info.path}: the head has the activation ${activation}, expected identity: only a projection gives embeddings (those of the model without its head: \`embedder\`)`,
      )
    }
    return (this.#projection ??= functionOf(model.throughHead('scores')))
  }
}

function checkedOptions(options: LoadOptions | undefined): CheckedLoadOptions {
  return checkLoadOptions(options, 'Model2VecPipeline', true)
}

/** @throws InvalidTextError when it is neither texts nor a matrix */
function inputOf(input: string | readonly string[] | SearchVectors): PredictInput {
  return isVectors(input) ? input : textListOrText(input)
}

/** @throws Model2VecError ERR_BAD_HEAD */
function assertHasProbabilities(model: Model): void {
  if (headOf(model).activation !== 'identity') return
  throw new Model2VecError(
    'ERR_BAD_HEAD',
    `${model.info.path}: the head has the activation identity, expected softmax or sigmoid: it has no probabilities (\`predict\` gives its rows)`,
  )
}
