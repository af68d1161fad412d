// Token ids of texts: the ids that are pooled, each text's own.

import { fromNative } from './errors.js'
import { runJob, runJobSync } from './job.js'
import type { Watch } from './job.js'
import { MAX_INLINE_UNITS } from './model.js'
import type { Model } from './model.js'
import { JOB_MODE, MAX_TEXTS, native } from './native.js'
import type { JobMode, NativeJob, NativeModel, TokenIds } from './native.js'
import type { Report } from './progress.js'
import { idsOfThisRealm } from './realm.js'
import { afterFew, isSmall, readFew } from './texts.js'
import type { Texts } from './texts.js'

/**
 * Where the native module writes what a small call comes to: room for as many ids as texts of {@link Model.inlineUnits} units have, unless
 * a tokenizer makes more of them than there are units. Made when it is first needed.
 */
let results: Uint32Array | null = null

/** `maxLength` is the native module's. */
export function tokenizeSync(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  report: Report | null = null,
): TokenIds {
  const few = readFew(texts)
  if (few !== null && isSmall(few, maxLength, model.inlineUnits)) {
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

/** Each text's ids, as views. */
export function idViews({ ids: made, ends }: TokenIds): Uint32Array[] {
  const ids = idsOfThisRealm(made)
  if (ends.length === 1) return [ids]
  const views: Uint32Array[] = []
  let start = 0
  for (const end of ends) {
    views.push(new Uint32Array(ids.buffer, ids.byteOffset + start * 4, end - start))
    start = end
  }
  return views
}

function tokenizeJob(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  mode: JobMode,
): NativeJob<TokenIds> {
  try {
    return native.createTokenizeJob(handle, mode, texts.count, model.threads, maxLength)
  } catch (error) {
    throw fromNative(error)
  }
}
