// One vector a token: the texts' ids first, then the rows of all ids in one buffer, then a matrix for each text.

import { isSmall } from './encode.js'
import { fromNative } from './errors.js'
import { sliceClock } from './event-loop.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix, viewOf } from './matrix.js'
import { nativeMaxLength, throwIfAborted } from './model.js'
import type { Model } from './model.js'
import { JOB_MODE, MAX_TEXTS, native } from './native.js'
import type { NativeJob, NativeModel } from './native.js'
import type { CheckedEncodeOptions } from './options.js'
import { reportTo } from './progress.js'
import { allocateCounts, modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import { parts, readPart } from './texts.js'
import type { Texts } from './texts.js'
import { tokenizeOffThread, tokenizeSync } from './tokenize.js'
import type { TokenIds } from './tokenize.js'

/** The ids of all texts and the memory for their rows. */
class SequenceCall {
  readonly model: Model
  readonly tokens: TokenIds
  readonly target: Target
  readonly normalize: boolean

  constructor(model: Model, tokens: TokenIds, options: CheckedEncodeOptions) {
    const { dim } = model.info
    this.model = model
    this.tokens = tokens
    this.target = targetOf(options.out, tokens.ids.length, dim)
    this.normalize = options.normalize ?? false
  }

  job(handle: NativeModel, sync: boolean): NativeJob {
    const { model, tokens, target, normalize } = this
    // A synchronous job of ids reads no texts: no user code runs before it ends, so that any `out` stays where it is.
    const mode = sync ? JOB_MODE.sync : modeOf(target, false)
    try {
      return native.createGatherJob(handle, tokens.ids, target.out, mode, normalize, model.threads)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** The matrix of each text in turn; `cut`: 1 for each text that was truncated. */
  *matrices(cut: Uint8Array): Generator<EmbeddingMatrix, void, undefined> {
    const { dim } = this.model.info
    const { ids, ends } = this.tokens
    const data = resultOf(this.target, ids.length, dim)
    const counts = allocateCounts(ids.length).fill(1)
    let start = 0
    for (const [text, end] of ends.entries()) {
      const rows = viewOf(data, start * dim, (end - start) * dim)
      yield EmbeddingMatrix.of(rows, dim, new Uint32Array(counts.buffer, start * 4, end - start), cut[text] ?? 0)
      start = end
    }
  }
}

/**
 * Which texts were truncated, 1 for each. A job says how many; where that is some, each text is asked by itself, and the
 * generator yields between two parts.
 */
function* cutTexts(
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  truncated: number,
): Generator<void, Uint8Array> {
  const cut = new Uint8Array(texts.count)
  if (truncated === 0 || truncated === texts.count) return cut.fill(truncated === 0 ? 0 : 1)
  const vector = new Float32Array(handle.info.dim)
  for (const part of parts(texts)) {
    for (const [i, text] of part.texts.entries()) {
      cut[part.from + i] = Reflect.apply(native.encodeFew, handle, [vector, null, 0, maxLength, false, text])
    }
    yield
  }
  return cut
}

export async function encodeAsSequence(
  model: Model,
  texts: Texts,
  options: CheckedEncodeOptions,
): Promise<EmbeddingMatrix[]> {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    const maxLength = nativeMaxLength(options.maxLength ?? null)
    if (texts.count <= MAX_TEXTS) {
      const part = readPart(texts, 0, texts.count)
      throwIfAborted(options.signal)
      const read = { values: part.texts, count: texts.count }
      if (isSmall(part, maxLength)) return sequenceOnThisThread(model, handle, read, maxLength, options)
    }
    const report = reportTo(options.onProgress, options.showProgressBar)
    const tokens = await tokenizeOffThread(model, handle, texts, maxLength, { signal: options.signal, report })
    const call = new SequenceCall(model, tokens, options)
    await runJob(call.job(handle, false), { signal: options.signal, report: null })
    const clock = sliceClock()
    const cutting = cutTexts(handle, texts, maxLength, tokens.truncated)
    let cut = cutting.next()
    for (; cut.done !== true; cut = cutting.next()) {
      if (clock.isOver()) await clock.next()
    }
    const matrices: EmbeddingMatrix[] = []
    for (const matrix of call.matrices(cut.value)) {
      matrices.push(matrix)
      if (matrices.length % 256 === 0 && clock.isOver()) await clock.next()
    }
    report?.({ done: texts.count, total: texts.count })
    return matrices
  } finally {
    model.release()
  }
}

export function encodeAsSequenceSync(model: Model, texts: Texts, options: CheckedEncodeOptions): EmbeddingMatrix[] {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    return sequenceOnThisThread(model, handle, texts, nativeMaxLength(options.maxLength ?? null), options)
  } finally {
    model.release()
  }
}

function sequenceOnThisThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  options: CheckedEncodeOptions,
): EmbeddingMatrix[] {
  const report = reportTo(options.onProgress, options.showProgressBar)
  const call = new SequenceCall(model, tokenizeSync(model, handle, texts, maxLength, report), options)
  runJobSync(call.job(handle, true), null)
  const cutting = cutTexts(handle, texts, maxLength, call.tokens.truncated)
  let cut = cutting.next()
  while (cut.done !== true) cut = cutting.next()
  const matrices = [...call.matrices(cut.value)]
  report?.({ done: texts.count, total: texts.count })
  return matrices
}
