// One vector a token: the texts' ids first, then the rows of all ids in one buffer, then a matrix for each text.

import { isSmall } from './encode.js'
import { fromNative } from './errors.js'
import { sliceClock } from './event-loop.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix } from './matrix.js'
import { nativeMaxLength, throwIfAborted } from './model.js'
import type { Model } from './model.js'
import { MAX_TEXTS, native } from './native.js'
import type { NativeJob, NativeModel } from './native.js'
import type { CheckedEncodeOptions } from './options.js'
import { reportTo } from './progress.js'
import { allocate, allocateCounts, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import { readPart } from './texts.js'
import type { Texts } from './texts.js'
import { tokenizeOffThread, tokenizeSync } from './tokenize.js'
import type { TokenIds } from './tokenize.js'

/** Rows of one slice of copying. */
const COPY_ROWS = 1024

/** The ids of all texts and the memory for their rows. */
class SequenceCall {
  readonly model: Model
  readonly tokens: TokenIds
  readonly target: Target
  /** The engine writes here: `out`, unless it is the caller's to move; then its rows are copied at the end. */
  readonly rows: Float32Array
  readonly normalize: boolean

  constructor(model: Model, tokens: TokenIds, options: CheckedEncodeOptions) {
    const { dim } = model.info
    this.model = model
    this.tokens = tokens
    this.target = targetOf(options.out, tokens.ids.length, dim)
    this.rows = this.target.fresh ? this.target.out : allocate(tokens.ids.length, dim)
    this.normalize = options.normalize ?? false
  }

  job(handle: NativeModel): NativeJob {
    try {
      return native.createGatherJob(handle, this.tokens.ids, this.rows, this.normalize, this.model.threads)
    } catch (error) {
      throw fromNative(error)
    }
  }

  /** Copies some rows to a caller's `out`; false when there are none left. */
  copyRows(from: number): boolean {
    const { rows, target, tokens, model } = this
    if (rows === target.out || from >= tokens.ids.length) return false
    const { dim } = model.info
    // Checked again each time: the caller can take `out` away between two slices.
    resultOf(target, tokens.ids.length, dim).set(rows.subarray(from * dim, (from + COPY_ROWS) * dim), from * dim)
    return true
  }

  /** The matrix of each text in turn. */
  *matrices(): Generator<EmbeddingMatrix, void, undefined> {
    const { dim } = this.model.info
    const { ids, ends, cut } = this.tokens
    const data = resultOf(this.target, ids.length, dim)
    const counts = allocateCounts(ids.length).fill(1)
    let start = 0
    for (const [text, end] of ends.entries()) {
      const rows = new Float32Array(data.buffer, data.byteOffset + start * dim * 4, (end - start) * dim)
      yield EmbeddingMatrix.of(rows, dim, new Uint32Array(counts.buffer, start * 4, end - start), cut[text] ?? 0)
      start = end
    }
  }
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
    await runJob(call.job(handle), { signal: options.signal, report: null })
    const clock = sliceClock()
    for (let row = 0; call.copyRows(row); row += COPY_ROWS) {
      if (clock.isOver()) await clock.next()
    }
    const matrices: EmbeddingMatrix[] = []
    for (const matrix of call.matrices()) {
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
  runJobSync(call.job(handle), null)
  for (let row = 0; call.copyRows(row); row += COPY_ROWS);
  const matrices = [...call.matrices()]
  report?.({ done: texts.count, total: texts.count })
  return matrices
}
