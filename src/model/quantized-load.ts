// A load with a vocabulary quantization, which takes seconds to minutes: its progress, and its end
// before the time.

import { onAbort } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import type { NativeLoadOptions, NativeModel, NativeQuantizedLoad } from '../native/interface.js'
import { native } from '../native/load.js'
import { clearInterval, setInterval } from '../runtime/node-globals.js'
import type { LoadOptions } from '../options/load.js'

/**
 * Milliseconds between two looks at the iterations that are done, where the caller wants to know.
 */
const PROGRESS_INTERVAL_MS = 20

/**
 * Loads a model off the event loop.
 *
 * @param signals end the load; so does an `onProgress` that throws
 * @throws (rejects) the reason of the signal, the error that `onProgress` threw, the error of the
 * load
 */
export function openQuantized(
  directory: string,
  options: NativeLoadOptions,
  onProgress: LoadOptions['onProgress'],
  signals: readonly (AbortSignal | undefined)[],
): Promise<NativeModel> {
  const load = start(directory, options)
  const report = onProgress === undefined ? () => undefined : reporter(load, onProgress)
  return new Promise((resolve, reject) => {
    let hasFailed = false
    let forget = (): void => undefined
    const fail = (reason: unknown): void => {
      hasFailed = true
      clearInterval(timer)
      forget()
      load.cancel()
      // The caller's own reason, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(reason)
    }
    const tryToReport = (): void => {
      try {
        report()
      } catch (error) {
        fail(error)
      }
    }
    const timer = onProgress === undefined ? undefined : setInterval(tryToReport, PROGRESS_INTERVAL_MS)
    forget = onAbort(signals, fail)
    load.finish().then(
      (handle) => {
        if (!hasFailed) tryToReport()
        if (hasFailed) {
          handle.close()
          return
        }
        clearInterval(timer)
        forget()
        resolve(handle)
      },
      (error: unknown) => {
        if (!hasFailed) fail(fromNative(error))
      },
    )
  })
}

function start(directory: string, options: NativeLoadOptions): NativeQuantizedLoad {
  try {
    return native().startQuantizedLoad(directory, options)
  } catch (error) {
    throw fromNative(error)
  }
}

/** Calls `onProgress` if more iterations are done than at the last call. */
function reporter(load: NativeQuantizedLoad, onProgress: NonNullable<LoadOptions['onProgress']>): () => void {
  const total = native().constants().maxIterations
  let reported = 0
  return () => {
    const loaded = load.iterations()
    if (loaded === reported) return
    reported = loaded
    onProgress({ file: 'vocabulary quantization', loaded, total, overall: { loaded, total } })
  }
}
