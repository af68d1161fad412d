// A load with a vocabulary quantization: looked at now and then until it is done, as it takes seconds to minutes.

import { onAbort } from '../runtime/abort.js'
import { fromNative } from '../errors.js'
import { native } from '../native/load.js'
import type { NativeLoadOptions, NativeModel } from '../native/interface.js'
import { clearInterval, setInterval } from '../runtime/node-globals.js'
import type { LoadOptions } from '../options/load.js'

/** Milliseconds between two looks. */
const INTERVAL = 20

/**
 * Loads a model off the event loop.
 *
 * @param signals end the load; so does an `onProgress` that throws
 * @throws (rejects) the reason of the signal, what `onProgress` threw, what the load fails with
 */
export function openLong(
  directory: string,
  options: NativeLoadOptions,
  onProgress: LoadOptions['onProgress'],
  signals: readonly (AbortSignal | undefined)[],
): Promise<NativeModel> {
  const load = new (native().NativeLongLoad)(directory, options)
  const total = native().maxIterations()
  let reported = 0
  const report = (): void => {
    const loaded = load.iterations()
    if (loaded === reported) return
    reported = loaded
    onProgress?.({ file: 'vocabulary quantization', loaded, total, overall: { loaded, total } })
  }
  return new Promise((resolve, reject) => {
    let forget = (): void => undefined
    const fail = (reason: unknown): void => {
      clearInterval(timer)
      forget()
      load.cancel()
      // The caller's own reason, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(reason)
    }
    const timer = setInterval(() => {
      let handle: NativeModel | null
      try {
        handle = load.take()
      } catch (error) {
        fail(fromNative(error))
        return
      }
      try {
        report()
      } catch (error) {
        handle?.close()
        fail(error)
        return
      }
      if (handle === null) return
      clearInterval(timer)
      forget()
      resolve(handle)
    }, INTERVAL)
    forget = onAbort(signals, fail)
  })
}
