// What happens to a worker at a step of its work, so that no test has to be fast enough to catch it
// there. TEST_FAULT is "<what> <n>": at the nth step, a change of a file or a call of a sink, the worker
//
//   kill   is killed
//   stop   is stopped, as if its machine slept, until SIGCONT
//   hold   waits for SIGUSR2, with all else going on: locks are renewed while Redis can be reached

import { once } from 'node:events'

const [what = '', at = ''] = (process.env.TEST_FAULT ?? '').split(' ')
/** What a worker says at its step: the test waits for it. */
export const AT_STEP = 'at the step of the test'

let steps = 0

export async function step(): Promise<void> {
  if (++steps !== Number(at)) return
  // Listened to before the test is told.
  const released = what === 'hold' ? once(process, 'SIGUSR2') : null
  process.stderr.write(`${AT_STEP}\n`)
  if (released !== null) await released
  else process.kill(process.pid, what === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}
