// One vector a text: small calls on this thread, large ones as a job of the engine's threads.

import type { Dtype, TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { charge, isTurnSpent, whenThereIsTime } from '../runtime/event-loop.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix } from '../matrix.js'
import { nativeMaxLength } from '../model/model.js'
import type { Model } from '../model/model.js'
import { MAX_TEXTS, NATIVE_DTYPE } from '../native/interface.js'
import { native } from '../native/load.js'
import type { NativeJob, NativeModel, NativeTexts } from '../native/interface.js'
import type { CheckedEncodeOptions, OnProgress } from '../options/encode.js'
import { reportTo } from './call-progress.js'
import { nativeEncodeOptions, rowFormat } from './row.js'
import type { RowFormat } from './row.js'
import { allocateCounts, modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import { afterFew, readFew, unitsToRead } from './texts.js'
import type { Texts } from './texts.js'

/**
 * The token counts of the small call that has just ended. In a buffer of its own: an array that V8 holds itself, as it does short ones, would
 * be moved into one when native code asks for its memory, which takes 0.4 µs.
 */
const fewCounts = new Uint32Array(new ArrayBuffer(MAX_TEXTS * 4))

/** What a call does, with the model's settings filled in. */
class EncodeCall {
  readonly model: Model
  readonly texts: Texts
  readonly options: CheckedEncodeOptions
  readonly format: RowFormat
  readonly maxLength: number
  readonly target: Target
  readonly tokens: TokenArray

  constructor(model: Model, texts: Texts, options: CheckedEncodeOptions) {
    this.model = model
    this.texts = texts
    this.options = options
    this.format = rowFormat(options, model.info.dim, model.normalize)
    this.maxLength = nativeMaxLength(options.maxLength === undefined ? model.maxLength : options.maxLength)
    this.target = targetOf(options.out, texts.count, this.format, model.spareRows)
    this.tokens = allocateCounts(texts.count)
  }

  /** Whether texts that were read at once are better encoded at once, too. */
  isSmall(few: readonly string[]): boolean {
    return this.share(few) <= 1
  }

  /** How large the call is: 1 = the largest that runs on this thread. */
  share(few: readonly string[]): number {
    const { inlineUnits } = this.model
    return unitsToRead(few, this.maxLength, inlineUnits) / inlineUnits
  }

  /** Encodes a small call on this thread. */
  run(few: readonly string[]): EmbeddingMatrix<Dtype> {
    const { tokens, maxLength } = this
    const { out } = this.target
    const { dtype, dim, normalize } = this.format
    const type = NATIVE_DTYPE[dtype]
    const text = few[0]
    if (text === undefined) return this.result(0)
    try {
      const calls = this.model.few()
      if (few.length === 1) {
        const packed = calls.encodeOne(out, maxLength, normalize, dim, type, text)
        tokens[0] = packed / 2
        return this.result(packed % 2)
      }
      const truncated = calls.encode(out, fewCounts, maxLength, normalize, dim, type, ...few)
      for (let i = 0; i < few.length; i++) tokens[i] = fewCounts[i] ?? 0
      return this.result(truncated)
    } catch (error) {
      throw fromNative(error)
    }
  }

  job(handle: NativeModel, sync: boolean): NativeJob {
    const { target, tokens, texts, format, maxLength, model } = this
    const mode = modeOf(target, sync)
    const settings = nativeEncodeOptions(format, maxLength)
    try {
      return native().createEncodeJob(handle, target.out, mode, tokens, texts.count, model.threads, ...settings)
    } catch (error) {
      throw fromNative(error)
    }
  }

  result(truncated: number): EmbeddingMatrix<Dtype> {
    const { target, texts, format, tokens } = this
    return EmbeddingMatrix.of(resultOf(target, texts.count, format), format, tokens, truncated)
  }
}

/** What a small call takes whatever its texts are, as {@link EncodeCall.share}: some 3 µs, with its promise. */
const CALL_SHARE = 1 / 80

/**
 * The matrix itself where the call is small: a promise that an async method returns takes three turns of the microtask queue more to settle.
 *
 * Where calls have used up this turn of the event loop, the call waits for a later one.
 */
export function encode(
  model: Model,
  texts: Texts,
  options: CheckedEncodeOptions,
): EmbeddingMatrix<Dtype> | Promise<EmbeddingMatrix<Dtype>> {
  throwIfAborted(options.signal)
  const handle = model.hold()
  let result: EmbeddingMatrix<Dtype> | Promise<EmbeddingMatrix<Dtype>>
  try {
    result = isTurnSpent() ? encodeLater(model, handle, texts, options) : encodeNow(model, handle, texts, options)
  } catch (error) {
    model.release()
    throw error
  }
  if (!(result instanceof EmbeddingMatrix)) return releaseAfter(model, result)
  model.release()
  return result
}

/** A function of its own: a closure would cost the calls that run at once as well. */
function encodeLater(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  options: CheckedEncodeOptions,
): EmbeddingMatrix<Dtype> | Promise<EmbeddingMatrix<Dtype>> {
  return whenThereIsTime(() => encodeNow(model, handle, texts, options), texts.count, options.signal)
}

async function releaseAfter<T>(model: Model, call: Promise<T>): Promise<T> {
  try {
    return await call
  } finally {
    model.release()
  }
}

/** Starts the call, and ends it where it is small. */
function encodeNow(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  options: CheckedEncodeOptions,
): EmbeddingMatrix<Dtype> | Promise<EmbeddingMatrix<Dtype>> {
  throwIfAborted(options.signal)
  const call = new EncodeCall(model, texts, options)
  const report = reportTo(options.onProgress, options.showProgressBar)
  const few = readFew(texts)
  throwIfAborted(options.signal)
  const share = few === null ? Infinity : call.share(few)
  if (few === null || share > 1) return encodeLarge(call, handle, afterFew(few, texts), report)
  const matrix = call.run(few)
  charge(share + CALL_SHARE)
  report?.({ done: texts.count, total: texts.count })
  return matrix
}

/** Encodes off the event loop. */
async function encodeLarge(
  call: EncodeCall,
  handle: NativeModel,
  texts: Texts,
  report: OnProgress | null,
): Promise<EmbeddingMatrix<Dtype>> {
  const { truncated } = await runJob(call.job(handle, false), { signal: call.options.signal, report }, texts)
  const matrix = call.result(truncated)
  report?.({ done: texts.count, total: texts.count })
  return matrix
}

/** Texts that the native module has read, and how many. */
export interface ReadTexts {
  readonly native: NativeTexts
  readonly count: number
}

/** For reading the texts of a call with this `maxLength`. @throws Model2VecError ERR_CLOSED */
export function textReader(model: Model, maxLength: number | null | undefined): (field: string | null) => NativeTexts {
  const limit = nativeMaxLength(maxLength === undefined ? model.maxLength : maxLength)
  const handle = model.hold()
  model.release()
  return (field) => new (native().NativeTexts)(handle, field, limit)
}

/** As {@link encode}, of texts that the native module has: they are used up. `out` is fresh memory. */
export async function encodeRead(
  model: Model,
  { native: texts, count }: ReadTexts,
  options: CheckedEncodeOptions,
): Promise<EmbeddingMatrix<Dtype>> {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    const call = new EncodeCall(model, { values: [], count }, options)
    const job = call.job(handle, false)
    job.feedTexts(texts)
    const { truncated } = await runJob(job, { signal: options.signal, report: null })
    return call.result(truncated)
  } finally {
    model.release()
  }
}

export function encodeSync(model: Model, texts: Texts, options: CheckedEncodeOptions): EmbeddingMatrix<Dtype> {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    const call = new EncodeCall(model, texts, options)
    const report = reportTo(options.onProgress, options.showProgressBar)
    const few = readFew(texts)
    let matrix: EmbeddingMatrix<Dtype>
    if (few !== null && call.isSmall(few)) {
      matrix = call.run(few)
    } else {
      matrix = call.result(runJobSync(call.job(handle, true), report, afterFew(few, texts)).truncated)
    }
    report?.({ done: texts.count, total: texts.count })
    return matrix
  } finally {
    model.release()
  }
}
