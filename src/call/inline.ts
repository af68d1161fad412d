// Small calls run inline: on the calling thread, at once. Which calls are small, and what each
// takes of the turn of the event loop.

import { throwIfAborted } from '../runtime/abort.js'
import { charge } from '../runtime/event-loop.js'
import type { Model } from '../model/model.js'
import { MAX_TEXTS, NO_LIMIT } from '../native/interface.js'
import type { NativeModel } from '../native/interface.js'
import { readTexts, unitsOf } from './texts.js'
import type { Texts } from './texts.js'

/**
 * The token counts of the inline call that has just ended. In a buffer of its own: V8 holds short
 * arrays inside its heap, and would move one into a buffer when native code asks for its memory,
 * which takes 0.4 µs.
 */
export const inlineCounts: Uint32Array = new Uint32Array(new ArrayBuffer(MAX_TEXTS * 4))

/** What a call takes besides its texts, where 1 is the largest inline call: some 3 µs, with its promise. */
export const CALL_SHARE: number = 1 / 80

/** A call of an async method, once its options are settled. */
export interface Call<Result> {
  /** As the native module takes it. */
  readonly maxLength: number
  /** The call runs inline with at most this many UTF-16 units to read. */
  readonly inlineUnits: number
  /** What the call takes besides its texts, where 1 is the largest inline call. */
  readonly callShare: number
  /** What the head takes for each text, in the same unit. Not there = no head. */
  readonly headShare?: number
  readonly signal: AbortSignal | undefined
  runInline(texts: readonly string[]): Result
  runAsJob(texts: Texts): Promise<Result>
}

/** What a {@link TokenCall} does. */
export interface TokenWork<Result> {
  runInline(call: TokenCall<Result>, texts: readonly string[]): Result
  runAsJob(call: TokenCall<Result>, texts: Texts): Promise<Result>
}

/** A call for token ids, or for how many there are. */
export class TokenCall<Result> implements Call<Result> {
  readonly model: Model
  readonly handle: NativeModel
  readonly maxLength: number
  readonly signal: AbortSignal | undefined
  readonly callShare: number = CALL_SHARE
  readonly #work: TokenWork<Result>

  constructor(
    work: TokenWork<Result>,
    model: Model,
    handle: NativeModel,
    maxLength: number,
    signal: AbortSignal | undefined,
  ) {
    this.#work = work
    this.model = model
    this.handle = handle
    this.maxLength = maxLength
    this.signal = signal
  }

  get inlineUnits(): number {
    return this.model.inlineUnits
  }

  runInline(texts: readonly string[]): Result {
    return this.#work.runInline(this, texts)
  }

  runAsJob(texts: Texts): Promise<Result> {
    return this.#work.runAsJob(this, texts)
  }
}

/** Runs a call: inline where it is small, else as a job. */
export function runCall<Result>(call: Call<Result>, texts: Texts): Result | Promise<Result> {
  const { signal, maxLength, inlineUnits } = call
  throwIfAborted(signal)
  const read = readAtOnce(texts)
  throwIfAborted(signal)
  const share = inlineShare(read, maxLength, inlineUnits) + texts.count * (call.headShare ?? 0)
  if (read === null || share > 1) return call.runAsJob(afterReading(read, texts))
  // Before it runs: so a call that fails is charged too, and calls that its `onProgress` makes come
  // after it.
  charge(share + call.callShare)
  return call.runInline(read)
}

/** Whether a call may run inline, as far as the number of its texts says. */
export function hasFewTexts(texts: Texts): boolean {
  return texts.count <= MAX_TEXTS
}

/**
 * The texts of a call that may run inline, as an array of our own: each element is read once, here.
 * Null where there are too many.
 *
 * @throws InvalidTextError
 */
export function readAtOnce(texts: Texts): readonly string[] | null {
  return hasFewTexts(texts) ? readTexts(texts, 0, texts.count) : null
}

/** The texts for code that reads them after {@link readAtOnce}, which reads no element twice. */
export function afterReading(read: readonly string[] | null, texts: Texts): Texts {
  return read === null ? texts : { values: read, count: read.length }
}

/**
 * About how many UTF-16 units of a text are read per token id of `maxLength`: twice the median
 * token length, which is 3 to 8 in the test models.
 */
const UNITS_PER_TOKEN = 16

/**
 * How large a call is: 1 = the largest that runs inline, larger ones are more than 1.
 *
 * @param read null = more texts than run inline
 * @param inlineUnits UTF-16 units of the largest inline call
 */
export function inlineShare(read: readonly string[] | null, maxLength: number, inlineUnits: number): number {
  if (read === null) return Infinity
  // One longer text decides alone, so that all numbers stay small integers.
  const most = inlineUnits + 1
  const readable = maxLength === NO_LIMIT ? most : Math.min(maxLength, most) * UNITS_PER_TOKEN
  return unitsOf(read, readable) / inlineUnits
}
