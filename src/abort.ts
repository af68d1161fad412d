// Abort signals. They may be of another realm (vm, Jest), which `AbortSignal.any` would refuse, or a polyfill's.

import { DOMException } from './node-globals.js'

/** Why a signal was aborted: its own reason; an AbortError where a polyfill's signal has none. */
export function reasonOf(signal: AbortSignal): unknown {
  const { reason } = signal as { readonly reason?: unknown }
  return reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason
}

/** Throws the signal's own reason, as every API of the platform does. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw reasonOf(signal)
}

/** Settles as `promise` does, or rejects with the reason of the first signal that aborts. */
export function orAborted<T>(promise: Promise<T>, ...signals: readonly (AbortSignal | undefined)[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signals, reject)
    Promise.resolve(promise).then(resolve, reject).finally(forget)
  })
}

/**
 * Calls `listener` once, with the reason, when one of the signals aborts: at once when one has.
 *
 * @returns stops listening
 */
export function onAbort(
  signals: readonly (AbortSignal | undefined)[],
  listener: (reason: unknown) => void,
): () => void {
  const forgets: (() => void)[] = []
  const forget = (): void => {
    for (const each of forgets.splice(0)) each()
  }
  for (const signal of signals) {
    if (signal === undefined) continue
    const aborted = (): void => {
      forget()
      listener(reasonOf(signal))
    }
    if (signal.aborted) {
      aborted()
      break
    }
    signal.addEventListener('abort', aborted, { once: true })
    forgets.push(() => {
      signal.removeEventListener('abort', aborted)
    })
  }
  return forget
}
