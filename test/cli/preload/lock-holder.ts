// Loaded into a run of `embed` (`--require`): what happens to the run and to the lock that it waits
// for, at its own pace. TEST_LOCK = "touch": the holder touches the lock during the wait; "sleep":
// the machine sleeps when the wait begins, and the holder touches the lock some looks after that.

import { utimesSync } from 'node:fs'
import fs from 'node:fs/promises'

const kind = process.env.TEST_LOCK ?? ''
const lock = process.env.TEST_LOCK_FILE ?? ''
/** The look at the lock, counted from the start of the wait, before which it is touched. */
const TOUCHED_AT = 5

let looks = -1
const { lstat } = fs
Object.assign(fs, {
  lstat(...args: Parameters<typeof lstat>) {
    if (args[0] === lock && looks >= 0 && ++looks === TOUCHED_AT) utimesSync(lock, new Date(), new Date())
    return lstat(...args)
  },
})

const { stderr } = process
const write = stderr.write.bind(stderr)
stderr.write = (text: string, ...rest: []) => {
  const result = write(text, ...rest)
  if (text.includes('waiting to see')) {
    // Until SIGCONT.
    if (kind === 'sleep') process.kill(process.pid, 'SIGSTOP')
    looks = 0
  }
  return result
}
