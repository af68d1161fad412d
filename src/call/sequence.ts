// One vector per token: the texts' ids first, then the rows of all ids in one buffer, then a matrix
// for each text.

import type { RowArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { inTurns, takeInTurns, whenThereIsTime } from '../runtime/event-loop.js'
import type { CheckedEncodeOptions, OnProgress } from '../options/encode.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import { viewOf } from '../row-memory.js'
import { nativeMaxLength } from '../model/model.js'
import type { Model } from '../model/model.js'
import { JOB_MODE, NO_LIMIT } from '../native/interface.js'
import { native } from '../native/load.js'
import type { NativeJob, NativeModel, TokenIds } from '../native/interface.js'
import { reportTo } from './call-progress.js'
import type { EncodedMatrix } from './encode.js'
import { hasFewTexts, runCall } from './inline.js'
import type { Call } from './inline.js'
import { nativeEncodeOptions, rowFormat } from './row.js'
import type { RowFormat } from './row.js'
import { allocateCounts, modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import type { Texts } from './texts.js'
import { idsOffThread, idsOfRead, idsOnThisThread } from './tokenize.js'

/** How many matrices are made in a step: some 0.1 ms. */
const MATRICES_PER_STEP = 128

/** A matrix for each text. */
type Matrices = EncodedMatrix[]

/** One call, with the model's settings filled in. */
class SequenceCall implements Call<Matrices> {
  readonly model: Model
  readonly handle: NativeModel
  /** How many texts. */
  readonly count: number
  readonly options: CheckedEncodeOptions
  readonly format: RowFormat
  readonly maxLength: number
  readonly report: OnProgress | null
  /** Few: every token may become a row of a kilobyte and more. */
  readonly inlineUnits = 512
  readonly callShare = 1 / 40

  constructor(model: Model, handle: NativeModel, count: number, options: CheckedEncodeOptions) {
    this.model = model
    this.handle = handle
    this.count = count
    this.options = options
    // As in Python, the model's own `normalize` and `maxLength` say nothing here.
    this.format = rowFormat(options, model.info.dim, false)
    this.maxLength = nativeMaxLength(options.maxLength ?? null)
    this.report = reportTo(options.onProgress, options.showProgressBar)
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal
  }

  runInline(texts: readonly string[]): Matrices {
    return this.#rowsOf(idsOfRead(this.model, this.handle, texts, this.maxLength))
  }

  runOnThisThread(texts: Texts): Matrices {
    return this.#rowsOf(idsOnThisThread(this.model, this.handle, texts, this.maxLength, this.report))
  }

  #rowsOf(ids: TokenIds): Matrices {
    const rows = new TokenRows(ids, this.format, this.options.out)
    runJobSync(rows.job(this.model, this.handle, true), null)
    const matrices = [...rows.matrices()]
    this.#reportEnd()
    return matrices
  }

  async runAsJob(texts: Texts): Promise<Matrices> {
    const { model, handle, maxLength, format, options, signal, report } = this
    const ids = await idsOffThread(model, handle, texts, maxLength, { signal, report })
    const [rows, job] = await inTurns(() => {
      const made = new TokenRows(ids, format, options.out)
      return [made, made.job(model, handle, false)] as const
    }, signal)
    await runJob(job, { signal, report: null })
    const matrices = await takeInTurns(rows.matrices(), MATRICES_PER_STEP, signal)
    this.#reportEnd()
    return matrices
  }

  #reportEnd(): void {
    this.report?.({ done: this.count, total: this.count })
  }
}

/** The memory for the rows of all ids. */
class TokenRows {
  readonly #ids: TokenIds
  readonly #target: Target
  readonly #format: RowFormat

  constructor(ids: TokenIds, format: RowFormat, out: RowArray | undefined) {
    this.#ids = ids
    this.#format = format
    this.#target = targetOf(out, ids.ids.length, format)
  }

  /** The job that fills it. */
  job(model: Model, handle: NativeModel, sync: boolean): NativeJob {
    // A synchronous job of ids reads no texts: no user code runs before it ends, so that any `out`
    // stays where it is.
    const mode = sync ? JOB_MODE.sync : modeOf(this.#target, false)
    const settings = nativeEncodeOptions(this.#format, NO_LIMIT)
    try {
      return native().createGatherJob(handle, this.#ids.ids, this.#target.out, mode, model.threads, ...settings)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** The matrix of each text, in order. */
  *matrices(): Generator<EncodedMatrix, void, undefined> {
    const { dtype, width } = this.#format
    const { ids, ends, truncated } = this.#ids
    const data = resultOf(this.#target, ids.length, this.#format)
    const counts = allocateCounts(ids.length).fill(1)
    let start = 0
    let cut = 0
    for (const [text, end] of ends.entries()) {
      const rows = viewOf(dtype, data, start * width, (end - start) * width)
      const tokens = new Uint32Array(counts.buffer, start * 4, end - start)
      const isCut = truncated[cut] === text
      if (isCut) cut++
      yield EmbeddingMatrix.of(rows, this.#format, tokens, isCut ? 1 : 0, isCut ? 'all' : 'none')
      start = end
    }
  }
}

export async function encodeAsSequence(model: Model, texts: Texts, options: CheckedEncodeOptions): Promise<Matrices> {
  const { signal } = options
  throwIfAborted(signal)
  return model.use((handle) =>
    whenThereIsTime(
      () => runCall(new SequenceCall(model, handle, texts.count, options), texts),
      hasFewTexts(texts),
      signal,
    ),
  )
}

export function encodeAsSequenceSync(model: Model, texts: Texts, options: CheckedEncodeOptions): Matrices {
  throwIfAborted(options.signal)
  return model.use((handle) => new SequenceCall(model, handle, texts.count, options).runOnThisThread(texts))
}
