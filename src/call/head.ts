// One row per embedding of a matrix: what the head makes of it. Small matrices at once, large ones
// as a job of the engine's threads.

import { fromNative, Model2VecError } from '../errors.js'
import type { Dtype } from '../dtype.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { Model } from '../model/model.js'
import type { NativeJob, NativeModel } from '../native/interface.js'
import { native } from '../native/load.js'
import { invalid } from '../options/checks.js'
import type { CheckedEncodeOptions } from '../options/encode.js'
import { checkVectors, isVectors } from '../options/search.js'
import type { SearchVectors } from '../options/search.js'
import { throwIfAborted } from '../runtime/abort.js'
import { charge, isTurnSpent, whenThereIsTime } from '../runtime/event-loop.js'
import { reportTo } from './call-progress.js'
import type { InputRows } from './input-rows.js'
import { runJob, runJobSync } from './job.js'
import { nativeEncodeOptions, rowFormat } from './row.js'
import type { RowFormat } from './row.js'
import { modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'

/** Rows for the embeddings of a matrix: its token counts are known where those of the matrix are. */
export type HeadMatrix = EmbeddingMatrix<Dtype>

/** One call, with the model's settings filled in. */
class HeadCall {
  readonly #model: Model
  readonly #handle: NativeModel
  readonly #matrix: SearchVectors
  readonly #rows: InputRows
  readonly #options: CheckedEncodeOptions
  readonly #format: RowFormat
  readonly #target: Target

  constructor(model: Model, handle: NativeModel, matrix: SearchVectors, options: CheckedEncodeOptions) {
    this.#model = model
    this.#handle = handle
    this.#matrix = matrix
    this.#rows = { data: matrix.data, dtype: matrix.dtype, dim: matrix.dim, count: matrix.rows }
    this.#options = options
    this.#format = rowFormat(options, model.info.dim, model.normalize)
    this.#target = targetOf(options.out, matrix.rows, this.#format)
  }

  /** What the call takes, where 1 is the largest that runs at once. */
  get share(): number {
    return this.#rows.count * this.#model.headShare
  }

  async run(): Promise<HeadMatrix> {
    const { signal } = this.#options
    await runJob(this.#job(false), { signal, report: this.#report() }, this.#rows)
    return this.#finish()
  }

  runSync(): HeadMatrix {
    runJobSync(this.#job(true), this.#report(), this.#rows)
    return this.#finish()
  }

  #report(): ReturnType<typeof reportTo> {
    return reportTo(this.#options.onProgress, this.#options.showProgressBar)
  }

  #job(sync: boolean): NativeJob {
    const settings = nativeEncodeOptions(this.#format, 0)
    const mode = modeOf(this.#target, sync)
    const { count } = this.#rows
    try {
      return native().createHeadJob(this.#handle, this.#target.out, mode, count, this.#model.threads, ...settings)
    } catch (error) {
      throw fromNative(error)
    }
  }

  #finish(): HeadMatrix {
    const { count } = this.#rows
    const data = resultOf(this.#target, count, this.#format)
    this.#report()?.({ done: count, total: count })
    return EmbeddingMatrix.ofSameTexts(this.#matrix, data, this.#format)
  }
}

/**
 * What the head makes of each row of a matrix of embeddings.
 *
 * @param model one whose rows go through a head ({@link Model.throughHead})
 * @param matrix embeddings of the model, of float32, float16 or bfloat16
 * @throws Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH (the matrix has other dimensions
 *   than the embeddings), ERR_OUT_TOO_SMALL, ERR_CLOSED; OutOfMemoryError; the signal's reason
 */
export function applyHead(
  model: Model,
  matrix: SearchVectors,
  options: CheckedEncodeOptions,
): HeadMatrix | Promise<HeadMatrix> {
  throwIfAborted(options.signal)
  assertEmbeddings(model, matrix)
  const start = (handle: NativeModel): HeadMatrix | Promise<HeadMatrix> => {
    const call = new HeadCall(model, handle, matrix, options)
    if (call.share > 1) return call.run()
    charge(call.share)
    return call.runSync()
  }
  return model.use((handle) =>
    isTurnSpent() ? whenThereIsTime(() => start(handle), true, options.signal) : start(handle),
  )
}

/** As {@link applyHead}, on this thread with the help of the others. */
export function applyHeadSync(model: Model, matrix: SearchVectors, options: CheckedEncodeOptions): HeadMatrix {
  throwIfAborted(options.signal)
  assertEmbeddings(model, matrix)
  return model.use((handle) => new HeadCall(model, handle, matrix, options).runSync())
}

/** @throws Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH, ERR_OUT_TOO_SMALL */
function assertEmbeddings(model: Model, matrix: unknown): void {
  if (!isVectors(matrix)) throw invalid('matrix', 'an EmbeddingMatrix', matrix)
  checkVectors('matrix', matrix)
  if (matrix.dtype === 'int8' || matrix.dtype === 'binary') {
    const expected = "of 'float32', 'float16' or 'bfloat16'"
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      `\`matrix\` should be ${expected} for a head, but is of '${matrix.dtype}'`,
    )
  }
  const inputs = model.head?.inputs
  if (matrix.dim !== inputs) {
    throw new Model2VecError(
      'ERR_SHAPE_MISMATCH',
      `\`matrix\` should have the ${inputs ?? 0} dimensions of the model's embeddings, but has ${matrix.dim}`,
    )
  }
}
