// From a source and its options to a model: loaded at once when its files are on this machine, else
// downloaded when a caller first waits for it.

import { onAbort } from '../runtime/abort.js'
import { isModel2VecError, Model2VecError } from '../errors.js'
import { findInHubCache } from '../hub/cache.js'
import { hubEndpoint, hubToken, isOffline, timeoutMs } from '../hub/hub-environment.js'
import { environmentFetch } from '../hub/proxy-fetch.js'
import { reportDownloadTo } from '../hub/download-progress.js'
import { downloadSnapshot } from '../hub/snapshot.js'
import type { Snapshot } from '../hub/snapshot.js'
import { native } from '../native/load.js'
import { Model } from './model.js'
import { ModelState } from './state.js'
import { AbortController, process } from '../runtime/node-globals.js'
import type { CheckedLoadOptions } from '../options/load.js'
import { locateModel } from './locate.js'
import type { FoundDirectory, HubModel, LocatedModel } from './locate.js'

/**
 * The constructor's work: loads a model whose files are on this machine, on this thread. A model
 * that must be downloaded stays pending, and so does one whose vocabulary is to be quantized, which
 * takes seconds to minutes.
 */
export function loadOrLeave(source: unknown, options: CheckedLoadOptions): ModelState {
  const found = locateModel(source, options)
  if (found.located !== null && (found.hubId === null || !options.forceDownload)) {
    if (options.vocabularyQuantization === undefined) return ModelState.loaded(Model.openSync(found.located, options))
    const { located } = found
    return ModelState.pending('must be quantized', (signal) => Model.open(located, options, signal))
  }
  const refusal = whyNotAsked(options)
  // Waiting would change nothing.
  if (found.hubId !== null && found.located === null && refusal !== null) throw notOnThisMachine(found, refusal)
  return leavePending(source, options)
}

/**
 * What a caller makes of a model that is loaded off the event loop. The model is closed when either
 * fails.
 */
export async function loadFor<T>(
  source: unknown,
  options: CheckedLoadOptions,
  make: (loaded: ModelState) => T,
): Promise<T> {
  const state = leavePending(source, options)
  try {
    await state.attempt(options.signal)
    return make(state)
  } catch (error) {
    state.close()
    throw error
  }
}

/** A model that is loaded when a caller first waits for it, all of it off the event loop. */
export function leavePending(source: unknown, options: CheckedLoadOptions): ModelState {
  return ModelState.pending('must be downloaded', async (signal) => {
    const ending = new AbortController()
    const forget = onAbort([signal, options.signal], (reason) => {
      ending.abort(reason)
    })
    try {
      // Where it is missing, a download would be for nothing.
      native()
      const files = await locateOrDownload(locateModel(source, options), options, ending.signal)
      return await Model.open(files, options, ending.signal)
    } finally {
      forget()
    }
  })
}

/**
 * The files of a source, downloaded when they are not on this machine or when `forceDownload` is
 * set.
 */
async function locateOrDownload(
  found: FoundDirectory | HubModel,
  options: CheckedLoadOptions,
  signal: AbortSignal,
): Promise<LocatedModel> {
  if (found.hubId === null) return found.located
  const { located, hubId } = found
  if (located !== null && !options.forceDownload) return located
  const refusal = whyNotAsked(options)
  if (refusal !== null) {
    if (located === null) throw notOnThisMachine(found, refusal)
    return useLocated(hubId, located, 'ERR_HUB_OFFLINE', refusal)
  }
  try {
    return { modelSource: hubId, ...(await download(hubId, options, signal)) }
  } catch (error) {
    // The other codes say what is wrong with the request or the cache.
    if (!isModel2VecError(error) || signal.aborted) throw error
    const { code } = error
    if (code !== 'ERR_HUB_OFFLINE' && code !== 'ERR_HUB_HTTP') throw error
    if (located !== null) return useLocated(hubId, located, code, error.message)
    throw code === 'ERR_HUB_OFFLINE' ? notOnThisMachine(found, error.message, error.cause) : error
  }
}

/**
 * Puts a model of the Hub into the cache, unless it is there. Other places that have the model
 * don't count, and a download that fails is an error whatever the cache holds.
 *
 * @throws (rejects) Model2VecError ERR_HUB_OFFLINE, also when the Hub must not be asked; what
 * `downloadSnapshot` throws
 */
export async function pullModel(id: string, options: CheckedLoadOptions, signal: AbortSignal): Promise<Snapshot> {
  const cached = options.forceDownload ? null : findInHubCache(id, options)
  if (cached !== null && cached.directory !== null) return cached
  const refusal = whyNotAsked(options)
  if (refusal !== null) throw notPulled(id, refusal)
  try {
    return await download(id, options, signal)
  } catch (error) {
    if (isModel2VecError(error) && error.code === 'ERR_HUB_OFFLINE') throw notPulled(id, error.message, error.cause)
    throw error
  }
}

function notPulled(id: string, reason: string, cause?: unknown): Model2VecError {
  return new Model2VecError('ERR_HUB_OFFLINE', `the model \`${id}\` was not downloaded: ${reason}`, { cause })
}

async function download(id: string, options: CheckedLoadOptions, signal: AbortSignal): Promise<Snapshot> {
  const hub = {
    id,
    revision: options.revision,
    endpoint: hubEndpoint(options.endpoint),
    token: hubToken(options.token),
    fetch: options.fetch ?? environmentFetch,
    timeoutMs: timeoutMs(),
  }
  const report = reportDownloadTo(options.onProgress, options.showProgressBar)
  const { cacheDir, subfolder, withHead, forceDownload: force } = options
  return downloadSnapshot(hub, { cacheDir, subfolder, withHead, force, report }, signal)
}

/** Why the Hub may not be asked, or null. */
function whyNotAsked({ localFilesOnly }: CheckedLoadOptions): string | null {
  if (localFilesOnly) return '`localFilesOnly` forbids asking the Hub'
  return isOffline() ? 'HF_HUB_OFFLINE forbids asking the Hub' : null
}

function useLocated(
  hubId: string,
  located: LocatedModel,
  code: 'ERR_HUB_OFFLINE' | 'ERR_HUB_HTTP',
  reason: string,
): LocatedModel {
  const message = `\`${hubId}\` was not downloaded again, and ${located.directory} is used: ${reason}`
  process.emitWarning(message, { type: 'Model2VecWarning', code })
  return located
}

function notOnThisMachine({ hubId, lookedFor }: HubModel, reason: string, cause?: unknown): Model2VecError {
  const message = `the model \`${hubId}\` is not on this machine, and ${reason}; ${lookedFor}`
  return new Model2VecError('ERR_HUB_OFFLINE', message, cause === undefined ? undefined : { cause })
}
