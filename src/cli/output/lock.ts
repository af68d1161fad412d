// One run writes an output at a time: a file beside it says which process. What a dead process left is taken over.

import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import os from 'node:os'

import { isRunning, OWN_MARK, stateOf } from '../../hub/process-mark.js'
import { sleep } from '../../hub/retry.js'
import { FileError, naming } from '../file-error.js'
import { besideOf, note, readNote, statOrNull } from './files.js'
import type { OutputFiles } from './files.js'

/** The holder touches the file this often. */
const HEARTBEAT_MS = 1000
/**
 * Of a holder that nobody here can ask, a file that so many looks found untouched is nobody's: of ten seconds. Looks and no clock, which
 * goes on while the machine sleeps, and with it the holder.
 */
const LOOKS = 100
const LOOK_MS = 100
/** A file that can't be read this often, one time after the other, is no lock. */
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
        if (++unread < MOST_UNREAD) {
          await sleep(LOOK_MS, signal)
          continue
        }
        throw new FileError(`${files.lock} is there, and names no process that writes: remove it when none does`)
      }
      unread = 0
      if (await isWriting(files, holder, signal)) {
        throw new FileError(`process ${told(holder)} writes ${files.given}: wait for its end, or choose another --out`)
      }
      await remove(files.lock, found)
    }
    return new OutputLock(files, text)
  }

  /** @throws FileError when somebody has taken the lock: this process was asleep for long, or the file was removed */
  async assertHeld(): Promise<void> {
    if ((await this.#read()) === this.#text) return
    throw new FileError(`${this.#files.given}: another process writes it now, as ${this.#files.lock} is no longer ours`)
  }

  /** Shows that the holder lives; of a lock that is another's now nothing is touched any more. */
  async #touch(): Promise<void> {
    const found = await this.#read()
    const now = new Date()
    if (found === this.#text) await utimes(this.#files.lock, now, now).catch(() => undefined)
    // Who takes an abandoned lock may have this one aside for a moment.
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
async function isWriting(
  { given, lock }: OutputFiles,
  holder: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<boolean> {
  const mark = String(holder.mark)
  if (isRunning(mark)) return true
  if (stateOf(mark) === 'dead') return false
  const before = (await statOrNull(lock))?.mtimeMs
  process.stderr.write(`model2vec: waiting to see whether process ${told(holder)} still writes ${given}\n`)
  for (let looks = 0; looks < LOOKS; looks++) {
    await sleep(LOOK_MS, signal)
    const now = await statOrNull(lock)
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
