// One vector per text: small calls inline, large ones as a job of the engine's threads.

import type { Dtype, RowArray, TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { isTurnSpent, whenThereIsTime } from '../runtime/event-loop.js'
import type { CheckedEncodeOptions, OnProgress } from '../options/encode.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import { truncatedRows } from '../matrix/truncated-rows.js'
import type { TruncatedRows } from '../matrix/truncated-rows.js'
import type { Model } from '../model/model.js'
import { NATIVE_DTYPE } from '../native/interface.js'
import { native } from '../native/load.js'
import type { NativeJob, NativeJobResult, NativeModel, NativeTexts } from '../native/interface.js'
import { reportTo } from './call-progress.js'
import { CALL_SHARE, afterReading, hasFewTexts, inlineCounts, inlineShare, readAtOnce, runCall } from './inline.js'
import type { Call } from './inline.js'
import { nativeEncodeOptions, rowFormat } from './row.js'
import type { RowFormat } from './row.js'
import { allocateCounts, modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import type { Texts } from './texts.js'

/** The matrix of a call. */
export type EncodedMatrix = EmbeddingMatrix<Dtype, RowArray, TokenArray>

/** One call, with the model's settings filled in. */
class EncodeCall implements Call<EncodedMatrix> {
  readonly model: Model
  readonly handle: NativeModel
  /** How many texts. */
  readonly count: number
  readonly options: CheckedEncodeOptions
  readonly format: RowFormat
  readonly maxLength: number
  readonly target: Target
  readonly tokens: TokenArray
  readonly report: OnProgress | null

  constructor(model: Model, handle: NativeModel, count: number, options: CheckedEncodeOptions) {
    this.model = model
    this.handle = handle
    this.count = count
    this.options = options
    this.format = rowFormat(options, model.info.dim, model.normalize)
    this.maxLength = model.nativeMaxLength(options.maxLength)
    this.target = targetOf(options.out, count, this.format, model.spareRows)
    this.tokens = allocateCounts(count)
    this.report = reportTo(options.onProgress, options.showProgressBar)
  }

  get inlineUnits(): number {
    return this.model.inlineUnits
  }

  get callShare(): number {
    return CALL_SHARE
  }

  get headShare(): number {
    return this.model.headShare
  }

  get signal(): AbortSignal | undefined {
    return this.options.signal
  }

  runInline(texts: readonly string[]): EncodedMatrix {
    const truncated = this.encodeInline(texts)
    const rows = truncated === 0 ? 'none' : truncated === this.count ? 'all' : this.inlineTruncated(truncated)
    return this.finish(truncated, rows)
  }

  /** The rows that the inline call which has just ended has truncated. */
  inlineTruncated(count: number): Uint32Array {
    const rows = new Uint32Array(count)
    let found = 0
    for (let i = 0; found < count; i++) if (((inlineCounts[i] ?? 1) & 1) === 1) rows[found++] = i
    return rows
  }

  /** Returns how many texts were truncated. */
  encodeInline(texts: readonly string[]): number {
    const { tokens, maxLength } = this
    const { out } = this.target
    const { dtype, dim, normalize } = this.format
    const type = NATIVE_DTYPE[dtype]
    const text = texts[0]
    if (text === undefined) return 0
    try {
      const calls = this.model.inlineCalls()
      if (texts.length === 1) {
        const packed = calls.encodeOne(out, maxLength, normalize, dim, type, text)
        tokens[0] = packed >>> 1
        return packed & 1
      }
      const truncated = calls.encode(out, inlineCounts, maxLength, normalize, dim, type, ...texts)
      for (let i = 0; i < texts.length; i++) tokens[i] = (inlineCounts[i] ?? 0) >>> 1
      return truncated
    } catch (error) {
      throw fromNative(error)
    }
  }

  async runAsJob(texts: Texts): Promise<EncodedMatrix> {
    const { signal, report } = this
    return this.finishJob(await runJob(this.job(false), { signal, report }, texts))
  }

  runAsJobSync(texts: Texts): EncodedMatrix {
    return this.finishJob(runJobSync(this.job(true), this.report, texts))
  }

  /** As {@link EncodeCall.runAsJob}, of texts that the native module has read. */
  async runRead(texts: NativeTexts): Promise<EncodedMatrix> {
    const job = this.job(false)
    job.feedTexts(texts)
    return this.finishJob(await runJob(job, { signal: this.signal, report: null }))
  }

  job(sync: boolean): NativeJob {
    const { handle, target, tokens, count, format, maxLength, model } = this
    const mode = modeOf(target, sync)
    const settings = nativeEncodeOptions(format, maxLength)
    try {
      return native().createEncodeJob(handle, target.out, mode, tokens, count, model.threads, ...settings)
    } catch (error) {
      throw fromNative(error)
    }
  }

  finishJob({ truncated }: NativeJobResult): EncodedMatrix {
    return this.finish(truncated.length, truncatedRows(truncated, this.count))
  }

  finish(truncated: number, rows: TruncatedRows): EncodedMatrix {
    const { target, count, format, tokens, report } = this
    const matrix = EmbeddingMatrix.of(resultOf(target, count, format), format, tokens, truncated, rows)
    report?.({ done: count, total: count })
    return matrix
  }
}

/**
 * Returns the matrix itself where the call is small: a promise that an async method returns takes
 * three more turns of the microtask queue to settle. Where calls have used up this turn of the
 * event loop, the call waits for a later one.
 */
export function encode(
  model: Model,
  texts: Texts,
  options: CheckedEncodeOptions,
): EncodedMatrix | Promise<EncodedMatrix> {
  throwIfAborted(options.signal)
  return isTurnSpent()
    ? model.use((handle) =>
        whenThereIsTime(() => encodeNow(handle, model, texts, options), hasFewTexts(texts), options.signal),
      )
    : model.use(encodeNow, model, texts, options)
}

function encodeNow(
  handle: NativeModel,
  model: Model,
  texts: Texts,
  options: CheckedEncodeOptions,
): EncodedMatrix | Promise<EncodedMatrix> {
  return runCall(new EncodeCall(model, handle, texts.count, options), texts)
}

export function encodeSync(model: Model, texts: Texts, options: CheckedEncodeOptions): EncodedMatrix {
  throwIfAborted(options.signal)
  return model.use(encodeNowSync, model, texts, options)
}

function encodeNowSync(handle: NativeModel, model: Model, texts: Texts, options: CheckedEncodeOptions): EncodedMatrix {
  const call = new EncodeCall(model, handle, texts.count, options)
  const read = readAtOnce(texts)
  return read !== null && inlineShare(read, call.maxLength, call.inlineUnits) + read.length * call.headShare <= 1
    ? call.runInline(read)
    : call.runAsJobSync(afterReading(read, texts))
}

/** Texts that the native module has read, and their number. */
export interface ReadTexts {
  readonly native: NativeTexts
  readonly count: number
}

/** What the lines of native texts have, beside the texts: fields of JSON objects. */
export interface LineFields {
  /** That of the text; null = the line is the text. */
  readonly text: string | null
  /** That of ids that are wanted; null = none. */
  readonly id: string | null
}

/** Makes lists of texts that the native module reads itself. */
export interface TextReader {
  /** Whether the texts are wanted in UTF-8, too. */
  readonly withTexts: boolean
  /** An empty list. @throws Model2VecError ERR_CLOSED */
  newTexts(fields: LineFields): NativeTexts
}

/** For calls with this `maxLength`. @throws Model2VecError ERR_CLOSED */
export function textReader(model: Model, maxLength: number | null | undefined, withTexts: boolean): TextReader {
  model.assertOpen()
  const limit = model.nativeMaxLength(maxLength)
  return {
    withTexts,
    newTexts: ({ text, id }) => model.use((handle) => new (native().NativeTexts)(handle, text, limit, id, withTexts)),
  }
}

/**
 * As {@link encode}, of texts that the native module has read: it empties their list. `out` is not
 * for these.
 */
export async function encodeRead(
  model: Model,
  texts: ReadTexts,
  options: CheckedEncodeOptions,
): Promise<EncodedMatrix> {
  throwIfAborted(options.signal)
  return model.use((handle) => new EncodeCall(model, handle, texts.count, options).runRead(texts.native))
}
