// One vector a token: the texts' ids first, then the rows of all ids in one buffer, then a matrix for each text.

import type { Dtype, RowArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { charge, inTurns, takeInTurns, whenThereIsTime } from '../runtime/event-loop.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix, viewOf } from '../matrix.js'
import { nativeMaxLength } from '../model/model.js'
import type { Model } from '../model/model.js'
import { JOB_MODE, NO_LIMIT } from '../native/interface.js'
import { native } from '../native/load.js'
import type { NativeJob, NativeModel, TokenIds } from '../native/interface.js'
import type { CheckedEncodeOptions } from '../options/encode.js'
import { reportTo } from './call-progress.js'
import { nativeEncodeOptions, rowFormat } from './row.js'
import type { RowFormat } from './row.js'
import { allocateCounts, modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import { afterFew, readFew, unitsToRead } from './texts.js'
import type { Texts } from './texts.js'
import { tokenizeOffThread, tokenizeSync } from './tokenize.js'

/** A call with at most this many UTF-16 units to read runs inline: every token may become a row of a kilobyte and more. */
const INLINE_UNITS = 512
/** What a small call takes whatever its texts are: 1 = as much as the largest of them. */
const CALL_SHARE = 1 / 40
/** How many matrices are made in a step: some 0.1 ms. */
const MATRICES_PER_STEP = 128

/** A matrix for each text. */
type Matrices = EmbeddingMatrix<Dtype>[]

/** The ids of all texts and the memory for their rows. */
class SequenceCall {
  readonly model: Model
  readonly tokens: TokenIds
  readonly target: Target
  readonly format: RowFormat

  constructor(model: Model, tokens: TokenIds, format: RowFormat, out: RowArray | undefined) {
    this.model = model
    this.tokens = tokens
    this.format = format
    this.target = targetOf(out, tokens.ids.length, format)
  }

  job(handle: NativeModel, sync: boolean): NativeJob {
    const { model, tokens, target, format } = this
    // A synchronous job of ids reads no texts: no user code runs before it ends, so that any `out` stays where it is.
    const mode = sync ? JOB_MODE.sync : modeOf(target, false)
    const settings = nativeEncodeOptions(format, NO_LIMIT)
    try {
      return native().createGatherJob(handle, tokens.ids, target.out, mode, model.threads, ...settings)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** The matrix of each text in turn. */
  *matrices(): Generator<EmbeddingMatrix<Dtype>, void, undefined> {
    const { format } = this
    const { dtype, width } = format
    const { ids, ends, cut } = this.tokens
    const data = resultOf(this.target, ids.length, format)
    const counts = allocateCounts(ids.length).fill(1)
    let start = 0
    for (const [text, end] of ends.entries()) {
      const rows = viewOf(dtype, data, start * width, (end - start) * width)
      yield EmbeddingMatrix.of(rows, format, new Uint32Array(counts.buffer, start * 4, end - start), cut[text] ?? 0)
      start = end
    }
  }
}

export async function encodeAsSequence(model: Model, texts: Texts, options: CheckedEncodeOptions): Promise<Matrices> {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    return await whenThereIsTime(() => sequenceNow(model, handle, texts, options), texts.count, options.signal)
  } finally {
    model.release()
  }
}

/** Starts the call, and ends it where it is small. */
function sequenceNow(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  options: CheckedEncodeOptions,
): Matrices | Promise<Matrices> {
  throwIfAborted(options.signal)
  const maxLength = nativeMaxLength(options.maxLength ?? null)
  const format = sequenceFormat(model, options)
  const few = readFew(texts)
  throwIfAborted(options.signal)
  const read = afterFew(few, texts)
  const share = few === null ? Infinity : unitsToRead(few, maxLength, INLINE_UNITS) / INLINE_UNITS
  if (share > 1) return sequenceOffThread(model, handle, read, maxLength, format, options)
  const matrices = sequenceOnThisThread(model, handle, read, maxLength, options)
  charge(share + CALL_SHARE)
  return matrices
}

async function sequenceOffThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  format: RowFormat,
  options: CheckedEncodeOptions,
): Promise<Matrices> {
  const { signal } = options
  const report = reportTo(options.onProgress, options.showProgressBar)
  const tokens = await tokenizeOffThread(model, handle, texts, maxLength, { signal, report })
  const [call, job] = await inTurns(() => {
    const made = new SequenceCall(model, tokens, format, options.out)
    return [made, made.job(handle, false)] as const
  }, signal)
  await runJob(job, { signal, report: null })
  const matrices = await takeInTurns(call.matrices(), MATRICES_PER_STEP, signal)
  report?.({ done: texts.count, total: texts.count })
  return matrices
}

export function encodeAsSequenceSync(model: Model, texts: Texts, options: CheckedEncodeOptions): Matrices {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    return sequenceOnThisThread(model, handle, texts, nativeMaxLength(options.maxLength ?? null), options)
  } finally {
    model.release()
  }
}

/** As in Python, the model's own `normalize` says nothing here. */
function sequenceFormat(model: Model, options: CheckedEncodeOptions): RowFormat {
  return rowFormat(options, model.info.dim, false)
}

function sequenceOnThisThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  options: CheckedEncodeOptions,
): Matrices {
  const report = reportTo(options.onProgress, options.showProgressBar)
  const format = sequenceFormat(model, options)
  const call = new SequenceCall(model, tokenizeSync(model, handle, texts, maxLength, report), format, options.out)
  runJobSync(call.job(handle, true), null)
  const matrices = [...call.matrices()]
  report?.({ done: texts.count, total: texts.count })
  return matrices
}
