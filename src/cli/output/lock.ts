// One run writes an output at a time: a file beside it says which process. What a dead process left is taken over.

import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'

import { isRunning, OWN_MARK, stateOf } from '../../hub/process-mark.js'
import { sleep } from '../../hub/retry.js'
import { FileError } from '../file-error.js'
import { besideOf, note, readNote, statOrNull } from './files.js'
import type { OutputFiles } from './files.js'

/** The holder touches the file this often. */
const HEARTBEAT_MS = 1000
/** Of a holder that nobody here can ask, a file that was not touched for this long is nobody's. */
const ABANDONED_MS = 10_000
const POLL_MS = 100
/** A file that can't be read this often is no lock. */
const MOST_UNREAD = 10

/** A lock that is held. */
export class OutputLock {
  readonly #files: OutputFiles
  readonly #text: string
  readonly #heartbeat: NodeJS.Timeout

  private constructor(files: OutputFiles, text: string) {
    this.#files = files
    this.#text = text
    this.#heartbeat = setInterval(() => {
      const now = new Date()
      utimes(files.lock, now, now).catch(() => undefined)
    }, HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** @throws FileError when another process writes this output, the signal's reason */
  static async take(files: OutputFiles, signal: AbortSignal): Promise<OutputLock> {
    const text = note({
      process: process.pid,
      host: os.hostname(),
      mark: OWN_MARK,
      // No two locks are the same.
      nonce: randomBytes(8).toString('hex'),
    })
    let unread = 0
    while (!(await create(files.lock, text))) {
      const found = await readFile(files.lock, 'utf8').catch(() => null)
      const holder = await readNote(files.lock)
      if (found === null || holder === null) {
        // It may just have been given back, and taken again.
        if (++unread < MOST_UNREAD) continue
        throw new FileError(`${files.lock} is there, and names no process that writes: remove it when none does`)
      }
      if (await isWriting(files.lock, String(holder.mark), signal)) {
        throw new FileError(`process ${told(holder)} writes ${files.given}: wait for its end, or choose another --out`)
      }
      await remove(files.lock, found)
    }
    return new OutputLock(files, text)
  }

  /** @throws FileError when somebody has taken the lock: this process was asleep for long, or the file was removed */
  async assertHeld(): Promise<void> {
    const found = await readFile(this.#files.lock, 'utf8').catch(() => null)
    if (found === this.#text) return
    throw new FileError(`${this.#files.given}: another process writes it now, as ${this.#files.lock} is no longer ours`)
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat)
    const found = await readFile(this.#files.lock, 'utf8').catch(() => null)
    if (found === this.#text) await unlink(this.#files.lock).catch(() => undefined)
  }
}

function told(holder: Readonly<Record<string, unknown>>): string {
  return holder.host === os.hostname() ? String(holder.process) : `${String(holder.process)} of ${String(holder.host)}`
}

/** Creates the file with its content at once: a process that is killed leaves no empty one. */
async function create(file: string, text: string): Promise<boolean> {
  const temporary = besideOf(file)
  await writeFile(temporary, text, { flag: 'wx' })
  try {
    await link(temporary, file).catch(async (error: unknown) => {
      const { code = '' } = error as NodeJS.ErrnoException
      // A file system without hard links.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error
      await writeFile(file, text, { flag: 'wx' })
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Whether the maker of a lock lives: asked of this machine, else seen by its touching the file. */
async function isWriting(file: string, mark: string, signal: AbortSignal): Promise<boolean> {
  if (isRunning(mark)) return true
  if (stateOf(mark) === 'dead') return false
  const before = (await statOrNull(file))?.mtimeMs
  for (const since = performance.now(); performance.now() - since < ABANDONED_MS;) {
    await sleep(POLL_MS, signal)
    const now = await statOrNull(file)
    if (now === null) return false
    if (now.mtimeMs !== before) return true
  }
  return false
}

/** Removes an abandoned lock, and no other that has taken its place meanwhile. */
async function remove(file: string, abandoned: string): Promise<void> {
  const aside = besideOf(file)
  await rename(file, aside).catch(() => undefined)
  const found = await readFile(aside, 'utf8').catch(() => null)
  if (found === null) return
  // Who has lost it all the same in between sees that before the output gets its name.
  if (found !== abandoned) await link(aside, file).catch(() => undefined)
  await unlink(aside).catch(() => undefined)
}
