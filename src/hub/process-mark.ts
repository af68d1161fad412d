// Who made a file: the machine, its boot, the process with the time it started, and the thread, so that what a dead one left can be told
// from what is in use. A process id alone is not enough: every container counts its own from 1, and ids come again.

import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import os from 'node:os'
import process from 'node:process'
import { threadId } from 'node:worker_threads'

/** The namespace of process ids that Linux itself starts in: outside of all containers. */
const FIRST_NAMESPACE = 'pid:[4026531836]'

/** '' where there is no such file: elsewhere than on Linux. */
function read(from: () => string): string {
  try {
    return from().trim()
  } catch {
    return ''
  }
}

function hash(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8)
}

/** A process's state, and when it started in the kernel's ticks since boot; a start of '0' where the system doesn't say. */
function statusOf(pid: number): { readonly state: string; readonly start: string } {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The name, the second field, may hold spaces and parentheses; the state is the third, the start the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', start: fields[19] ?? '0' }
}

interface Self {
  /** Of the host's name and the namespace of its process ids: another container is another machine. */
  readonly host: string
  readonly boot: string
  readonly isOutsideContainers: boolean
  readonly mark: string
}

let self: Self | null = null

/** Read when it is first needed: most programs never do. */
function ownSelf(): Self {
  if (self !== null) return self
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'))
  const host = hash(os.hostname(), namespace)
  const boot = hash(read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')))
  const mark = [host, boot, process.pid, statusOf(process.pid).start, threadId].join('-')
  self = { host, boot, isOutsideContainers: namespace === FIRST_NAMESPACE, mark }
  return self
}

/** `<host>-<boot>-<process>-<start>-<thread>`, fit for a file name. */
export function ownMark(): string {
  return ownSelf().mark
}

/**
 * What a mark's maker is. 'perhaps alive': a process of another machine or container, one whose start nobody tells, another thread of
 * this process.
 */
export function stateOf(mark: string): 'this thread' | 'dead' | 'alive' | 'perhaps alive' {
  const own = ownSelf()
  if (mark === own.mark) return 'this thread'
  const [, host, boot, id = '', start = ''] = /^([\da-f]{8})-([\da-f]{8})-(\d+)-(\d+)-\d+$/.exec(mark) ?? []
  if (host !== own.host) return 'perhaps alive'
  // In a container the name may be that of a container on another machine, which has another boot, too.
  if (boot !== own.boot) return own.isOutsideContainers ? 'dead' : 'perhaps alive'
  const pid = Number(id)
  if (!isAlive(pid)) return 'dead'
  const now = statusOf(pid)
  if (start === '0' || now.start === '0') return 'perhaps alive'
  // A zombie: it has ended, and its parent has not asked how.
  return start === now.start && now.state !== 'Z' ? 'alive' : 'dead'
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, as another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
