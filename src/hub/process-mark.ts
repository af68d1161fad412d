// A mark in a file's name or content that says which thread made it: the machine, its boot, the
// process with its start time, and the thread. It separates files that a dead process left from
// those in use. A process id alone is not enough: every container counts from 1, and ids are
// reused.

import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import os from 'node:os'
import { threadId } from 'node:worker_threads'

import { process } from '../runtime/node-globals.js'

/** The namespace of process ids that Linux itself starts in: outside of all containers. */
const FIRST_NAMESPACE = 'pid:[4026531836]'

/** An answer of the system; '' when it gives none: only Linux has these files. */
function ofSystem(ask: () => string): string {
  try {
    return ask().trim()
  } catch {
    return ''
  }
}

function hash(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8)
}

/**
 * A process's state, and when it started in the kernel's ticks since boot; a start of '0' where the
 * system doesn't say.
 */
function statusOf(pid: number): { readonly state: string; readonly start: string } {
  const stat = ofSystem(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
  // The name, the second field, may hold spaces and parentheses; the state is the third, the start
  // the 22nd.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0] ?? '', start: fields[19] ?? '0' }
}

/** What a mark says of the machine; another container is another machine. */
interface Machine {
  readonly host: string
  readonly boot: string
  /** Its namespace of process ids; '' where the system has none. */
  readonly namespace: string
}

let machine: Machine | null = null
let mark: string | null = null

function ownMachine(): Machine {
  if (machine === null) {
    const namespace = ofSystem(() => readlinkSync('/proc/self/ns/pid'))
    // Random when the system gives no name: then no other process counts as one of this machine.
    const name = ofSystem(() => os.hostname()) || randomBytes(16).toString('hex')
    const boot = ofSystem(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))
    machine = { host: hash(name, namespace), boot: hash(boot), namespace }
  }
  return machine
}

/** The mark of this thread, `<host>-<boot>-<process>-<start>-<thread>`, fit for a file name. */
export function ownMark(): string {
  const { host, boot } = ownMachine()
  mark ??= [host, boot, process.pid, statusOf(process.pid).start, threadId].join('-')
  return mark
}

/**
 * The state of the thread that made a mark. 'perhaps alive': a process of another machine or
 * container, one of this machine that runs or whose start time is not known, another thread of this
 * process.
 */
export function stateOf(mark: string): 'this thread' | 'dead' | 'perhaps alive' {
  if (mark === ownMark()) return 'this thread'
  return knownState(mark) === 'dead' ? 'dead' : 'perhaps alive'
}

/** Whether a mark's maker is a process of this machine that certainly runs. */
export function isRunning(mark: string): boolean {
  return knownState(mark) === 'alive'
}

function knownState(mark: string): 'dead' | 'alive' | 'not known' {
  const [, host, boot, id, start] = /^([\da-f]{8})-([\da-f]{8})-(\d+)-(\d+)-\d+$/.exec(mark) ?? []
  const own = ownMachine()
  if (host !== own.host) return 'not known'
  // In a container the name may be that of a container on another machine, which has another boot,
  // too.
  if (boot !== own.boot) return own.namespace === FIRST_NAMESPACE ? 'dead' : 'not known'
  if (!exists(Number(id))) return 'dead'
  const now = statusOf(Number(id))
  if (start === '0' || now.start === '0') return 'not known'
  // A zombie: it has ended, and its parent has not asked how.
  return start === now.start && now.state !== 'Z' ? 'alive' : 'dead'
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, as another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
