// How many token ids texts have: all of them, with unknown ones.

import type { TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { whenThereIsTime } from '../runtime/event-loop.js'
import { idsOfThisRealm } from '../runtime/realm.js'
import { nativeMaxLength } from '../model/model.js'
import type { Model } from '../model/model.js'
import { JOB_MODE } from '../native/interface.js'
import type { JobMode, NativeJob, NativeModel, TokenCounts } from '../native/interface.js'
import { native } from '../native/load.js'
import { afterReading, hasFewTexts, inlineCounts, inlineShare, readAtOnce, runCall, TokenCall } from './inline.js'
import type { TokenWork } from './inline.js'
import { runJob, runJobSync } from './job.js'
import type { Texts } from './texts.js'

/** `countTokensAsync`. */
const COUNT: TokenWork<TokenArray> = {
  runInline: ({ model, maxLength }, texts) => countInline(model, texts, maxLength),
  async runAsJob({ model, handle, maxLength, signal }, texts) {
    const job = countJob(model, handle, texts, maxLength, JOB_MODE.direct)
    const { counts } = await runJob(job, { signal, report: null }, texts)
    return idsOfThisRealm(counts)
  },
}

/**
 * The counts of all texts, off the event loop. A small call runs inline.
 *
 * @throws (rejects) as `encode`
 */
export async function countTokens(
  model: Model,
  texts: Texts,
  maxLength: number | null,
  signal: AbortSignal | undefined,
): Promise<TokenArray> {
  throwIfAborted(signal)
  const limit = nativeMaxLength(maxLength)
  return model.use((handle) =>
    whenThereIsTime(
      () => runCall(new TokenCall(COUNT, model, handle, limit, signal), texts),
      hasFewTexts(texts),
      signal,
    ),
  )
}

/** The counts of all texts, on this thread with the help of others. */
export function countTokensSync(model: Model, texts: Texts, maxLength: number | null): TokenArray {
  return model.use((handle) => {
    const limit = nativeMaxLength(maxLength)
    const read = readAtOnce(texts)
    if (read !== null && inlineShare(read, limit, model.inlineUnits) <= 1) return countInline(model, read, limit)
    const rest = afterReading(read, texts)
    const { counts } = runJobSync(countJob(model, handle, rest, limit, JOB_MODE.sync), null, rest)
    return idsOfThisRealm(counts)
  })
}

/**
 * The count of one text, as {@link countTokensSync}, without a list of one: a splitter asks for
 * every piece of a document alone.
 */
export function countTokensOfOne(model: Model, text: string, maxLength: number | null): number {
  if (text.length > model.inlineUnits) return countTokensSync(model, { values: [text], count: 1 }, maxLength)[0] ?? 0
  return model.use(countOneInline, model, text, nativeMaxLength(maxLength))
}

function countOneInline(_: NativeModel, model: Model, text: string, maxLength: number): number {
  try {
    model.inlineCalls().countTokens(inlineCounts, maxLength, text)
  } catch (error) {
    throw fromNative(error)
  }
  return inlineCounts[0] ?? 0
}

function countInline(model: Model, texts: readonly string[], maxLength: number): TokenArray {
  try {
    model.inlineCalls().countTokens(inlineCounts, maxLength, ...texts)
  } catch (error) {
    throw fromNative(error)
  }
  return inlineCounts.slice(0, texts.length)
}

function countJob(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  mode: JobMode,
): NativeJob<TokenCounts> {
  try {
    return native().createCountJob(handle, mode, texts.count, model.threads, maxLength)
  } catch (error) {
    throw fromNative(error)
  }
}
