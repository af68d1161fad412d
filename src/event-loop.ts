// Long work on the JavaScript thread, in slices that leave the event loop to others.

import { performance, setImmediate } from './node-globals.js'

/** How long a slice of work may hold the event loop, in milliseconds; what a step does after the check comes on top. */
const SLICE_MS = 1.5

/** Measures one slice of work. */
export interface SliceClock {
  /** Whether the slice has used up its time. */
  isOver(): boolean
  /** Lets timers and input run, and starts the next slice. */
  next(): Promise<void>
  /** Starts the next slice: the event loop has just been left to others. */
  restart(): void
}

export function sliceClock(): SliceClock {
  let end = performance.now() + SLICE_MS
  const restart = (): void => {
    end = performance.now() + SLICE_MS
  }
  return {
    isOver: () => performance.now() >= end,
    next: async () => {
      await new Promise<void>((resolve) => setImmediate(resolve))
      restart()
    },
    restart,
  }
}
