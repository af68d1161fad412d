// The JavaScript thread belongs to timers, sockets and signals too. All calls of an environment
// share one budget of its time, so that the event loop gets a turn every few milliseconds, whatever
// is called how often.
//
// Two things happen on this thread: small calls, which run at once, and the long work of large ones
// (reading texts, making views), which runs in steps. In each turn of the event loop either may
// take SLICE_MS. What finds the turn's time used up waits: calls of few texts in one line, all
// other work in another, step by step in a round. In the phase of the immediates both lines get
// SLICE_MS together, the calls of few texts first.

import { AsyncResource } from 'node:async_hooks'

import { onAbort, throwIfAborted } from './abort.js'
import { performance, setImmediate } from './node-globals.js'

/**
 * How long calls may hold one turn of the event loop, in milliseconds. A step that has begun is
 * finished.
 */
const SLICE_MS = 1.5
/** How much of that calls of few texts leave to other work that waits. */
const LONG_WORK_MS = 0.5

/**
 * The clock is looked at after this much inline work, see {@link charge}, or this many calls: their
 * caller may do much between two of them. A look takes 50 ns and, once a turn, an immediate: too
 * much for each of the calls that a server makes, one a turn.
 */
const WORK_PER_LOOK = 1
const CALLS_PER_LOOK = 4

/** Work that waits for its turn. */
interface Waiting {
  /** One step of it: true when the work is done. Null once it was given up. */
  step: (() => boolean) | null
}

/** First in, first out; what was taken out is let go. */
class Line {
  readonly #waiting: (Waiting | undefined)[] = []
  /** Where the line begins: shifting a long array moves it whole. */
  #head = 0

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length
  }

  push(waiting: Waiting): void {
    this.#waiting.push(waiting)
  }

  shift(): Waiting | undefined {
    const first = this.#waiting[this.#head]
    if (first === undefined) return undefined
    this.#waiting[this.#head++] = undefined
    if (this.#head * 2 >= this.#waiting.length) {
      this.#waiting.splice(0, this.#head)
      this.#head = 0
    }
    return first
  }
}

/** Calls of few texts, and all other work. */
const fewTexts = new Line()
const longWork = new Line()
/** Whether an immediate is set that starts the next turn. */
let isArmed = false
/** When the time of this turn began to count: at its first look at the clock. */
let since = 0
let isSpent = false
let workSinceLook = 0
let callsSinceLook = 0

/** Whether this turn has no time left for calls, as far as the last look at the clock says. */
export function isTurnSpent(): boolean {
  return isSpent
}

/**
 * Says that a call is about to do work on this thread, or has just done it.
 *
 * @param work 1 = about a quarter of a millisecond
 */
export function charge(work: number): void {
  workSinceLook += work
  callsSinceLook++
  if (workSinceLook >= WORK_PER_LOOK || callsSinceLook >= CALLS_PER_LOOK) isTurnOver()
}

/** Looks at the clock: whether this turn has no time left for calls. */
export function isTurnOver(): boolean {
  const now = performance.now()
  workSinceLook = 0
  callsSinceLook = 0
  if (!isArmed) {
    // The first look since the event loop had a turn.
    since = now
    arm()
  }
  isSpent = now - since >= SLICE_MS
  return isSpent
}

/**
 * Calls `step` until it returns a result: now, while this turn has time left, then in later turns.
 *
 * @param step does about a tenth of a millisecond of work; undefined = there is more
 * @param signal ends the wait at once
 * @returns the result itself where this turn had time for all of it
 * @throws what `step` throws; in a later turn it rejects with that, or with the signal's reason
 */
export function inTurns<T>(step: () => T | undefined, signal: AbortSignal | undefined): T | Promise<Awaited<T>> {
  while (!isTurnOver()) {
    const result = step()
    if (result !== undefined) return result
  }
  return inLine(longWork, step, signal)
}

/**
 * Calls `start` now, or where this turn has no time left for calls, in a later one.
 *
 * @param isOfFewTexts whether the call goes before long work that waits as well
 * @param signal ends the wait at once
 */
export function whenThereIsTime<T>(
  start: () => T | Promise<T>,
  isOfFewTexts: boolean,
  signal: AbortSignal | undefined,
): T | Promise<Awaited<T>> {
  return (isSpent ? inLine(isOfFewTexts ? fewTexts : longWork, start, signal) : start()) as T | Promise<Awaited<T>>
}

/**
 * Everything that an iterator gives, as an array.
 *
 * @param count how many make a step of {@link inTurns}
 * @param signal may end it between two steps
 */
export function takeInTurns<T>(
  iterator: Iterator<T>,
  count: number,
  signal: AbortSignal | undefined,
): T[] | Promise<T[]> {
  const taken: T[] = []
  return inTurns(() => {
    throwIfAborted(signal)
    for (let i = 0; i < count; i++) {
      const next = iterator.next()
      if (next.done === true) return taken
      taken.push(next.value)
    }
    return undefined
  }, signal)
}

/** Resolves in a later turn, when others that wait have had theirs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    enqueue(longWork, {
      step: () => {
        resolve()
        return true
      },
    })
  })
}

/** Calls `step` in later turns until it returns a result. */
function inLine<T>(line: Line, step: () => T | undefined, signal: AbortSignal | undefined): Promise<Awaited<T>> {
  return new Promise<Awaited<T>>((resolve, reject) => {
    // The step may run callbacks and getters, which ask an AsyncLocalStorage: in the caller's own
    // asynchronous context.
    const context = new AsyncResource('model2vec', { requireManualDestroy: true })
    const waiting: Waiting = {
      step: () => {
        try {
          const result = context.runInAsyncScope(step)
          if (result === undefined) return false
          resolve(result as Awaited<T> | PromiseLike<Awaited<T>>)
        } catch (error) {
          // What the step threw, whatever it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(error)
        }
        forget()
        return true
      },
    }
    const forget = onAbort([signal], (reason) => {
      waiting.step = null
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
      reject(reason)
    })
    if (waiting.step !== null) enqueue(line, waiting)
  })
}

function enqueue(line: Line, waiting: Waiting): void {
  line.push(waiting)
  arm()
}

function arm(): void {
  if (isArmed) return
  isArmed = true
  setImmediate(startTurn)
}

/** Others have had their turn: works on what waits, and lets small calls run at once again. */
function startTurn(): void {
  const end = performance.now() + SLICE_MS
  work(fewTexts, longWork.isEmpty ? end : end - LONG_WORK_MS)
  work(longWork, end)
  isArmed = false
  isSpent = false
  if (!fewTexts.isEmpty || !longWork.isEmpty) {
    since = performance.now()
    arm()
  }
}

/** Does steps of what stands in a line, one of each, until `end`: at least one. */
function work(line: Line, end: number): void {
  for (let first = line.shift(); first !== undefined; first = line.shift()) {
    if (first.step?.() === false) line.push(first)
    if (performance.now() >= end) return
  }
}
