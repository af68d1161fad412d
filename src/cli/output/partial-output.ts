// An output while it is written: `<out>.partial` holds the rows, and the checkpoint in
// `<out>.partial.json` says up to where they are good and which run they are of. A run that is
// killed leaves both. Only a whole output gets its name, with a note beside it of the run that made
// it.

import type { FileHandle } from 'node:fs/promises'
import { lstat, open, rename, rm } from 'node:fs/promises'

import { fileError, FileError } from '../file-error.js'
import { START } from '../input/position.js'
import type { Position } from '../input/position.js'
import { statOrNull } from '../../runtime/linked-file.js'
import { assertOurs, note, readNote, removeLeftovers, writeNote } from './files.js'
import type { OutputFiles } from './files.js'
import type { OpenRows, Output, OutputRows } from './format.js'
import { assertSameRun } from './identity.js'
import type { Identity } from './identity.js'
import type { OutputLock } from './lock.js'
import { FileSink } from './sink.js'

/** What the next run needs to go on. */
interface Checkpoint {
  readonly identity: Identity
  /** Where reading the inputs goes on. */
  readonly position: Position
  /** Rows written so far. */
  readonly rows: number
  /** Bytes written so far. */
  readonly size: number
  /** The state of the output's format. */
  readonly output: unknown
}

/** The note beside a whole output: a run made the file that has this size and time. */
interface MadeBy {
  readonly identity: Identity
  readonly size: number
  readonly modified: number
}

/** A run and the output that it writes. */
export interface OutputRun<R = OutputRows> {
  readonly files: OutputFiles
  readonly lock: OutputLock
  readonly open: OpenRows<R>
  readonly identity: Identity
}

export class PartialOutput<R = OutputRows> {
  /** Rows written so far. */
  rows: number
  readonly #run: OutputRun<R>
  readonly #file: FileHandle
  readonly #sink: FileSink
  readonly #output: Output<R>
  /** The rows and the bytes where a run could last go on: not in the middle of a row group. */
  #whole: Pick<Checkpoint, 'rows' | 'size'>
  /** The checkpoint that is being written. */
  #saving: Promise<void> | null = null
  #failure: { readonly error: unknown } | null = null
  /**
   * Whether a write has failed: what the file holds is unknown then, and only the last checkpoint
   * is good.
   */
  #isBroken = false

  private constructor(run: OutputRun<R>, file: FileHandle, sink: FileSink, output: Output<R>, rows: number) {
    this.#run = run
    this.#file = file
    this.#sink = sink
    this.#output = output
    this.rows = rows
    this.#whole = { rows, size: sink.size }
  }

  /** Whether a run could go on from here. */
  get isWhole(): boolean {
    return this.#output.isWhole()
  }

  /** Where the rows are, for messages. */
  get path(): string {
    return `${this.#run.files.given}.partial`
  }

  /** Starts over. What an earlier run left is removed. */
  static async create<R>(run: OutputRun<R>): Promise<PartialOutput<R>> {
    const { files, lock, identity } = run
    // The model was loaded since the lock was taken, which may have taken long.
    await lock.assertHeld()
    await assertOurs(files)
    return naming(files, async () => {
      await removeLeftovers(files)
      await rm(files.partial, { force: true })
      // The note comes first: a partial file without one is never ours.
      await writeNote(files.state, note({ identity }))
      // A new file: a run that lost the lock and still has the old one open can't write into this
      // one.
      const file = await open(files.partial, 'wx+')
      try {
        const sink = new FileSink(file, 0)
        return new PartialOutput(run, file, sink, await run.open(sink, null, 0), 0)
      } catch (error) {
        await removeOwn(run, file)
        throw error
      }
    })
  }

  /**
   * Goes on where a run ended.
   *
   * @returns null when no run left anything to go on with
   * @throws FileError when it was another run: other inputs, another model, other options
   */
  static async resume<R>(
    run: OutputRun<R>,
  ): Promise<{ readonly output: PartialOutput<R>; readonly position: Position } | null> {
    const { files, lock, identity } = run
    await lock.assertHeld()
    await assertOurs(files)
    return naming(files, async () => {
      const checkpoint = (await readNote(files.state)) as Partial<Checkpoint> | null
      if (checkpoint?.identity === undefined || (await statOrNull(files.partial)) === null) return null
      assertSameRun(files.partial, checkpoint.identity, identity)
      const { position, rows, size, output: state } = checkpoint
      // That run ended before its first checkpoint.
      if (position === undefined || rows === undefined || size === undefined) {
        return { output: await PartialOutput.create(run), position: START }
      }
      const file = await open(files.partial, 'r+')
      try {
        const { size: found } = await file.stat()
        if (found < size) {
          const expected = `${files.partial} should have at least ${size} bytes, but has ${found}`
          throw new FileError(`${expected}; without --resume the run starts over`)
        }
        await file.truncate(size)
        const sink = new FileSink(file, size)
        const output = await run.open(sink, state, rows)
        return { output: new PartialOutput(run, file, sink, output, rows), position }
      } catch (error) {
        await file.close()
        throw error
      }
    })
  }

