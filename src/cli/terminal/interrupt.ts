// SIGINT and SIGTERM: the first lets a command end in order, the second ends the process at once, as without us.

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** The command was interrupted, and has ended in order: its exit code is that of the signal. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(signal: keyof typeof EXIT_CODES) {
    super(`interrupted by ${signal}`)
    this.exitCode = EXIT_CODES[signal]
  }
}

/** A signal that is aborted with {@link Interrupted}. `release` gives SIGINT and SIGTERM back. */
export function interruptSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    release()
    controller.abort(new Interrupted(signal as keyof typeof EXIT_CODES))
  }
  const release = (): void => {
    for (const name of Object.keys(EXIT_CODES)) process.off(name, onSignal)
  }
  for (const name of Object.keys(EXIT_CODES)) process.on(name, onSignal)
  return { signal: controller.signal, release }
}
