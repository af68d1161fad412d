// Who made a file in the cache: the machine, the process and the thread, so that what a dead one left can be told from what
// is in use.

import { createHash, randomBytes } from 'node:crypto'
import os from 'node:os'
import { threadId } from 'node:worker_threads'

import { process } from '../node-globals.js'

const HOST = createHash('sha256').update(hostName()).digest('hex').slice(0, 8)

/** `<host>-<process>-<thread>`, fit for a file name. */
export const OWN_MARK: string = [HOST, process.pid, threadId].join('-')

/** Random where the system tells no name: no other process is then taken for one of this machine. */
function hostName(): string {
  try {
    return os.hostname()
  } catch {
    return randomBytes(16).toString('hex')
  }
}

/** What a mark's maker is. A process of another machine, and another thread of this process, may be alive. */
export function stateOf(mark: string): 'this thread' | 'dead' | 'perhaps alive' {
  if (mark === OWN_MARK) return 'this thread'
  const [, host, pid] = /^([\da-f]{8})-(\d+)-\d+$/.exec(mark) ?? []
  return host === HOST && !isAlive(Number(pid)) ? 'dead' : 'perhaps alive'
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
