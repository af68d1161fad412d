// The JavaScript thread belongs to timers, sockets and signals too. All calls of an environment share one budget of its time, so that the
// event loop gets a turn every few milliseconds, whatever is called how often.
//
// Two things happen on this thread: small calls, which run at once, and the long work of large ones (reading texts, making views), which
// runs in steps. In each turn of the event loop either may take SLICE_MS. What finds the turn's time used up waits in one queue, first
// come, first served; the queue has its own SLICE_MS in the phase of the immediates, so that a small call beside much long work still
// runs at once.

import { throwIfAborted } from './abort.js'
import { performance, setImmediate } from './node-globals.js'

/** How long calls may hold one turn of the event loop, in milliseconds. A step that has begun is finished. */
const SLICE_MS = 1.5

/**
 * How much inline work is done between two looks at the clock, see {@link charge}. A look takes 50 ns and, once a turn, an immediate: too
 * much for each of the calls that a server makes, one a turn.
 */
const WORK_PER_LOOK = 1

/** One step of some work: true when the work is done. */
type Step = () => boolean

const queue: Step[] = []
/** Where the queue begins: shifting a long array moves it whole. */
let head = 0
/** Whether an immediate is set that starts the next turn. */
let isArmed = false
/** When the time of this turn began to count; set where `isArmed` is. */
let since = 0
let isSpent = false
let workSinceLook = 0

/** Whether this turn has no time left for calls, as far as the last look at the clock says. */
export function isTurnSpent(): boolean {
  return isSpent
}

/**
 * Says that a call has just done work on this thread.
 *
 * @param work 1 = about a quarter of a millisecond
 */
export function charge(work: number): void {
  workSinceLook += work
  if (workSinceLook < WORK_PER_LOOK) return
  workSinceLook = 0
  isTurnOver()
}

/** Looks at the clock: whether this turn has no time left for calls. */
export function isTurnOver(): boolean {
  const now = performance.now()
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
 * @returns the result itself where this turn had time for all of it
 * @throws what `step` throws; rejects with it in a later turn
 */
export function inTurns<T>(step: () => T | undefined): T | Promise<Awaited<T>> {
  while (!isTurnOver()) {
    const result = step()
    if (result !== undefined) return result
  }
  return new Promise<Awaited<T>>((resolve, reject) => {
    enqueue(() => {
      try {
        const result = step()
        if (result === undefined) return false
        resolve(result as Awaited<T> | PromiseLike<Awaited<T>>)
      } catch (error) {
        // What the step threw, whatever it is.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(error)
      }
      return true
    })
  })
}

/** Calls `start` now, or where this turn has no time left for calls, in a later one. */
export function whenThereIsTime<T>(start: () => T | Promise<T>): T | Promise<Awaited<T>> {
  return (isSpent ? inTurns(start) : start()) as T | Promise<Awaited<T>>
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
  })
}

/** Resolves in a later turn, when the calls that wait have had theirs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    enqueue(() => {
      resolve()
      return true
    })
  })
}

function enqueue(step: Step): void {
  queue.push(step)
  arm()
}

function arm(): void {
  if (isArmed) return
  isArmed = true
  setImmediate(startTurn)
}

/** Others have had their turn: works on the queue, and lets small calls run at once again. */
function startTurn(): void {
  const end = performance.now() + SLICE_MS
  for (let step = queue[head]; step !== undefined && performance.now() < end; step = queue[head]) {
    head++
    let isDone = step()
    while (!isDone && performance.now() < end) isDone = step()
    if (!isDone) queue.push(step)
    forgetTaken()
  }
  isArmed = false
  isSpent = false
  workSinceLook = 0
  if (head < queue.length) {
    since = performance.now()
    arm()
  }
}

/** Gives the places back of steps that were taken out, when they are most of the array. */
function forgetTaken(): void {
  if (head < 1024 ? head < queue.length : head * 2 < queue.length) return
  queue.splice(0, head)
  head = 0
}
