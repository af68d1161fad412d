// The pages of a mapped table count as memory of this process once they are read. They are released
// when no call runs, but at most a few times a second: reading them in again costs a microsecond
// per 64 KB.

import type { NativeModel } from '../native/interface.js'
import { performance, setTimeout } from '../runtime/node-globals.js'

/** Milliseconds. */
const INTERVAL = 250

export class MappedPages {
  readonly #handle: NativeModel
  #releasedAt = -Infinity
  #timer: NodeJS.Timeout | null = null

  constructor(handle: NativeModel) {
    this.#handle = handle
  }

  /** To be called when the last running call has ended. */
  release(): void {
    if (this.#timer !== null) return
    const wait = this.#releasedAt + INTERVAL - performance.now()
    if (wait <= 0) {
      this.#releaseNow()
      return
    }
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#releaseNow()
    }, wait)
    // A process that has nothing else to do ends.
    this.#timer.unref()
  }

  #releaseNow(): void {
    this.#releasedAt = performance.now()
    this.#handle.releasePages()
  }
}
