// Paths and `file:` URLs as callers give them.

import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, Model2VecError } from './errors.js'

// By its shape: the URL of another realm (vm, Jest) is no instance of ours.
export function isUrl(value: unknown): value is URL {
  const url = value as Partial<URL> | null
  return typeof url === 'object' && url !== null && typeof url.href === 'string' && typeof url.protocol === 'string'
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function urlPath(name: string, url: URL): string {
  try {
    return fileURLToPath(url.href)
  } catch (cause) {
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` ${url.href} names no local file`, { cause })
  }
}

export function expandHome(place: string): string {
  return place === '~' || /^~[/\\]/.test(place) ? path.join(os.homedir(), place.slice(1)) : place
}

/**
 * The absolute path of what should be a path or a `file:` URL.
 *
 * @throws Model2VecError ERR_INVALID_OPTION
 */
export function localPath(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return path.resolve(expandHome(value))
  if (isUrl(value)) return urlPath(name, value)
  throw new Model2VecError(
    'ERR_INVALID_OPTION',
    `\`${name}\` should be a path or a \`file:\` URL, but got ${describe(value)}`,
  )
}
