// One vector a text: small calls on this thread, large ones as a job of the engine's threads.

import { fromNative } from './errors.js'
import { runJob, runJobSync } from './job.js'
import { EmbeddingMatrix } from './matrix.js'
import { nativeMaxLength, throwIfAborted } from './model.js'
import type { Model } from './model.js'
import { MAX_TEXTS, native, NO_LIMIT } from './native.js'
import type { NativeJob, NativeModel } from './native.js'
import type { CheckedEncodeOptions } from './options.js'
import { reportTo } from './progress.js'
import { allocateCounts, modeOf, resultOf, targetOf } from './target.js'
import type { Target } from './target.js'
import { readPart, unitsOf } from './texts.js'
import type { Part, Texts } from './texts.js'

/**
 * A call with at most this many UTF-16 units to read runs inline. Measured with potion-base-8M on two cores: so many take 0.25 ms
 * here, and 0.1 ms longer as a job of both cores; 500 units take 0.02 ms here, and 0.1 ms as a job.
 */
const INLINE_UNITS = 16_384
/** About how many UTF-16 units of a text can be read per token id of `maxLength`: the median token length, rounded up. */
const UNITS_PER_TOKEN = 8

/** What a call does, with the model's settings filled in. */
class EncodeCall {
  readonly model: Model
  readonly texts: Texts
  readonly options: CheckedEncodeOptions
  readonly dim: number
  readonly maxLength: number
  readonly normalize: boolean
  readonly target: Target
  readonly tokens: Uint32Array

  constructor(model: Model, texts: Texts, options: CheckedEncodeOptions) {
    this.model = model
    this.texts = texts
    this.options = options
    this.dim = model.info.dim
    this.maxLength = nativeMaxLength(options.maxLength === undefined ? model.maxLength : options.maxLength)
    this.normalize = options.normalize ?? model.normalize
    this.target = targetOf(options.out, texts.count, this.dim)
    this.tokens = allocateCounts(texts.count)
  }

  /** The whole call's texts, when it is small enough to run inline. */
  smallPart(): Part | null {
    if (this.texts.count > MAX_TEXTS) return null
    const part = readPart(this.texts, 0, this.texts.count)
    return isSmall(part, this.maxLength) ? part : null
  }

  /** Encodes a small call on this thread. */
  run(handle: NativeModel, part: Part): EmbeddingMatrix {
    if (part.texts.length === 0) return this.result(0)
    const { target, tokens, maxLength, normalize } = this
    try {
      const args = [target.out, tokens, 0, maxLength, normalize, ...part.texts] as const
      return this.result(Reflect.apply(native.encodeFew, handle, args))
    } catch (error) {
      throw fromNative(error)
    }
  }

  job(handle: NativeModel, sync: boolean): NativeJob {
    const { target, tokens, texts, maxLength, normalize, model } = this
    const mode = modeOf(target, sync)
    try {
      return native.createEncodeJob(handle, target.out, mode, tokens, texts.count, maxLength, normalize, model.threads)
    } catch (error) {
      throw fromNative(error)
    }
  }

  result(truncated: number): EmbeddingMatrix {
    return EmbeddingMatrix.of(resultOf(this.target, this.texts.count, this.dim), this.dim, this.tokens, truncated)
  }
}

/** Whether handing the texts to a thread costs more than encoding them here. */
export function isSmall(part: Part, maxLength: number): boolean {
  const readable = maxLength === NO_LIMIT ? Infinity : maxLength * UNITS_PER_TOKEN
  return unitsOf(part.texts, readable) <= INLINE_UNITS
}

export async function encode(model: Model, texts: Texts, options: CheckedEncodeOptions): Promise<EmbeddingMatrix> {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    const call = new EncodeCall(model, texts, options)
    const report = reportTo(options.onProgress, options.showProgressBar)
    const part = call.smallPart()
    throwIfAborted(options.signal)
    let matrix: EmbeddingMatrix
    if (part !== null) {
      matrix = call.run(handle, part)
    } else {
      const { truncated } = await runJob(call.job(handle, false), { signal: options.signal, report }, texts)
      matrix = call.result(truncated)
    }
    report?.({ done: texts.count, total: texts.count })
    return matrix
  } finally {
    model.release()
  }
}

export function encodeSync(model: Model, texts: Texts, options: CheckedEncodeOptions): EmbeddingMatrix {
  throwIfAborted(options.signal)
  const handle = model.hold()
  try {
    const call = new EncodeCall(model, texts, options)
    const report = reportTo(options.onProgress, options.showProgressBar)
    const part = call.smallPart()
    const matrix =
      part !== null ? call.run(handle, part) : call.result(runJobSync(call.job(handle, true), report, texts).truncated)
    report?.({ done: texts.count, total: texts.count })
    return matrix
  } finally {
    model.release()
  }
}
