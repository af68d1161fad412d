// How much time and memory the work on an input may take.

import { readFileSync, writeFileSync } from 'node:fs'

import { Fault } from './outcome.js'

/** Of the processor. Where a watch of its own kills what never ends, it needs more than that. */
const MOST_MS = 2000
const MOST_BYTES = 64 << 20
/** For each byte of the input. */
const MOST_TIMES = 8

/**
 * @param bytes of the input
 * @throws Fault when the work takes more than 2 s of the processor, or makes more than 64 MB and 8
 *   times the input resident; what the work throws
 */
export async function bounded<T>(bytes: number, work: () => Promise<T>): Promise<T> {
  const before = memory(true)
  const start = process.cpuUsage()
  try {
    return await work()
  } finally {
    const { user, system } = process.cpuUsage(start)
    const peak = memory(false) - before
    const spent = (user + system) / 1000
    if (spent > MOST_MS) throw new Fault(`expected ${MOST_MS} ms of the processor at most, but it took ${spent}`)
    if (peak > MOST_BYTES + MOST_TIMES * bytes) {
      throw new Fault(`expected 64 MB and 8 times ${bytes} bytes at most, but it took ${peak >> 20} MB`)
    }
  }
}

/** The bytes that are resident; or that were at most since they were asked for with `isStart`. 0 = Linux alone can tell. */
function memory(isStart: boolean): number {
  if (process.platform !== 'linux') return 0
  // Takes the peak back to what is resident now: proc(5), `clear_refs`.
  if (isStart) writeFileSync('/proc/self/clear_refs', '5')
  const status = readFileSync('/proc/self/status', 'latin1')
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])
}
