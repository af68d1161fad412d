// Token ids of texts: the ids that are pooled, each text's own.

import { fromNative } from './errors.js'
import { runJob, runJobSync } from './job.js'
import type { Watch } from './job.js'
import type { Model } from './model.js'
import { JOB_MODE, native } from './native.js'
import type { JobMode, NativeJob, NativeModel, TokenIds } from './native.js'
import type { Report } from './progress.js'
import type { Texts } from './texts.js'

/** `maxLength` is the native module's. */
export function tokenizeSync(
  model: Model,
  handle: NativeModel,
  texts: Texts,
  maxLength: number,
  report: Report | null = null,
): TokenIds {
  return runJobSync(tokenizeJob(model, handle, texts, maxLength, JOB_MODE.sync), report, texts)
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
export function idViews({ ids, ends }: TokenIds): Uint32Array[] {
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
