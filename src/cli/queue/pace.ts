// A worker whose shards fail takes them more slowly. A machine that lacks a mount or a store's address
// would else be through a whole queue in a minute, and use up the tries of every shard in it.

import { sleep } from '../../hub/retry.js'

/** After the second failure in a row; twice as long after each further one. */
const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 30_000

export class Pace {
  #failures = 0

  /** A shard is done. */
  succeeded(): void {
    this.#failures = 0
  }

  /** A shard has failed: resolves when the next one may be taken, or the signal is aborted. */
  async failed(signal: AbortSignal | undefined): Promise<void> {
    this.#failures++
    if (this.#failures === 1) return
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (this.#failures - 2), LONGEST_WAIT_MS)
    await sleep(waitMs, signal ?? new AbortController().signal).catch(() => undefined)
  }
}
