// Abort signals. They may be of another realm (vm, Jest), which `AbortSignal.any` would refuse, or
// a polyfill's.

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

/** What one signal calls when it aborts. */
class Listeners {
  readonly #signal: AbortSignal
  readonly #all = new Set<() => void>()
  readonly #call = (): void => {
    listenersOf.delete(this.#signal)
    for (const listener of this.#all) listener()
  }

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#call, { once: true })
  }

  add(listener: () => void): void {
    this.#all.add(listener)
  }

  /** After the last one nothing is left on the signal. */
  remove(listener: () => void): void {
    if (!this.#all.delete(listener) || this.#all.size > 0) return
    listenersOf.delete(this.#signal)
    this.#signal.removeEventListener('abort', this.#call)
  }
}

/**
 * One listener for each signal: it may serve any number of calls at once, and Node warns of the
 * eleventh.
 */
const listenersOf = new WeakMap<AbortSignal, Listeners>()

function listen(signal: AbortSignal, listener: () => void): () => void {
  let listeners = listenersOf.get(signal)
  if (listeners === undefined) {
    listeners = new Listeners(signal)
    listenersOf.set(signal, listeners)
  }
  const added = listeners
  added.add(listener)
  return () => {
    added.remove(listener)
  }
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
    forgets.push(listen(signal, aborted))
  }
  return forget
}
