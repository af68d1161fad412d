// The Hub cache as Python's huggingface_hub writes it (`models--org--name/{blobs,refs,snapshots}`):
// its paths, which never lead out of it whatever a name says, and the look-up of a snapshot.

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { describe, isThrownError, messageOf, Model2VecError } from '../errors.js'
import { hubCacheDirectory } from './hub-environment.js'
import { HEAD_FILE, layoutFiles } from './layout.js'

/** A complete snapshot, or where it was looked for and why it is not there. */
export type CachedSnapshot =
  | { readonly directory: string; readonly revision: string }
  | { readonly directory: null; readonly lookedIn: string; readonly reason: string }

/** What is looked up. */
export interface WantedSnapshot {
  readonly revision: string
  readonly cacheDir: string | undefined
  readonly subfolder: string | undefined
  /** Whether the file of a head must be there. */
  readonly withHead: boolean
}

/** Whether the Hub allows this id (huggingface_hub, utils/_validators.py, `validate_repo_id`). */
export function isHubId(source: string): boolean {
  return /^(?:[\w.-]+\/)?[\w.-]{1,96}$/.test(source) && !/--|\.\.|^[.-]|[.-]$|\/[.-]|\.git$/.test(source)
}

/** `models--org--name`. */
export function repositoryFolder(id: string): string {
  return `models--${id.replace('/', '--')}`
}

/**
 * The parts of the subfolder, without `.` and `..`.
 *
 * @throws Model2VecError ERR_MODEL_NOT_FOUND when it leaves the repository, or the revision the
 * folder of refs
 */
export function partsInside(
  id: string,
  { revision, subfolder = '' }: Pick<WantedSnapshot, 'revision' | 'subfolder'>,
): string[] {
  if (!revision.split('/').every(isSafePart)) throw outside(id, 'revision', revision)
  const parts: string[] = []
  const given = path.isAbsolute(subfolder) ? ['..'] : subfolder.split(path.sep === '\\' ? /[/\\]/ : '/')
  for (const part of given) {
    if (part === '' || part === '.') continue
    const stays = part === '..' ? parts.pop() !== undefined : isSafePart(part)
    if (!stays) throw outside(id, 'subfolder', subfolder)
    if (part !== '..') parts.push(part)
  }
  return parts
}

// Windows has more: a backslash separates, a colon names a drive or a stream. A null byte ends a
// path.
function isSafePart(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part)
}

function outside(id: string, option: string, value: string): Model2VecError {
  const message = `\`${option}\` should be a path inside the repository of \`${id}\`, but got ${describe(value)}`
  return new Model2VecError('ERR_MODEL_NOT_FOUND', message)
}

/** Whether what the Hub says is a commit. */
export function isCommit(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{40,64}$/i.test(value)
}

/**
 * Finds a complete snapshot of a model's revision: a branch, a tag, a commit.
 *
 * @throws Model2VecError as {@link partsInside}
 */
export function findInHubCache(id: string, wanted: WantedSnapshot): CachedSnapshot {
  const parts = partsInside(id, wanted)
  let cache: string
  try {
    cache = hubCacheDirectory(wanted.cacheDir)
  } catch (error) {
    // No cache to look in: other sources may have the model.
    return { directory: null, lookedIn: 'the Hub cache', reason: messageOf(error) }
  }
  const found = lookInto(path.join(cache, repositoryFolder(id)), wanted, parts)
  return found.directory === null ? { ...found, lookedIn: `the Hub cache ${cache}` } : found
}

type Found =
  { readonly directory: string; readonly revision: string } | { readonly directory: null; readonly reason: string }

function lookInto(repository: string, wanted: WantedSnapshot, parts: readonly string[]): Found {
  try {
    return snapshotIn(repository, wanted, parts)
  } catch (error) {
    // With `node --permission` a look at what may not be read is refused by an exception.
    if (!isThrownError(error) || error.code !== 'ERR_ACCESS_DENIED') throw error
    return { directory: null, reason: `it may not be read: ${error.message}` }
  }
}

function snapshotIn(repository: string, wanted: WantedSnapshot, parts: readonly string[]): Found {
  if (!existsSync(repository)) return { directory: null, reason: 'the model is not in it' }
  const revision = commitOf(repository, wanted.revision)
  if (revision === null) return { directory: null, reason: `${repository} has no such revision` }
  const directory = path.join(repository, 'snapshots', revision)
  const folder = path.join(directory, ...parts)
  if (!existsSync(folder)) return { directory: null, reason: `${folder} does not exist` }
  const found = layoutFiles((file) => existsSync(path.join(folder, file)))
  if (found.files === null) return { directory: null, reason: `${folder} lacks ${found.lacks}` }
  if (wanted.withHead && !existsSync(path.join(folder, HEAD_FILE))) {
    return { directory: null, reason: `${folder} lacks ${HEAD_FILE}` }
  }
  return { directory, revision }
}

/** The commit that a revision names, or null. */
function commitOf(repository: string, revision: string): string | null {
  let commit = revision
  try {
    commit = readFileSync(path.join(repository, 'refs', revision), 'utf8').trim()
  } catch {
    // No such ref: the revision may be a commit itself.
  }
  // Whatever the ref holds, it does not lead out of the cache.
  return /^\w+$/.test(commit) && existsSync(path.join(repository, 'snapshots', commit)) ? commit : null
}
