// Whether a process that reports what it does hangs. On a busy machine it may wait for long: what counts is
// the time of the processor that it has taken since it was last heard.

import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Of the processor, for one input. One that ends has a lower limit, in limits.ts. */
const HANGS_MS = 10_000
/** Any time, for a process that waits for nothing, and where no system tells what it took. */
const STANDS_MS = 600_000

export interface Watch {
  /** Whether the process hung: then it was killed. */
  readonly hangs: boolean
  /** The process has reported something. */
  heard(): void
  end(): void
}

/** Kills a process that hangs. */
export function watchFor({ pid, kill }: Pick<ChildProcess, 'pid'> & { readonly kill: () => void }): Watch {
  let heard = { at: Date.now(), cpu: cpuOf(pid) }
  let hangs = false
  const timer = setInterval(() => {
    hangs ||= cpuOf(pid) - heard.cpu > HANGS_MS || Date.now() - heard.at > STANDS_MS
    if (hangs) kill()
  }, 1000)
  return {
    get hangs() {
      return hangs
    },
    heard() {
      heard = { at: Date.now(), cpu: cpuOf(pid) }
    },
    end() {
      clearInterval(timer)
    },
  }
}

/** Milliseconds of the processor that a process took so far; 0 where only Linux tells. */
function cpuOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    // utime and stime, in hundredths of a second: proc(5).
    return 10 * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return 0
  }
}