  /**
   * Whether the output is there, whole and made by this very run.
   *
   * @throws FileError when another run made it, or no note says which one did
   */
  static async isDone({ files, lock, identity }: Omit<OutputRun, 'open'>): Promise<boolean> {
    await lock.assertHeld()
    const found = await statOrNull(files.whole)
    if (found === null) return false
    const made = (await readNote(files.madeBy)) as Partial<MadeBy> | null
    if (made?.identity === undefined || made.size !== found.size || made.modified !== found.mtimeMs) {
      throw new FileError(
        `${files.given} is there, and it is not known which run made it; without --resume it is written anew`,
      )
    }
    assertSameRun(files.given, made.identity, identity)
    // A run that was killed after the output had its name leaves these.
    await rm(files.state, { force: true })
    await removeLeftovers(files)
    return true
  }

  async write(rows: R): Promise<void> {
    this.#assertSaved()
    await naming(this.#run.files, () => this.#output.write(rows)).catch((error: unknown) => {
      this.#isBroken = true
      throw error
    })
    this.rows = this.#output.rows()
    if (this.isWhole) this.#whole = { rows: this.rows, size: this.#sink.size }
  }

  /**
   * Notes that a run can go on where the output was last whole, with the inputs at `position` then.
   * The note is written after the rows are on the disk, so that a power failure does no more harm
   * than a killed process. Writing rows goes on meanwhile; an error is thrown by the next call.
   */
  checkpoint(position: Position): void {
    if (this.#saving !== null) return
    const { identity } = this.#run
    const checkpoint: Checkpoint = { identity, position, ...this.#whole, output: this.#output.state() }
    this.#saving = this.#save(note(checkpoint))
      .catch((error: unknown) => {
        this.#failure = { error }
      })
      .finally(() => {
        this.#saving = null
      })
  }

  /** Gives the output its name. A file that it replaces passes on its mode and its owner. */
  async finish(): Promise<void> {
    const { files, identity } = this.#run
    await this.#saving
    this.#assertSaved()
    await naming(files, async () => {
      await this.#output.finish()
      const before = await statOrNull(files.whole)
      if (before !== null) {
        // Only a superuser may give files away.
        if (process.getuid?.() === 0) await this.#file.chown(before.uid, before.gid)
        await this.#file.chmod(before.mode & 0o7777)
      }
      await this.#file.sync()
      const { size, mtimeMs } = await this.#file.stat()
      await assertOwn(this.#run, this.#file)
      const made: MadeBy = { identity, size, modified: mtimeMs }
      await writeNote(files.madeBy, note(made))
      await assertOwn(this.#run, this.#file)
      // Windows can't rename an open file.
      await this.#file.close()
      await rename(files.partial, files.whole)
      await rm(files.state, { force: true })
      await removeLeftovers(files)
    }).finally(() => this.#file.close())
  }

  /**
   * Leaves the rows for a run that goes on where the output was last whole, with the inputs at
   * `position` then; after a failed write, at the last checkpoint.
   */
  async leave(position: Position): Promise<void> {
    await this.#saving
    if (!this.#isBroken) this.checkpoint(position)
    await this.#saving
    await this.#file.close()
    this.#assertSaved()
  }

  /** Removes the rows, where no run could go on with them. */
  async discard(): Promise<void> {
    await this.#saving
    await removeOwn(this.#run, this.#file)
  }

  #assertSaved(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  async #save(text: string): Promise<void> {
    const { files } = this.#run
    await naming(files, async () => {
      await this.#file.datasync()
      await assertOwn(this.#run, this.#file)
      await writeNote(files.state, text)
    })
  }
}

/**
 * Checks that the partial file is still the one that this run has open. A run that lost the lock
 * may find another run's file under the same name.
 *
 * @throws FileError when it is another file
 */
async function assertOwn({ files, lock }: Pick<OutputRun, 'files' | 'lock'>, file: FileHandle): Promise<void> {
  await lock.assertHeld()
  const own = await file.stat({ bigint: true })
  // Inode numbers have 64 bits: as doubles, two different ones could be equal.
  const found = await lstat(files.partial, { bigint: true }).catch(() => null)
  if (found?.dev === own.dev && found.ino === own.ino) return
  throw new FileError(`${files.given}: another process writes it now, as ${files.partial} is no longer ours`)
}

/** Removes the files of this run, and none of another one. */
async function removeOwn(run: Pick<OutputRun, 'files' | 'lock'>, file: FileHandle): Promise<void> {
  try {
    await assertOwn(run, file)
  } finally {
    // Windows can't remove an open file.
    await file.close()
  }
  await rm(run.files.partial, { force: true })
  await rm(run.files.state, { force: true })
}

/** Errors of writing name the output as the user gave it, whichever of its files failed. */
async function naming<T>({ given }: OutputFiles, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileError(error, given)
  }
}
