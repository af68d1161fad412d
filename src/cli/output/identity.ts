// The identity of a run of `embed`: its inputs, its model and its options. It is noted beside the
// output. With `--resume`, a later run must have the same identity to go on with a partial output,
// or to leave a finished output as it is. Error messages name differences as the user knows them:
// by files and by options.

import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'

import { LAYOUT_FILES } from '../../hub/layout.js'
import { FileError } from '../file-error.js'

/** A file by its real path, its size in bytes, and when it was modified, in milliseconds. */
export interface FileIdentity {
  readonly path: string
  readonly size: number
  readonly modified: number
}

/**
 * A model by its directory, and by its Hub commit (`revision`) or, without one, by its files. With
 * a commit `files` is empty, because the files of a commit never change.
 */
export interface ModelIdentity {
  readonly directory: string
  readonly revision: string | null
  readonly files: readonly FileIdentity[]
}

/** The value of an option; null = not given. */
export type OptionValue = string | number | boolean | null

export interface Identity {
  /** Null for an input that can be read only once. */
  readonly inputs: readonly (FileIdentity | null)[]
  readonly model: ModelIdentity
  /** The options that change the output, by name, without dashes. */
  readonly options: Readonly<Record<string, OptionValue>>
}

/** A file as it is now; null when it is a pipe or a device, which can be read only once. */
export async function identityOfFile(file: string): Promise<FileIdentity | null> {
  const stats = await stat(file)
  if (!stats.isFile()) return null
  return { path: await realpath(file), size: stats.size, modified: stats.mtimeMs }
}

/**
 * @param revision the Hub commit whose files the directory holds; null for any other directory
 * @param others files that the model has beside those of a layout
 */
export async function identityOfModel(
  directory: string,
  revision: string | null,
  others: readonly string[] = [],
): Promise<ModelIdentity> {
  const names = revision === null ? new Set([...others, ...LAYOUT_FILES]) : []
  const found = await Promise.all(
    [...names].map((name) => identityOfFile(path.join(directory, name)).catch(() => null)),
  )
  return { directory, revision, files: found.filter((file) => file !== null) }
}

/**
 * @param before the identity in the note beside `file`: of the run that made it
 * @throws FileError that names the differences; of the inputs only the first one
 */
export function assertSameRun(file: string, before: unknown, now: Identity): void {
  const differences = isIdentity(before) ? differencesOf(before, now) : ['another version of model2vec made it']
  if (differences.length === 0) return
  throw new FileError(`${file} is of another run: ${differences.join('; ')}; without --resume it starts over`)
}

function isIdentity(value: unknown): value is Identity {
  const { inputs, model, options } = (value ?? {}) as Partial<Record<keyof Identity, unknown>>
  return Array.isArray(inputs) && typeof model === 'object' && model !== null && typeof options === 'object'
}

function differencesOf(before: Identity, now: Identity): string[] {
  const names = new Set([...Object.keys(before.options), ...Object.keys(now.options)])
  const options = [...names].flatMap((name) => {
    const [was, is] = [shown(before.options[name]), shown(now.options[name])]
    return was === is ? [] : [`--${name} was ${was}, now ${is}`]
  })
  return [...inputDifference(before.inputs, now.inputs), ...modelDifference(before.model, now.model), ...options]
}

function shown(value: OptionValue | undefined): string {
  if (value === null || value === undefined) return 'not given'
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** The first difference of the inputs, as a list of one message; empty without a difference. */
function inputDifference(before: Identity['inputs'], now: Identity['inputs']): string[] {
  if (before.length !== now.length) return [`the inputs were ${before.length}, now ${now.length}`]
  for (const [i, is] of now.entries()) {
    const was = before[i] ?? null
    if (was?.path !== is?.path) return [`input ${i + 1} was ${pathOf(was)}, now ${pathOf(is)}`]
    if (!isSame(was, is)) return [`${pathOf(is)} has changed since`]
  }
  return []
}

function pathOf(file: FileIdentity | null): string {
  return file === null ? 'no file' : file.path
}

function modelDifference(before: ModelIdentity, now: ModelIdentity): string[] {
  if (before.directory !== now.directory) return [`--model was '${before.directory}', now '${now.directory}'`]
  return isSame(before, now) ? [] : [`the files of --model '${now.directory}' have changed since`]
}

/** Whether two values have the same JSON, the order of keys included. */
export function isSame(before: unknown, now: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(now)
}
