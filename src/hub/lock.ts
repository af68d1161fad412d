// A lock between threads and processes: a file that only one of them can create. It is there so
// that a model is fetched once; nothing breaks when it fails (on a file system without exclusive
// creation, say), as every file in the cache is whole before it gets its name.
//
// Python's lock files in `.locks` are held by flock, which Node doesn't have, so that Python and we
// don't wait for each other.

import { readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { throwIfAborted } from '../runtime/abort.js'
import { clearInterval, process, setInterval } from '../runtime/node-globals.js'
import { makeFolder } from './folder.js'
import { ownMark, stateOf } from './process-mark.js'
import { sleep } from './retry.js'

const POLL_MS = 50
/** The holder touches the file this often. */
const HEARTBEAT_MS = 1000
/**
 * A file that is as it was at this many looks, ten seconds of them, is nobody's: a thread was
 * ended, a process killed on another machine. Looks, as a clock goes on while this process and the
 * holder sleep.
 */
const MOST_LOOKS = 200
/**
 * How often in a row the file may be refused while none is there: it is then not about to go, but
 * can't be made.
 */
const MOST_REFUSALS = 20

/**
 * Runs `work` while no other thread or process runs work under the same lock.
 *
 * @throws (rejects) what `work` rejects with, the signal's reason, an error of the file system
 */
export async function withLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await makeFolder(path.dirname(file))
  let seen = { touched: 0, looks: 0 }
  let refusals = 0
  for (;;) {
    throwIfAborted(signal)
    const refusal = await create(file)
    if (refusal === null) break
    const touched = await touchedAt(file)
    refusals = touched === 0 && refusal.code !== 'EEXIST' ? refusals + 1 : 0
    if (refusals > MOST_REFUSALS) throw refusal
    seen = { touched, looks: touched === seen.touched ? seen.looks + 1 : 0 }
    const isAbandoned = seen.looks > MOST_LOOKS || stateOf(await maker(file)) === 'dead'
    if (!isAbandoned) {
      await sleep(POLL_MS, signal)
      continue
    }
    // Another user's, or not even a file: waiting would never end, and without a lock nothing
    // breaks.
    if (!(await remove(file))) return work()
    // Two that find it abandoned at once may both go on: the model is then fetched twice.
    seen = { touched: 0, looks: 0 }
  }
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(file, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    if ((await maker(file)) === ownMark()) await remove(file)
  }
}

/**
 * Null when the file was created; else why it may be somebody's. @throws (rejects) when the file
 * can't be made at all
 */
async function create(file: string): Promise<NodeJS.ErrnoException | null> {
  try {
    await writeFile(file, ownMark(), { flag: 'wx' })
    return null
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException
    // On Windows, a file that is being removed; or a place where no file can be made.
    const mayPass = process.platform === 'win32' && (error.code === 'EPERM' || error.code === 'EACCES')
    if (error.code === 'EEXIST' || mayPass) return error
    throw error
  }
}

/** '' when the file has just gone, or its maker's mark is still to be written. */
async function maker(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}

/** 0 when there is no file. */
async function touchedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

/** Whether the file is gone. */
async function remove(file: string): Promise<boolean> {
  return unlink(file).then(
    () => true,
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  )
}
