// An output while it is written: `<out>.partial`, and `<out>.partial.json`, which says how far it is good and of which run it is. A killed
// run leaves both; only a whole output gets its name, and beside it a note of the run that made it.

import type { FileHandle } from 'node:fs/promises'
import { lstat, open, rename, rm } from 'node:fs/promises'

import { fileError, FileError } from '../file-error.js'
import { START } from '../input/row-batches.js'
import type { Position } from '../input/row-batches.js'
import { assertOurs, note, readNote, removeLeftovers, statOrNull, writeNote } from './files.js'
import type { OutputFiles } from './files.js'
import { assertSameRun } from './identity.js'
import type { Identity } from './identity.js'
import type { OutputLock } from './lock.js'
import { FileSink, openCounted } from './output.js'
import type { Columns, OpenOutput, Output, OutputRows } from './output.js'

interface Checkpoint {
  readonly identity: Identity
  /** Where the inputs are read on. */
  readonly position: Position
  /** Rows that are written. */
  readonly rows: number
  /** Bytes that are written. */
  readonly size: number
  readonly output: unknown
}

/** What is known of a whole output: it is the file of this size and time that this run made. */
interface MadeBy {
  readonly identity: Identity
  readonly size: number
  readonly modified: number
}

/** What a run writes to, and what it is. */
export interface OutputRun {
  readonly files: OutputFiles
  readonly lock: OutputLock
  readonly open: OpenOutput
  readonly columns: Columns
  readonly identity: Identity
}

export class PartialFile {
  /** Rows that are written. */
  rows: number
  readonly #run: OutputRun
  readonly #file: FileHandle
  readonly #sink: FileSink
  readonly #output: Output
  /** The checkpoint that is being written. */
  #saving: Promise<void> | null = null
  #failure: { readonly error: unknown } | null = null
  /** Whether a write has failed: nobody knows then what the output holds, and the last checkpoint is the one to go on from. */
  #isBroken = false

  private constructor(run: OutputRun, file: FileHandle, sink: FileSink, output: Output, rows: number) {
    this.#run = run
    this.#file = file
    this.#sink = sink
    this.#output = output
    this.rows = rows
  }

  /** Starts over: what an older run has left goes. */
  static async create(run: OutputRun): Promise<PartialFile> {
    const { files, lock, columns, identity } = run
    // Since it was taken a model was loaded: that may have been long ago.
    await lock.assertHeld()
    await assertOurs(files)
    return named(files, async () => {
      await removeLeftovers(files)
      await rm(files.partial, { force: true })
      // Before the file, so that a file without it is never one of ours.
      await writeNote(files.state, note({ identity }))
      // A new one: who has the old one open, having lost the lock, writes nothing into this.
      const file = await open(files.partial, 'wx+')
      try {
        const sink = new FileSink(file, 0)
        return new PartialFile(run, file, sink, await openCounted(run.open, sink, columns, null, 0), 0)
      } catch (error) {
        await removeOwn(run, file)
        throw error
      }
    })
  }

  /**
   * Goes on where a run ended.
   *
   * @returns null when no run has left anything to go on with
   * @throws FileError when that was another run: other inputs, another model, other options
   */
  static async resume(run: OutputRun): Promise<{ readonly file: PartialFile; readonly position: Position } | null> {
    const { files, lock, columns, identity } = run
    await lock.assertHeld()
    await assertOurs(files)
    return named(files, async () => {
      const checkpoint = (await readNote(files.state)) as Partial<Checkpoint> | null
      if (checkpoint?.identity === undefined || (await statOrNull(files.partial)) === null) return null
      assertSameRun(files.partial, checkpoint.identity, identity)
      const { position, rows, size, output: state } = checkpoint
      // It ended before there was anything to note.
      if (position === undefined || rows === undefined || size === undefined) {
        return { file: await PartialFile.create(run), position: START }
      }
      const file = await open(files.partial, 'r+')
      try {
        const { size: found } = await file.stat()
        if (found < size) {
          throw new FileError(
            `${files.partial} should have at least ${size} bytes, but has ${found}; without --resume the run starts over`,
          )
        }
        await file.truncate(size)
        const sink = new FileSink(file, size)
        const output = await openCounted(run.open, sink, columns, state, rows)
        return { file: new PartialFile(run, file, sink, output, rows), position }
      } catch (error) {
        await file.close()
        throw error
      }
    })
  }

