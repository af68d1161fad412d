// The files of an output: where they are, and the check that none of them is someone else's.
//
//   <out>                   the output, once it is whole
//   <out>.partial           the rows written so far
//   <out>.partial.json      the checkpoint: up to where they are good, and which run they are of
//   <out>.partial.lock      which process writes
//   .<name>.made-by.json    which run made the output. Hidden, as tools that read a folder of data
//                           leave out such names
//
// A run writes, replaces and removes the output itself, those of these files that a run made, and
// no others.

import { createHash, randomBytes } from 'node:crypto'
import { fstat } from 'node:fs'
import type { Stats } from 'node:fs'
import { access, constants, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

import { ownMark, stateOf } from '../../hub/process-mark.js'
import { UsageError } from '../command.js'
import { fileBehindLinks, followedOrNull, statOrNull } from '../../runtime/linked-file.js'
import { FileError, naming } from '../file-error.js'
import { STDIN } from '../input/bytes.js'

/** Marks the JSON files that runs write. */
const MADE_BY = 'model2vec embed'

/** Taking a lock takes less: an older file of one was left by a killed process. */
const LEFT_MS = 10_000

export interface OutputFiles {
  /** The output as the user gave it, for messages. */
  readonly given: string
  /** The output's own path, after all links. */
  readonly whole: string
  readonly partial: string
  readonly state: string
  readonly lock: string
  readonly madeBy: string
}

/**
 * The files of an output. Nothing is written yet.
 *
 * @throws UsageError when one of them is an input, FileError when the output can't take its place
 */
export async function outputFiles(given: string, inputs: readonly string[]): Promise<OutputFiles> {
  const whole = await outputPlace(given)
  const files: OutputFiles = {
    given,
    whole,
    partial: `${whole}.partial`,
    state: `${whole}.partial.json`,
    lock: `${whole}.partial.lock`,
    madeBy: path.join(path.dirname(whole), `.${path.basename(whole)}.made-by.json`),
  }
  for (const file of [whole, files.partial, files.state, files.lock, files.madeBy]) {
    // Fails on a name that is too long: now, not at the end of all work.
    await naming(given, statOrNull(file))
    if (!(await isInput(await stat(file).catch(() => null), inputs))) continue
    const what = file === whole ? `--out is an input too: ${given}` : `--out ${given} writes ${file}, which is an input`
    throw new UsageError(what)
  }
  const folder = path.dirname(whole)
  if (!(await naming(given, stat(folder))).isDirectory()) throw new FileError(`${given}: ${folder} is not a directory`)
  await naming(given, access(folder, constants.W_OK | constants.X_OK))
  return files
}

/**
 * The path of an output after all links: two names of one output lead to one file.
 *
 * @throws FileError when no file can take its place
 */
export async function outputPlace(given: string): Promise<string> {
  // First what the name leads to: a link to a device or a pipe has no target path that could be
  // written.
  const there = await naming(given, followedOrNull(given))
  if (there?.isDirectory() === true) throw new FileError(`${given} is a directory, not a file`)
  if (there !== null && !there.isFile()) throw new FileError(`${given} is no regular file: nothing can take its place`)
  return naming(given, fileBehindLinks(given))
}

/**
 * @throws UsageError when standard output is an input: the run would read what it writes, forever
 */
export async function assertStandardOutputIsNoInput(inputs: readonly string[]): Promise<void> {
  const found = await promisify(fstat)(1).catch(() => null)
  if (found?.isFile() === true && (await isInput(found, inputs))) {
    throw new UsageError('standard output is an input too')
  }
}

/**
 * To be called while the lock is held: else another run may be making and removing these files.
 *
 * @throws FileError when a file has one of these names that no run made
 */
export async function assertOurs({ partial, state, madeBy }: OutputFiles): Promise<void> {
  for (const file of [state, madeBy]) {
    if ((await statOrNull(file)) !== null && (await readNote(file)) === null) throw notOurs(file)
  }
  const found = await statOrNull(partial)
  if (found !== null && (!found.isFile() || (await readNote(state)) === null)) throw notOurs(partial)
}

function notOurs(file: string): FileError {
  return new FileError(`${file} is there, and no run of \`${MADE_BY}\` made it: move it away, or choose another --out`)
}

/** A note that a run wrote; null when there is none, or something else wrote the file. */
export async function readNote(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  // Runs make no links.
  if ((await statOrNull(file))?.isFile() !== true) return null
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>> | null
    return note?.madeBy === MADE_BY ? note : null
  } catch (error) {
    // A lock may have been released since the look.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A note's text. */
export function note(content: object): string {
  return JSON.stringify({ madeBy: MADE_BY, ...content })
}

/** Replaces a note: at any moment either the old one or the new one is there, whole. */
export async function writeNote(file: string, text: string): Promise<void> {
  const temporary = besideOf(file)
  try {
    await writeFile(temporary, text, { flag: 'wx', flush: true })
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * A new name beside a file, with the mark of this process. It is short, however long the file's own
 * name is.
 */
export function besideOf(file: string): string {
  const name = `.${shortName(file)}.${ownMark()}.${randomBytes(6).toString('hex')}.new`
  return path.join(path.dirname(file), name)
}

function shortName(file: string): string {
  return createHash('sha256').update(path.basename(file)).digest('hex').slice(0, 16)
}

/**
 * Removes unfinished notes of killed runs. To be called while the lock is held: then no other run
 * writes any.
 */
export async function removeLeftovers({ whole, state, lock, madeBy }: OutputFiles): Promise<void> {
  const directory = path.dirname(whole)
  const ours = new Map([state, madeBy, lock].map((file) => [shortName(file), file]))
  for (const name of await readdir(directory)) {
    const [, short = '', mark = ''] = /^\.([\da-f]{16})\.([\da-f-]+)\.[\da-f]{12}\.new$/.exec(name) ?? []
    const of = ours.get(short)
    if (of === undefined) continue
    const file = path.join(directory, name)
    // Another run may be trying to take the lock right now.
    const isInUse = of === lock && stateOf(mark) !== 'dead'
    if (isInUse && Date.now() - ((await statOrNull(file))?.mtimeMs ?? 0) < LEFT_MS) continue
    await rm(file, { force: true })
  }
}

/** Whether a file is one of the inputs, under any name. */
async function isInput(found: Stats | null, inputs: readonly string[]): Promise<boolean> {
  if (found === null) return false
  for (const input of inputs) {
    // A missing input is an error when it is read.
    const read = await (input === STDIN ? promisify(fstat)(0) : stat(input)).catch(() => null)
    if (read !== null && read.dev === found.dev && read.ino === found.ino) return true
  }
  return false
}
