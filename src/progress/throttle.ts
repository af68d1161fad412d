// Progress is reported and drawn about ten times a second: that of calls, downloads and commands.

import { performance } from '../runtime/node-globals.js'

export const PROGRESS_INTERVAL_MS = 100

/** Says when progress is due, for code that looks more often than that. */
export class ProgressThrottle {
  #next: number

  /** @param delayMs until it is due for the first time */
  constructor(delayMs = 0) {
    this.#next = performance.now() + delayMs
  }

  /** Whether progress is due; if so, it is not due again for {@link PROGRESS_INTERVAL_MS}. */
  isDue(): boolean {
    const now = performance.now()
    if (now < this.#next) return false
    this.#next = now + PROGRESS_INTERVAL_MS
    return true
  }
}
