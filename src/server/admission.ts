// Which requests may be in work. All are counted, and one too many is refused. Large ones, which
// use the threads of the engine, take one of a few slots, first come, first served; small ones
// never wait for them.

import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { Fault, RETRY_AFTER } from './fault.js'

export class Admission {
  readonly #most: number
  readonly #slots: () => number
  #used = 0
  /** Requests in work, those that wait included. */
  inWork = 0
  /** Requests whose headers have come, until the last byte of their answers is written. */
  #open = 0
  readonly #waiting: (() => void)[] = []
  readonly #whenIdle: (() => void)[] = []

  /**
   * @param most requests in work or waiting
   * @param slots large requests in work at the same time
   */
  constructor(most: number, slots: () => number) {
    this.#most = most
    this.#slots = slots
  }

  /** How many large requests wait for a slot. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** A request has begun. */
  open(): void {
    this.#open++
  }

  /** A request is over. */
  close(): void {
    if (--this.#open === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** Resolves when every request that has begun is over. */
  idle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  /** @throws Fault when too many are in work */
  enter(): void {
    if (this.inWork >= this.#most) throw new Fault('overloaded', 'the server is overloaded', null, RETRY_AFTER)
    this.inWork++
  }

  leave(): void {
    this.inWork--
  }

  /** Runs large work in a slot. @throws (rejects) what `run` throws; the signal's reason */
  async inSlot<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#used < this.#slots()) this.#used++
    else await this.#slot(signal)
    try {
      throwIfAborted(signal)
      return await run()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#used--
      else next()
    }
  }

  /** Resolves with a slot that another has left. */
  #slot(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      throwIfAborted(signal)
      const take = (): void => {
        forget()
        resolve()
      }
      const forget = onAbort([signal], (reason) => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1)
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the signal's own reason
        reject(reason)
      })
      this.#waiting.push(take)
    })
  }
}
