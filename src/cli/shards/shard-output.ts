// The file of a shard, in the folder of all outputs:
//
//   shard-000017.npy                  the output, once it is whole
//   .shard-000017.npy.made-by.json    its note
//   .partial/                         what is being written, a file for each run, or was when it died
//
// Runs of one shard at the same time don't meet: each writes a file of its own, with the same bytes,
// and the last rename stands.

import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { ownMark, stateOf } from '../../hub/process-mark.js'
import { readAt, readNpyHeader } from '../../matrix/npy-reader.js'
import { makeFolder, syncFolder } from '../../runtime/folders.js'
import { followedOrNull } from '../../runtime/linked-file.js'
import { systemReason } from '../../runtime/system-reason.js'
import { naming } from '../file-error.js'
import { note, readNote } from '../output/files.js'
import { npy } from '../output/npy.js'
import { FileSink } from '../output/sink.js'

/** What is noted of an output, in `.<output>.made-by.json` beside it. */
export interface ShardNote {
  /** The index of the shard. */
  readonly shard: number
  /** `Shard.sha256`. */
  readonly sha256: string
  /** Bytes of the output. */
  readonly size: number
  /** The SHA-256 of its first and last bytes, in hex: two plans in one folder may have swapped files. */
  readonly ends: string
  readonly rows: number
  /** Texts that were cut at the model's `maxLength`. */
  readonly truncated: number
  /** Rows that were skipped, as `--on-error` and `--on-null` say. */
  readonly skipped: number
}

/** There is no output. */
export const MISSING = 'it is missing'
const PARTIAL = '.partial'
/** Each one that fails takes a shard of another run that ends in that moment. */
const MOST_TRIES = 100
/** How many of the first and of the last bytes of an output its note knows. */
const END_BYTES = 4096
/** What another machine has not written to for an hour was left by a dead process. */
const LEFT_MS = 3_600_000

export function notePath(output: string): string {
  return path.join(path.dirname(output), `.${path.basename(output)}.made-by.json`)
}

/** What is wrong with an output: {@link MISSING}, or words; or its note, where it is whole. */
export type Checked = { readonly problem: string } | { readonly problem: null; readonly note: ShardNote }

/**
 * Looks whether an output is there and whole: by its note, its size, its first and last bytes and, of
 * `.npy`, its header. What can't be read is not whole, whatever the reason.
 */
export async function checkOutput(output: string, sha256: string): Promise<Checked> {
  try {
    return await looked(output, sha256)
  } catch (error) {
    const reason = systemReason(error)
    if (reason === null) throw error
    const what = (error as NodeJS.ErrnoException).path === notePath(output) ? 'its note' : 'it'
    return { problem: `${what} can't be read: ${reason}` }
  }
}

async function looked(output: string, sha256: string): Promise<Checked> {
  const found = await followedOrNull(output)
  if (found === null) return { problem: MISSING }
  if (!found.isFile()) return { problem: 'it is no file' }
  const made = (await readNote(notePath(output))) as Partial<ShardNote> | null
  if (made?.sha256 === undefined) return { problem: 'no note says which shard it is' }
  if (made.sha256 !== sha256) return { problem: 'its note is of another plan' }
  if (made.size !== found.size) return { problem: `expected ${String(made.size)} bytes, but it has ${found.size}` }
  const problem = await contentProblem(output, found.size, made)
  if (problem !== null) return { problem }
  const { shard = 0, ends = '', rows = 0, truncated = 0, skipped = 0 } = made
  return { problem: null, note: { shard, sha256, size: found.size, ends, rows, truncated, skipped } }
}

/** What is wrong with the bytes of an output that has its size; null = nothing that these looks find. */
async function contentProblem(file: string, size: number, made: Partial<ShardNote>): Promise<string | null> {
  const handle = await open(file)
  try {
    if (file.endsWith(npy.ending)) {
      const rows = await npyRows(handle)
      if (rows !== made.rows) return `expected a header with ${String(made.rows)} rows, but got ${String(rows)}`
    }
    return (await endsOf(handle, size)) === made.ends ? null : 'its first or last bytes are not those that were written'
  } finally {
    await handle.close()
  }
}

