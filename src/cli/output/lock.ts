// One run writes an output at a time: a lock file beside it says which process does. The lock of a
// dead process is taken over.

import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'

import { isRunning, ownMark, stateOf } from '../../hub/process-mark.js'
import { sleep } from '../../hub/retry.js'
import { FileError, naming } from '../file-error.js'
import { statOrNull } from '../../runtime/linked-file.js'
import { besideOf, note, readNote } from './files.js'
import type { OutputFiles } from './files.js'

/** The holder touches the file this often. */
const HEARTBEAT_MS = 1000
/**
 * A holder on another machine or in another container can't be looked up here. If this many looks,
 * ten seconds, find its lock untouched, the holder is dead. Looks are counted instead of time,
 * because the clock goes on while the machine sleeps, and the holder with it.
 */
const LOOKS = 100
const LOOK_MS = 100
/** A file that can't be read this many times in a row is no lock. */
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
      void this.#touch()
    }, HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** @throws FileError when another process writes this output, the signal's reason */
  static async take(files: OutputFiles, signal: AbortSignal): Promise<OutputLock> {
    return naming(files.given, OutputLock.#take(files, signal))
  }

  static async #take(files: OutputFiles, signal: AbortSignal): Promise<OutputLock> {
    const text = note({
      process: process.pid,
      host: os.hostname(),
      mark: ownMark(),
      // Makes every lock different.
      nonce: randomBytes(8).toString('hex'),
    })
    let unread = 0
    while (!(await create(files.lock, text))) {
      const found = await readFile(files.lock, 'utf8').catch(() => null)
      const holder = await readNote(files.lock)
      if (found === null || holder === null) {
        // It may have been released and taken again just now.
        if (++unread < MOST_UNREAD) {
          await sleep(LOOK_MS, signal)
          continue
        }
        throw new FileError(`${files.lock} is there, and names no process that writes: remove it if none does`)
      }
      unread = 0
      if (await isWriting(files, holder, signal)) {
        throw new FileError(
          `process ${nameOf(holder)} writes ${files.given}: wait for its end, or choose another --out`,
        )
      }
      await remove(files.lock, found)
    }
    return new OutputLock(files, text)
  }

  /**
   * @throws FileError when another process has taken the lock: this one slept for long, or the file
   * was removed
   */
  async assertHeld(): Promise<void> {
    if ((await this.#read()) === this.#text) return
    throw new FileError(`${this.#files.given}: another process writes it now, as ${this.#files.lock} is no longer ours`)
  }

  /** Shows that the holder lives. Once the lock is another's, this ends. */
  async #touch(): Promise<void> {
    const found = await this.#read()
    const now = new Date()
    if (found === this.#text) await utimes(this.#files.lock, now, now).catch(() => undefined)
    // Where there is no file, another process may have moved it aside, only to look at it.
    else if (found !== null) clearInterval(this.#heartbeat)
  }

  #read(): Promise<string | null> {
    return readFile(this.#files.lock, 'utf8').catch(() => null)
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat)
    if ((await this.#read()) === this.#text) await unlink(this.#files.lock).catch(() => undefined)
  }
}

function nameOf(holder: Readonly<Record<string, unknown>>): string {
  return holder.host === os.hostname() ? String(holder.process) : `${String(holder.process)} of ${String(holder.host)}`
}

/**
 * Creates the file together with its content, so that a killed process leaves no empty one.
 *
 * @returns whether it was not there yet
 */
async function create(file: string, text: string): Promise<boolean> {
  const temporary = besideOf(file)
  await writeFile(temporary, text, { flag: 'wx' })
  try {
    await link(temporary, file).catch(async (error: unknown) => {
      const { code = '' } = error as NodeJS.ErrnoException
      // The file system has no hard links.
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

/**
 * Whether the holder of a lock lives: looked up on this machine, else seen by whether it touches
 * the lock.
 */
async function isWriting(
  { given, lock }: OutputFiles,
  holder: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<boolean> {
  const mark = String(holder.mark)
  if (isRunning(mark)) return true
  if (stateOf(mark) === 'dead') return false
  const before = (await statOrNull(lock))?.mtimeMs
  process.stderr.write(`model2vec: waiting to see whether process ${nameOf(holder)} still writes ${given}\n`)
  for (let looks = 0; looks < LOOKS; looks++) {
    await sleep(LOOK_MS, signal)
    const now = await statOrNull(lock)
    if (now === null) return false
    if (now.mtimeMs !== before) return true
  }
  return false
}

/** Removes an abandoned lock, unless another one has taken its place meanwhile. */
async function remove(file: string, abandoned: string): Promise<void> {
  const aside = besideOf(file)
  await rename(file, aside).catch(() => undefined)
  const found = await readFile(aside, 'utf8').catch(() => null)
  if (found === null) return
  // A process that loses its lock to this race notices before its output gets its name.
  if (found !== abandoned) await link(aside, file).catch(() => undefined)
  await unlink(aside).catch(() => undefined)
}
