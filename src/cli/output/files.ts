// The files of an output: where they are, and that none of them is anybody else's.
//
//   <out>                   only a whole output has this name
//   <out>.partial           what is written so far
//   <out>.partial.json      how far that is good, and of which run it is
//   <out>.partial.lock      which process writes
//   .<name>.made-by.json    beside a whole output: which run made it. Hidden, as tools that read a folder of data leave out such names
//
// No file is written, replaced or removed but these, where a run has made them, and the output itself.

import { createHash, randomBytes } from 'node:crypto'
import { fstat } from 'node:fs'
import type { Stats } from 'node:fs'
import {
  access,
  constants,
  lstat,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

import { OWN_MARK, stateOf } from '../../hub/process-mark.js'
import { UsageError } from '../command.js'
import { FileError, naming } from '../file-error.js'
import { STDIN } from '../input/bytes.js'

/** What each JSON file of a run says of itself. */
const MADE_BY = 'model2vec embed'

/** A lock is taken in less time. */
const LEFT_MS = 10_000

/** Symbolic links on the way to a file, as Linux allows them. */
const MOST_LINKS = 40

export interface OutputFiles {
  /** As it was given, for messages. */
  readonly given: string
  /** Where it is: the file that a link names. */
  readonly whole: string
  readonly partial: string
  readonly state: string
  readonly lock: string
  readonly madeBy: string
}

/**
 * The files of an output, of which nothing is written yet.
 *
 * @throws UsageError when one of them is an input, FileError when the output can't take its place
 */
export async function outputFiles(given: string, inputs: readonly string[]): Promise<OutputFiles> {
  // Of what a name of a device or a pipe links to, no file says where it is.
  const there = await naming(given, followed(given))
  if (there?.isDirectory() === true) throw new FileError(`${given} is a directory, not a file`)
  if (there !== null && !there.isFile()) throw new FileError(`${given} is no regular file: nothing can take its place`)
  const whole = await targetOf(given)
  const files: OutputFiles = {
    given,
    whole,
    partial: `${whole}.partial`,
    state: `${whole}.partial.json`,
    lock: `${whole}.partial.lock`,
    madeBy: path.join(path.dirname(whole), `.${path.basename(whole)}.made-by.json`),
  }
  for (const file of [whole, files.partial, files.state, files.lock, files.madeBy]) {
    // A name that is too long is told now, not at the end of all work.
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

/** @throws UsageError when standard output is an input: the run would read what it writes, without end */
export async function assertStandardOutputIsNoInput(inputs: readonly string[]): Promise<void> {
  const found = await promisify(fstat)(1).catch(() => null)
  if (found?.isFile() === true && (await isInput(found, inputs))) {
    throw new UsageError('standard output is an input too')
  }
}

/**
 * While the lock is held: else another run may be making and removing them.
 *
 * @throws FileError when a file of these names is there that no run has made
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

/** A note of ours: null when there is none, or it is another's. */
export async function readNote(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  // A link is none: no run makes one.
  if ((await statOrNull(file))?.isFile() !== true) return null
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>> | null
    return note?.madeBy === MADE_BY ? note : null
  } catch (error) {
    // It may be gone since it was looked for: a lock that was given back.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** A note's text. */
export function note(content: object): string {
  return JSON.stringify({ madeBy: MADE_BY, ...content })
}

/** Writes a note so that it is whole under its name, or the old one is. */
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

/** A name beside a file that no other file has, with the mark of this process. However long the file's own name is, it is short. */
export function besideOf(file: string): string {
  const name = `.${shortName(file)}.${OWN_MARK}.${randomBytes(6).toString('hex')}.new`
  return path.join(path.dirname(file), name)
}

function shortName(file: string): string {
  return createHash('sha256').update(path.basename(file)).digest('hex').slice(0, 16)
}

/** Removes what killed runs left of notes that they were writing. While the lock is held: nobody else writes any. */
export async function removeLeftovers({ whole, state, lock, madeBy }: OutputFiles): Promise<void> {
  const directory = path.dirname(whole)
  const ours = new Map([state, madeBy, lock].map((file) => [shortName(file), file]))
  for (const name of await readdir(directory)) {
    const [, short = '', mark = ''] = /^\.([\da-f]{16})\.([\da-f-]+)\.[\da-f]{12}\.new$/.exec(name) ?? []
    const of = ours.get(short)
    if (of === undefined) continue
    const file = path.join(directory, name)
    // Another run may just be trying to take the lock.
    const isInUse = of === lock && stateOf(mark) !== 'dead'
    if (isInUse && Date.now() - ((await statOrNull(file))?.mtimeMs ?? 0) < LEFT_MS) continue
    await rm(file, { force: true })
  }
}

/** Of the file itself: not of what it links to. */
export async function statOrNull(file: string): Promise<Stats | null> {
  return orNull(lstat(file))
}

/** Of what a name links to. */
async function followed(file: string): Promise<Stats | null> {
  return orNull(stat(file))
}

async function orNull(stats: Promise<Stats>): Promise<Stats | null> {
  return stats.catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  })
}

/**
 * What a path names after all links, also where that isn't there yet: two names of one output are one file, with one lock. As the system
 * does it, a link to a folder is followed before the `..` behind it goes up, which is why nothing of the path is left out first.
 *
 * @throws FileError when there is no such folder
 */
async function targetOf(given: string): Promise<string> {
  let file = given
  for (let links = 0; links <= MOST_LINKS; links++) {
    const folder = await naming(given, realpath(path.dirname(file)))
    const found = path.join(folder, path.basename(file))
    if ((await naming(given, statOrNull(found)))?.isSymbolicLink() !== true) return found
    const target = await naming(given, readlink(found))
    file = path.isAbsolute(target) ? target : `${folder}${path.sep}${target}`
  }
  throw new FileError(`${given}: too many symbolic links`)
}

/** Whether a file is one of the inputs, by whatever name. */
async function isInput(found: Stats | null, inputs: readonly string[]): Promise<boolean> {
  if (found === null) return false
  for (const input of inputs) {
    // A missing input is told where it is read.
    const read = await (input === STDIN ? promisify(fstat)(0) : stat(input)).catch(() => null)
    if (read !== null && read.dev === found.dev && read.ino === found.ino) return true
  }
  return false
}