/** The rows that the header says; or why it can't be read. */
async function npyRows(handle: FileHandle): Promise<number | string> {
  try {
    return (await readNpyHeader(handle)).shape.rows
  } catch (error) {
    return (error as Error).message
  }
}

/** The SHA-256 of the first and the last bytes of a file, in hex. */
async function endsOf(handle: FileHandle, size: number): Promise<string> {
  const length = Math.min(size, END_BYTES)
  const hash = createHash('sha256')
  // Null where it was cut off since: then its hash is another.
  for (const start of [0, size - length]) hash.update((await readAt(handle, length, start)) ?? '')
  return hash.digest('hex')
}

/** A new name for what is being written of an output, with the mark of this process. */
function ownName(output: string): string {
  const name = `${path.basename(output)}.${ownMark()}.${randomBytes(6).toString('hex')}`
  return path.join(path.dirname(output), PARTIAL, name)
}

/**
 * Opens a new file, and makes its folder in that of the outputs. Other runs remove the folder when it
 * is empty: between its making and the opening, and also while it is made, as Node then looks for what
 * it has found there.
 */
async function openInFolder(file: string): Promise<FileHandle> {
  await makeFolder(path.dirname(path.dirname(file)))
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(path.dirname(file), { recursive: true })
      return await open(file, 'wx+')
    } catch (error) {
      if (tries === MOST_TRIES || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** An output that is being written. */
export class ShardOutput {
  readonly sink: FileSink
  readonly #output: string
  readonly #partial: string
  readonly #file: FileHandle

  private constructor(output: string, partial: string, file: FileHandle) {
    this.sink = new FileSink(file, 0)
    this.#output = output
    this.#partial = partial
    this.#file = file
  }

  /** @throws FileError */
  static async create(output: string): Promise<ShardOutput> {
    const partial = ownName(output)
    return new ShardOutput(output, partial, await naming(output, openInFolder(partial)))
  }

  /** Gives the output its name, and notes what it is. @throws FileError */
  async finish(made: Omit<ShardNote, 'size' | 'ends'>): Promise<ShardNote> {
    return naming(this.#output, this.#finish(made))
  }

  async #finish(made: Omit<ShardNote, 'size' | 'ends'>): Promise<ShardNote> {
    const { size } = this.sink
    const whole = { ...made, size, ends: await endsOf(this.#file, size) }
    await this.#file.sync()
    await this.#file.close()
    const temporary = ownName(this.#output)
    try {
      await writeFile(temporary, note(whole), { flag: 'wx', flush: true })
      // The note comes last: whatever happens between, an output without its own note is not whole.
      await rename(this.#partial, this.#output)
      await rename(temporary, notePath(this.#output))
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    }
    await this.#clean()
    // A shard that is done stays done when the machine loses its power: the names are on the disk.
    await syncFolder(path.dirname(this.#output))
    return whole
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#file.close()
    await rm(this.#partial, { force: true }).catch(() => undefined)
    await this.#clean()
  }

  /** Removes what dead runs left. Where that fails, it is only litter. */
  async #clean(): Promise<void> {
    const folder = path.dirname(this.#partial)
    for (const name of await readdir(folder).catch(() => [])) {
      const file = path.join(folder, name)
      const state = stateOf(name.split('.').at(-2) ?? '')
      const found = await stat(file).catch(() => null)
      const isLeft =
        state === 'dead' || (state !== 'this thread' && Date.now() - (found?.mtimeMs ?? Date.now()) > LEFT_MS)
      if (isLeft) await rm(file, { force: true }).catch(() => undefined)
    }
    await rmdir(folder).catch(() => undefined)
  }
}
