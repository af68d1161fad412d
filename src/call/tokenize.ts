// Token ids of texts: the ids that are pooled, each text's own.

import type { TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { charge, takeInTurns, whenThereIsTime } from '../runtime/event-loop.js'
import type { OnProgress } from '../options/encode.js'
import { runJob, runJobSync } from './job.js'
import type { Watch } from './job.js'
import { MAX_INLINE_UNITS } from '../model/model.js'
import type { Model } from '../model/model.js'
import { JOB_MODE, MAX_TEXTS } from '../native/interface.js'
import { native } from '../native/load.js'
import type { JobMode, NativeJob, NativeModel, TokenIds } from '../native/interface.js'
import { idsOfThisRealm } from '../runtime/realm.js'
import { afterFew, readFew, unitsToRead } from './texts.js'
import type { Texts } from './texts.js'

/**
 * Where the native module writes what a small call comes to: room for as many ids as texts of {@link Model.inlineUnits} units have, unless
 * a tokenizer makes more of them than there are units. Made when it is first needed.
 */
let results: Uint32Array | null = null

/** What a small call takes whatever its texts are: 1 = as much as the largest of them. */
const CALL_SHARE = 1 / 80
/** How many views are made in a step: some 30 µs. */
const VIEWS_PER_STEP = 256

/** `maxLength` is the native module's. */
export function tokenizeSync(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  report: OnProgress | null = null,
): TokenIds {
  const few = readFew(texts)
  if (few !== null && unitsToRead(few, maxLength, model.inlineUnits) <= model.inlineUnits) {
    const ids = tokenizeFew(model, few, maxLength)
    if (ids !== null) return ids
  }
  const read = afterFew(few, texts)
  return runJobSync(tokenizeJob(model, handle, read, maxLength, JOB_MODE.sync), report, read)
}

/** Tokenizes a small call on this thread; null when its ids have no room. */
function tokenizeFew(model: Model, few: readonly string[], maxLength: number): TokenIds | null {
  // In a buffer of its own, as `fewCounts` of encode.ts.
  const found = (results ??= new Uint32Array(new ArrayBuffer(4 * (2 * MAX_TEXTS + MAX_INLINE_UNITS))))
  const { length } = few
  let total: number
  try {
    const calls = model.few()
    const text = few[0]
    total =
      length === 1 && text !== undefined
        ? calls.tokenize(found, maxLength, text)
        : calls.tokenize(found, maxLength, ...few)
  } catch (error) {
    throw fromNative(error)
  }
  if (total < 0) return null
  const ends = new Uint32Array(length)
  const cut = new Uint8Array(length)
  let truncated = 0
  let end = 0
  for (let i = 0; i < length; i++) {
    ends[i] = end += found[2 * i] ?? 0
    truncated += cut[i] = found[2 * i + 1] ?? 0
  }
  return { ids: found.slice(2 * length, 2 * length + total), ends, cut, truncated }
}

export async function tokenizeOffThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  watch: Watch,
): Promise<TokenIds> {
  return runJob(tokenizeJob(model, handle, texts, maxLength, JOB_MODE.direct), watch, texts)
}

/**
 * Each text's ids, off the event loop. A small call runs on this thread.
 *
 * @param maxLength the native module's
 * @throws (rejects) as `encode`
 */
export async function tokenize(
  model: Model,
  texts: Texts,
  maxLength: number,
  signal: AbortSignal | undefined,
): Promise<TokenArray[]> {
  throwIfAborted(signal)
  const handle = model.hold()
  try {
    return await whenThereIsTime(() => tokenizeNow(model, handle, texts, maxLength, signal), texts.count, signal)
  } finally {
    model.release()
  }
}

/** Starts the call, and ends it where it is small. */
function tokenizeNow(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  signal: AbortSignal | undefined,
): TokenArray[] | Promise<TokenArray[]> {
  throwIfAborted(signal)
  const few = readFew(texts)
  throwIfAborted(signal)
  const read = afterFew(few, texts)
  const share = few === null ? Infinity : unitsToRead(few, maxLength, model.inlineUnits) / model.inlineUnits
  if (share > 1) return viewsOffThread(model, handle, read, maxLength, signal)
  const views = idViews(tokenizeSync(model, handle, read, maxLength))
  charge(share + CALL_SHARE)
  return views
}

async function viewsOffThread(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  signal: AbortSignal | undefined,
): Promise<TokenArray[]> {
  const rest = eachIdView(await tokenizeOffThread(model, handle, texts, maxLength, { signal, report: null }))
  return takeInTurns(rest, VIEWS_PER_STEP, signal)
}

/** Each text's ids, as views. */
export function idViews(ids: TokenIds): TokenArray[] {
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
