// Where a model's files are: a directory, the Hub cache, or an installed companion package. Nothing
// here uses the network: load.ts downloads a Hub id whose files are in none of these places.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { describe, isThrownError, messageOf, Model2VecError } from '../errors.js'
import { findInHubCache, isHubId } from '../hub/cache.js'
import type { WantedSnapshot } from '../hub/cache.js'
import { HEAD_FILE } from '../hub/layout.js'
import { absolutePath, fileUrlOf, isUrl, urlPath } from '../runtime/local-path.js'
import type { AbsolutePath } from '../runtime/local-path.js'
import { process } from '../runtime/node-globals.js'

/** A directory (a path or a `file:` URL), or a Hub id such as `minishlab/potion-base-8M`. */
export type ModelSource = string | URL

/** The files of a source. */
export interface LocatedModel {
  /** The source as text. */
  readonly modelSource: string
  /** The directory to load. */
  readonly directory: string
  /** The Hub commit, where the files are of one. */
  readonly revision: string | null
}

/** A source that is a directory. */
export interface FoundDirectory {
  readonly hubId: null
  readonly located: LocatedModel
}

/** A source that is a Hub id. */
export interface HubModel {
  readonly hubId: string
  /** Its files; null when none of the local places has them. */
  readonly located: LocatedModel | null
  /** The places that were searched without success, for a message. */
  readonly lookedFor: string
}

/**
 * Finds the files of a source, in this order: a directory that exists, the Hub cache, an installed
 * companion package.
 *
 * @throws Model2VecError ERR_INVALID_OPTION when the source is neither text nor a `file:` URL, ERR_MODEL_NOT_FOUND when it is
 *   no directory and can be no Hub id
 */
export function locateModel(source: unknown, wanted: WantedSnapshot): FoundDirectory | HubModel {
  const modelSource = sourceText(source)
  const absolute = absoluteOf(source as ModelSource)
  const directory = absolute.path ?? modelSource
  const found = absolute.path === null ? 'nothing' : kindOf(absolute.path)
  if (found === 'directory') return { hubId: null, located: { modelSource, directory, revision: null } }
  if (typeof source !== 'string' || isPathLike(source) || !isHubId(source)) {
    const reason = absolute.path === null ? absolute.reason : NO_DIRECTORY[found][0]
    throw new Model2VecError('ERR_MODEL_NOT_FOUND', `${directory}: ${reason}`)
  }

  const cached = findInHubCache(source, wanted)
  if (cached.directory !== null) return { hubId: source, located: { modelSource, ...cached }, lookedFor: '' }
  const companion = findCompanion(source, wanted)
  if (companion.directory !== null) return { hubId: source, located: { modelSource, ...companion }, lookedFor: '' }
  const lookedFor =
    `looked for the directory ${directory} (${NO_DIRECTORY[found][1]}), revision ` +
    `\`${wanted.revision}\` in ${cached.lookedIn} (${cached.reason}), the package ` +
    `\`${companionName(source)}\` (${companion.reason})`
  return { hubId: source, located: null, lookedFor }
}

/** @throws Model2VecError ERR_INVALID_OPTION for a URL that names no local file */
function absoluteOf(source: ModelSource): AbsolutePath {
  const url = typeof source === 'string' ? fileUrlOf(source) : source
  return url === null ? absolutePath(source as string) : { path: urlPath('modelSource', url) }
}

/**
 * The absolute path of a source that is a directory: the name under which another process finds it
 * too, whatever its working directory. Null for a Hub id, and for what is no directory now.
 *
 * @throws Model2VecError ERR_INVALID_OPTION when the source is neither text nor a `file:` URL
 */
export function directoryOf(source: ModelSource): string | null {
  sourceText(source)
  const { path: place } = absoluteOf(source)
  return place !== null && kindOf(place) === 'directory' ? place : null
}

function sourceText(source: unknown): string {
  if (typeof source === 'string' && source !== '') return source
  if (isUrl(source)) {
    if (source.protocol === 'file:') return source.href
    throw new Model2VecError('ERR_INVALID_OPTION', `\`modelSource\` should be a \`file:\` URL, but got ${source.href}`)
  }
  throw new Model2VecError(
    'ERR_INVALID_OPTION',
    `\`modelSource\` should be a path, a Hub id or a \`file:\` URL, but got ${describe(source)}`,
  )
}

function kindOf(place: string): 'directory' | 'file' | 'nothing' | 'forbidden' {
  try {
    return statSync(place).isDirectory() ? 'directory' : 'file'
  } catch (error) {
    const code = isThrownError(error) ? error.code : null
    return code === 'ERR_ACCESS_DENIED' || code === 'EACCES' ? 'forbidden' : 'nothing'
  }
}

/** Why a place is no directory to load, for a message. */
const NO_DIRECTORY = {
  file: ['a directory is expected, but this is a file', 'is a file'],
  nothing: ['no such directory', 'does not exist'],
  forbidden: ['a directory is expected, but this may not be read', 'may not be read'],
} as const

/** Whether a source can be no Hub id. */
function isPathLike(source: string): boolean {
  return path.isAbsolute(source) || /^[.~]|\\|\/.*\//.test(source)
}

function companionName(id: string): string {
  return `model2vec-node-${id.slice(id.indexOf('/') + 1).toLowerCase()}`
}

type Companion = { directory: string; revision: string } | { directory: null; reason: string }

/**
 * An npm package that carries a model's own files, and whose package.json says of which id and
 * revision.
 */
function findCompanion(id: string, { revision, withHead }: WantedSnapshot): Companion {
  const name = companionName(id)
  const file = resolvePackage(name)
  if (file === null) return { directory: null, reason: 'is not installed' }
  let model2vec: { id?: unknown; revision?: unknown } | undefined
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { model2vec?: typeof model2vec } | null
    model2vec = manifest?.model2vec
  } catch (error) {
    return { directory: null, reason: `${file} can't be read: ${messageOf(error)}` }
  }
  if (model2vec?.id !== id || typeof model2vec.revision !== 'string') {
    return { directory: null, reason: `${file} names another model, or none` }
  }
  if (revision !== 'main' && revision !== model2vec.revision) {
    return { directory: null, reason: `carries revision \`${model2vec.revision}\`` }
  }
  const directory = path.dirname(file)
  if (withHead && !existsSync(path.join(directory, HEAD_FILE))) return { directory: null, reason: `lacks ${HEAD_FILE}` }
  return { directory, revision: model2vec.revision }
}

/**
 * The package.json of an installed package: beside ours, else beside the application's, because a
 * package manager that isolates packages (pnpm) shows ours only its own dependencies, else beside
 * the executable: an application may be a single one.
 */
function resolvePackage(name: string): string | null {
  for (const from of [() => __filename, () => path.resolve('package.json'), () => process.execPath]) {
    try {
      const file = from()
      return findAbove(file, name) ?? createRequire(file).resolve(`${name}/package.json`)
    } catch {
      // Not there; or there is no working directory, or no `__filename`, as in a bundle of modules.
    }
  }
  return null
}

/**
 * The package.json where `require` would find it, in the `node_modules` of a folder above; null where only
 * `require` can say. It takes milliseconds to say anything the first time.
 */
function findAbove(from: string, name: string): string | null {
  try {
    for (let folder = path.dirname(from); ; folder = path.dirname(folder)) {
      const file = path.join(folder, 'node_modules', name, 'package.json')
      if (existsSync(file)) return realpathSync(file)
      if (folder === path.dirname(folder)) return null
    }
  } catch {
    // With `node --permission`.
    return null
  }
}