  /**
   * Whether the output is there, whole and of this very run.
   *
   * @throws FileError when another run made it, or nobody knows which
   */
  static async isDone({ files, lock, identity }: OutputRun): Promise<boolean> {
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
    // Where the run was killed after it had given the output its name.
    await rm(files.state, { force: true })
    await removeLeftovers(files)
    return true
  }

  async write(rows: OutputRows): Promise<void> {
    this.#assertSaved()
    await named(this.#run.files, () => this.#output.write(rows)).catch((error: unknown) => {
      this.#isBroken = true
      throw error
    })
    this.rows += rows.matrix.rows
  }

  /**
   * Notes that a run may go on from here, at `position` of the inputs: once the bytes are on the disk, so that a machine that loses its
   * power leaves nothing worse than a killed process. Writing goes on meanwhile; what fails comes out of the next call.
   */
  checkpoint(position: Position): void {
    if (this.#saving !== null) return
    const { rows } = this
    const { identity } = this.#run
    const checkpoint: Checkpoint = { identity, position, rows, size: this.#sink.size, output: this.#output.state() }
    this.#saving = this.#save(note(checkpoint))
      .catch((error: unknown) => {
        this.#failure = { error }
      })
      .finally(() => {
        this.#saving = null
      })
  }

  /** Gives the output its name; the mode and the owner of a file that it takes the place of stay. */
  async finish(): Promise<void> {
    const { files, identity } = this.#run
    await this.#saving
    this.#assertSaved()
    await named(files, async () => {
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
      // Windows renames no file that is open.
      await this.#file.close()
      await rename(files.partial, files.whole)
      await rm(files.state, { force: true })
      await removeLeftovers(files)
    }).finally(() => this.#file.close())
  }

  /** Leaves what is written for a run that goes on, at `position` of the inputs; after a failed write, at the last checkpoint. */
  async leave(position: Position): Promise<void> {
    await this.#saving
    if (!this.#isBroken) this.checkpoint(position)
    await this.#saving
    await this.#file.close()
    this.#assertSaved()
  }

  /** Removes what is written: no run can go on with it. */
  async discard(): Promise<void> {
    await this.#saving
    await removeOwn(this.#run, this.#file)
  }

  #assertSaved(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  async #save(text: string): Promise<void> {
    const { files } = this.#run
    await named(files, async () => {
      await this.#file.datasync()
      await assertOwn(this.#run, this.#file)
      await writeNote(files.state, text)
    })
  }
}

/**
 * Whether the partial file is still the one that this run has open: who has lost the lock may find another run's under its name.
 *
 * @throws FileError when it isn't
 */
async function assertOwn({ files, lock }: OutputRun, file: FileHandle): Promise<void> {
  await lock.assertHeld()
  const own = await file.stat({ bigint: true })
  // Numbers of 64 bits: as doubles two files could be one.
  const found = await lstat(files.partial, { bigint: true }).catch(() => null)
  if (found?.dev === own.dev && found.ino === own.ino) return
  throw new FileError(`${files.given}: another process writes it now, as ${files.partial} is no longer ours`)
}

/** Removes what this run has written, and nothing of another one. */
async function removeOwn(run: OutputRun, file: FileHandle): Promise<void> {
  try {
    await assertOwn(run, file)
  } finally {
    // Windows removes no file that is open.
    await file.close()
  }
  await rm(run.files.partial, { force: true })
  await rm(run.files.state, { force: true })
}

/** Writing names the output, whichever of its files the system speaks of. */
async function named<T>({ given }: OutputFiles, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileError(error, given)
  }
}
