// Token ids of texts: of each text the ids that are pooled.

import type { TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { takeInTurns, whenThereIsTime } from '../runtime/event-loop.js'
import type { OnProgress } from '../options/encode.js'
import { runJob, runJobSync } from './job.js'
import type { JobObserver } from './job.js'
import { MAX_INLINE_UNITS } from '../model/model.js'
import type { Model } from '../model/model.js'
import { JOB_MODE, MAX_TEXTS } from '../native/interface.js'
import { native } from '../native/load.js'
import type { JobMode, NativeJob, NativeModel, TokenIds } from '../native/interface.js'
import { idsOfThisRealm } from '../runtime/realm.js'
import { afterReading, hasFewTexts, inlineShare, readAtOnce, runCall, TokenCall } from './inline.js'
import type { TokenWork } from './inline.js'
import type { Texts } from './texts.js'

/**
 * The results of the inline call that has just ended: room for as many ids as the largest inline
 * call has UTF-16 units, which is enough unless a tokenizer makes more ids than there are units.
 * Made when it is first needed.
 */
let inlineResults: Uint32Array | null = null

/** How many views are made in a step: some 30 µs. */
const VIEWS_PER_STEP = 256

/** `tokenizeAsync`. */
const TOKENIZE: TokenWork<TokenArray[]> = {
  runInline: ({ model, handle, maxLength }, texts) => idViews(idsOfRead(model, handle, texts, maxLength)),
  async runAsJob({ model, handle, maxLength, signal }, texts) {
    const ids = await idsOffThread(model, handle, texts, maxLength, { signal, report: null })
    return takeInTurns(eachIdView(ids), VIEWS_PER_STEP, signal)
  },
}

/**
 * Each text's ids, off the event loop. A small call runs inline.
 *
 * @throws (rejects) as `encode`
 */
export async function tokenize(
  model: Model,
  texts: Texts,
  maxLength: number | null | undefined,
  signal: AbortSignal | undefined,
): Promise<TokenArray[]> {
  throwIfAborted(signal)
  const limit = model.nativeMaxLength(maxLength)
  return model.use((handle) =>
    whenThereIsTime(
      () => runCall(new TokenCall(TOKENIZE, model, handle, limit, signal), texts),
      hasFewTexts(texts),
      signal,
    ),
  )
}

/** Each text's ids, on this thread with the help of others. */
export function tokenizeSync(model: Model, texts: Texts, maxLength: number | null | undefined): TokenArray[] {
  return model.use((handle) => idViews(idsOnThisThread(model, handle, texts, model.nativeMaxLength(maxLength))))
}

/**
 * The ids of all texts, on this thread with the help of others. `maxLength` is the native module's,
 * as in all that follow.
 */
export function idsOnThisThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  report: OnProgress | null = null,
): TokenIds {
  const read = readAtOnce(texts)
  if (read !== null && inlineShare(read, maxLength, model.inlineUnits) <= 1)
    return idsOfRead(model, handle, read, maxLength)
  const rest = afterReading(read, texts)
  return runJobSync(tokenizeJob(model, handle, rest, maxLength, JOB_MODE.sync), report, rest)
}

/** The ids of a small call's texts, inline. */
export function idsOfRead(model: Model, handle: NativeModel, texts: readonly string[], maxLength: number): TokenIds {
  const ids = idsInline(model, texts, maxLength)
  if (ids !== null) return ids
  const rest = afterReading(texts, { values: texts, count: texts.length })
  return runJobSync(tokenizeJob(model, handle, rest, maxLength, JOB_MODE.sync), null, rest)
}

/** Null when there is no room for the ids. */
function idsInline(model: Model, texts: readonly string[], maxLength: number): TokenIds | null {
  // In a buffer of its own, as `inlineCounts` of encode.ts.
  const found = (inlineResults ??= new Uint32Array(new ArrayBuffer(4 * (2 * MAX_TEXTS + MAX_INLINE_UNITS))))
  const { length } = texts
  let total: number
  try {
    const calls = model.inlineCalls()
    const text = texts[0]
    total =
      length === 1 && text !== undefined
        ? calls.tokenize(found, maxLength, text)
        : calls.tokenize(found, maxLength, ...texts)
  } catch (error) {
    throw fromNative(error)
  }
  if (total < 0) return null
  const ends = new Uint32Array(length)
  const truncated: number[] = []
  let end = 0
  for (let i = 0; i < length; i++) {
    ends[i] = end += found[2 * i] ?? 0
    if (found[2 * i + 1] === 1) truncated.push(i)
  }
  return { ids: found.slice(2 * length, 2 * length + total), ends, truncated: Uint32Array.from(truncated) }
}

/** The ids of all texts, off the event loop. */
export async function idsOffThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  observer: JobObserver,
): Promise<TokenIds> {
  return runJob(tokenizeJob(model, handle, texts, maxLength, JOB_MODE.direct), observer, texts)
}

/** Each text's ids, as views. */
function idViews(ids: TokenIds): TokenArray[] {
  return ids.ends.length === 1 ? [idsOfThisRealm(ids.ids)] : [...eachIdView(ids)]
}

function* eachIdView({ ids: made, ends }: TokenIds): Generator<TokenArray, void, undefined> {
  const ids = idsOfThisRealm(made)
  let start = 0
  for (const end of ends) {
    yield new Uint32Array(ids.buffer, ids.byteOffset + start * 4, end - start)
    start = end
  }
}

function tokenizeJob(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  mode: JobMode,
): NativeJob<TokenIds> {
  try {
    return native().createTokenizeJob(handle, mode, texts.count, model.threads, maxLength)
  } catch (error) {
    throw fromNative(error)
  }
}
