// Which requests may be in work. All are counted, and one too many is refused; so is a body that would
// take too much memory. Large ones, which use the threads of the engine, take one of a few slots, in
// order; small ones never wait for them.

import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { Fault } from './fault.js'

/** When to try again, in seconds. */
const RETRY_AFTER = ['Retry-After', '1']

export class Admission {
  readonly #most: number
  readonly #mostBytes: number
  /** Of bodies and answers. */
  buffered = 0
  #free: number
  /** Requests in work, those that wait included. */
  inWork = 0
  readonly #waiting: (() => void)[] = []
  readonly #whenIdle: (() => void)[] = []

  /**
   * @param most requests in work or waiting
   * @param mostBytes bytes of bodies and answers
   * @param slots large requests in work at the same time
   */
  constructor(most: number, mostBytes: number, slots: number) {
    this.#most = most
    this.#mostBytes = mostBytes
    this.#free = slots
  }

  /** @throws Fault when bytes of a body would be too many; else they are counted */
  holdBody(bytes: number): void {
    if (this.buffered + bytes > this.#mostBytes) {
      throw new Fault('overloaded', 'the server has no memory for this body now', null, RETRY_AFTER)
    }
    this.buffered += bytes
  }

  /** How many large requests wait for a slot. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws Fault when too many are in work */
  enter(): void {
    if (this.inWork >= this.#most) throw new Fault('overloaded', 'the server is overloaded', null, RETRY_AFTER)
    this.inWork++
  }

  leave(): void {
    if (--this.inWork === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** Resolves when no request is in work. */
  idle(): Promise<void> {
    return this.inWork === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  /** Runs large work in a slot. @throws (rejects) what `run` throws; the signal's reason */
  async inSlot<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#slot(signal)
    try {
      return await run()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
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
