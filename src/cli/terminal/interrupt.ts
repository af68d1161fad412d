// SIGINT and SIGTERM: the first one lets a command end in order, the second one ends the process at
// once.

import { once } from 'node:events'

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const
type EndingSignal = keyof typeof EXIT_CODES

/** The command was interrupted and has ended in order. The exit code is that of the signal. */
export class Interrupted extends Error {
  readonly exitCode: number
  readonly #signal: EndingSignal

  /** @param hint how to go on */
  constructor(signal: EndingSignal, hint = '') {
    super(`interrupted by ${signal}${hint === '' ? '' : `; ${hint}`}`)
    this.#signal = signal
    this.exitCode = EXIT_CODES[signal]
  }

  withHint(hint: string): Interrupted {
    return new Interrupted(this.#signal, hint)
  }
}

/** Resolves when a signal is aborted. */
export async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

/**
 * A signal that is aborted with {@link Interrupted}. `release` gives SIGINT and SIGTERM back to
 * Node.
 */
export function interruptSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    release()
    controller.abort(new Interrupted(signal as EndingSignal))
  }
  const release = (): void => {
    for (const name of Object.keys(EXIT_CODES)) process.off(name, onSignal)
  }
  for (const name of Object.keys(EXIT_CODES)) process.on(name, onSignal)
  return { signal: controller.signal, release }
}
