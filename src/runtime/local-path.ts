// Paths and `file:` URLs as callers give them. The system may know no home directory (no HOME, and
// a user id without a name, as containers have) and no working directory (it was removed): Node
// then throws errors of its own, which no caller expects.

import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, Model2VecError } from '../errors.js'
import { process, URL } from './node-globals.js'

// By its shape: the URL of another realm (vm, Jest) is no instance of ours.
export function isUrl(value: unknown): value is URL {
  const url = value as Partial<URL> | null
  return typeof url === 'object' && url !== null && typeof url.href === 'string' && typeof url.protocol === 'string'
}

/**
 * The URL that a text is: a `file:` URL object that was kept as its text. Null for paths, also for
 * one of a folder `file:`.
 */
export function fileUrlOf(text: string): URL | null {
  return /^file:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null
}

/** Node's functions throw errors of their own at such a path. */
const HAS_NULL = 'no path has a null character'

/** @throws Model2VecError ERR_INVALID_OPTION */
export function urlPath(name: string, url: URL): string {
  let found: string
  try {
    found = fileURLToPath(url.href)
  } catch (cause) {
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` ${url.href} names no local file`, { cause })
  }
  if (!found.includes('\0')) return found
  throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` ${url.href} names no local file: ${HAS_NULL}`)
}

/** Null when there is none. */
export function homeDirectory(): string | null {
  try {
    // As `homedir` does. `node:os` takes a process a third of a millisecond to load.
    return process.env[process.platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? os.homedir()
  } catch {
    return null
  }
}

/** An absolute path, or why a path can't be made one, for a message. */
export type AbsolutePath = { readonly path: string } | { readonly path: null; readonly reason: string }

/** Makes a path absolute, `~` expanded. */
export function absolutePath(place: string): AbsolutePath {
  if (place.includes('\0')) return { path: null, reason: HAS_NULL }
  let expanded = place
  if (place === '~' || /^~[/\\]/.test(place)) {
    const home = homeDirectory()
    if (home === null)
      return { path: null, reason: '`~` has no meaning, as HOME is not set and the user has no home directory' }
    expanded = path.join(home, place.slice(1))
  }
  try {
    return { path: path.resolve(expanded) }
  } catch {
    return { path: null, reason: 'it is relative, and the working directory is gone' }
  }
}

/**
 * The absolute path of what should be a path or a `file:` URL.
 *
 * @throws Model2VecError ERR_INVALID_OPTION
 */
export function localPath(name: string, value: unknown): string {
  const url = typeof value === 'string' ? fileUrlOf(value) : null
  if (url !== null) return urlPath(name, url)
  if (typeof value === 'string' && value !== '') {
    const absolute = absolutePath(value)
    if (absolute.path !== null) return absolute.path
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` ${describe(value)} is no place: ${absolute.reason}`)
  }
  if (isUrl(value)) return urlPath(name, value)
  throw new Model2VecError(
    'ERR_INVALID_OPTION',
    `\`${name}\` should be a path or a \`file:\` URL, but got ${describe(value)}`,
  )
}
