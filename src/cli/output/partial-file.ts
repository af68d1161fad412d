// An output file while it is written: `<out>.partial`, and `<out>.partial.json`, which says how far it is good. A killed run leaves both;
// only a whole output gets its name.

import type { FileHandle } from 'node:fs/promises'
import { access, open, readFile, rename, rm, writeFile } from 'node:fs/promises'

import type { Position } from '../input/batches.js'
import { FileSink } from './output.js'
import type { Columns, OpenOutput, Output, OutputRows } from './output.js'

/** What has to be the same when a run goes on: as JSON. */
export type Identity = Readonly<Record<string, unknown>>

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

function told(value: unknown): string {
  return value === undefined ? 'not given' : JSON.stringify(value)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

export class PartialFile {
  readonly path: string
  /** Rows that are written. */
  rows: number
  readonly #file: FileHandle
  readonly #sink: FileSink
  readonly #output: Output
  readonly #identity: Identity
  /** The checkpoint that is being written. */
  #saving: Promise<void> | null = null
  #failure: { readonly error: unknown } | null = null

  private constructor(
    path: string,
    file: FileHandle,
    sink: FileSink,
    output: Output,
    identity: Identity,
    rows: number,
  ) {
    this.path = path
    this.#file = file
    this.#sink = sink
    this.#output = output
    this.#identity = identity
    this.rows = rows
  }

  static async create(
    path: string,
    openOutput: OpenOutput,
    columns: Columns,
    identity: Identity,
  ): Promise<PartialFile> {
    // What an older run left must not be taken for this one's.
    await rm(statePath(path), { force: true })
    const file = await open(partialPath(path), 'w+')
    try {
      const sink = new FileSink(file, 0)
      return new PartialFile(path, file, sink, await openOutput(sink, columns, null), identity, 0)
    } catch (error) {
      await file.close()
      await rm(partialPath(path), { force: true })
      throw error
    }
  }

  /**
   * Goes on where a run ended.
   *
   * @returns null when no run has left anything
   * @throws Error when that was another run: other inputs, another model, other options
   */
  static async resume(
    path: string,
    openOutput: OpenOutput,
    columns: Columns,
    identity: Identity,
  ): Promise<{ readonly file: PartialFile; readonly position: Position } | null> {
    if (!(await exists(statePath(path))) || !(await exists(partialPath(path)))) return null
    const checkpoint = JSON.parse(await readFile(statePath(path), 'utf8')) as Checkpoint
    for (const key of new Set([...Object.keys(identity), ...Object.keys(checkpoint.identity)])) {
      const [before, now] = [told(checkpoint.identity[key]), told(identity[key])]
      if (before !== now) {
        throw new Error(
          `${partialPath(path)} is of another run, whose ${key} was ${before}, but is ${now} now; without --resume it starts over`,
        )
      }
    }
    const file = await open(partialPath(path), 'r+')
    try {
      const { size } = await file.stat()
      if (size < checkpoint.size) {
        throw new Error(
          `${partialPath(path)} should have at least ${checkpoint.size} bytes, but has ${size}; without --resume the run starts over`,
        )
      }
      await file.truncate(checkpoint.size)
      const sink = new FileSink(file, checkpoint.size)
      const output = await openOutput(sink, columns, checkpoint.output)
      return {
        file: new PartialFile(path, file, sink, output, identity, checkpoint.rows),
        position: checkpoint.position,
      }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async write(rows: OutputRows): Promise<void> {
    this.#assertSaved()
    await this.#output.write(rows)
    this.rows += rows.matrix.rows
  }

  /**
   * Notes that a run may go on from here, at `position` of the inputs: once the bytes are on the disk, so that a machine that loses its
   * power leaves nothing worse than a killed process. Writing goes on meanwhile; what fails comes out of the next call.
   */
  checkpoint(position: Position): void {
    if (this.#saving !== null) return
    const { rows } = this
    const identity = this.#identity
    const checkpoint: Checkpoint = { identity, position, rows, size: this.#sink.size, output: this.#output.state() }
    this.#saving = this.#save(JSON.stringify(checkpoint))
      .catch((error: unknown) => {
        this.#failure = { error }
      })
      .finally(() => {
        this.#saving = null
      })
  }

  /** Gives the output its name. */
  async finish(): Promise<void> {
    await this.#saving
    this.#assertSaved()
    await this.#output.finish()
    await this.#file.sync()
    await this.#file.close()
    await rename(partialPath(this.path), this.path)
    await rm(statePath(this.path), { force: true })
  }

  /** Leaves what is written for a run that goes on, at `position` of the inputs. */
  async leave(position: Position): Promise<void> {
    await this.#saving
    this.checkpoint(position)
    await this.#saving
    await this.#file.close()
    this.#assertSaved()
  }

  #assertSaved(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  async #save(json: string): Promise<void> {
    await this.#file.datasync()
    const temporary = `${statePath(this.path)}.new`
    await writeFile(temporary, json, { flush: true })
    await rename(temporary, statePath(this.path))
  }
}

function partialPath(path: string): string {
  return `${path}.partial`
}

function statePath(path: string): string {
  return `${path}.partial.json`
}
