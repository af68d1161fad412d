// A lock between threads and processes: a file that only one of them can create. It is there so that a model is fetched once;
// nothing breaks when it fails (on a file system without exclusive creation, say), as every file in the cache is whole before
// it gets its name.
//
// Python's lock files in `.locks` are held by flock, which Node doesn't have, so that Python and we don't wait for each other.

import { readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { makeFolder } from './folder.js'
import { OWN_MARK, stateOf } from './process-mark.js'
import { sleep } from './retry.js'

const POLL_MS = 50
/** The holder touches the file this often. */
const HEARTBEAT_MS = 1000
/** A file that nobody has touched for this long is nobody's: a thread was ended, a process killed on another machine. */
const ABANDONED_MS = 10_000

/**
 * Runs `work` while no other thread or process runs work under the same lock.
 *
 * @throws (rejects) what `work` rejects with, the signal's reason, an error of the file system
 */
export async function withLock<T>(file: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await makeFolder(path.dirname(file))
  let seen = { touched: 0, since: performance.now() }
  while (!(await create(file))) {
    const touched = await touchedAt(file)
    if (touched !== seen.touched) seen = { touched, since: performance.now() }
    const isAbandoned = performance.now() - seen.since > ABANDONED_MS || stateOf(await maker(file)) === 'dead'
    // Two that find it abandoned at once may both go on: the model is then fetched twice.
    if (isAbandoned) await remove(file)
    else await sleep(POLL_MS, signal)
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
    if ((await maker(file)) === OWN_MARK) await remove(file)
  }
}

async function create(file: string): Promise<boolean> {
  try {
    await writeFile(file, OWN_MARK, { flag: 'wx' })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // EPERM: on Windows, a file that is being removed.
    if (code === 'EEXIST' || (code === 'EPERM' && process.platform === 'win32')) return false
    throw error
  }
}

/** '' when the file has just gone, or its maker's mark is still to be written. */
async function maker(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}

async function touchedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

async function remove(file: string): Promise<void> {
  await unlink(file).catch(() => undefined)
}
