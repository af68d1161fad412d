// A lock between test files, which run at once: threads of one process, or several runs.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Calls a function while this thread has the lock, a file with the process in it. The lock of a
 * process that has ended is taken over.
 */
export function whileLocked<T>(lock: string, call: () => T): T {
  const until = Date.now() + 20 * 60_000
  while (!isTaken(lock)) {
    if (Date.now() > until) throw new Error(`${lock} is held for 20 minutes: delete it if nothing is being installed`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  try {
    return call()
  } finally {
    rmSync(lock, { force: true })
  }
}

function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0)
  } catch (error) {
    // The process has ended, unless the lock is gone by now.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') rmSync(lock, { force: true })
  }
  return false
}
