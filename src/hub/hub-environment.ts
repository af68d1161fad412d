// What the environment says about the Hub, by the names and rules of huggingface_hub 2.4
// (constants.py, utils/_auth.py). Read at each load, so that a program can set it. A variable that
// is empty is not given.

import { readFileSync } from 'node:fs'
import path from 'node:path'

import { Model2VecError } from '../errors.js'
import { absolutePath, homeDirectory } from '../runtime/local-path.js'
import { process, URL } from '../runtime/node-globals.js'

const DEFAULT_ENDPOINT = 'https://huggingface.co'
/** huggingface_hub's DEFAULT_DOWNLOAD_TIMEOUT. */
const DEFAULT_TIMEOUT_SECONDS = 10

/**
 * The folder that holds `models--org--name`.
 *
 * @throws Model2VecError ERR_HUB_CACHE when nothing says where it is: the user has no home directory, or the path is relative
 *   and the working directory is gone
 */
export function hubCacheDirectory(cacheDir: string | undefined): string {
  const chosen = cacheDir ?? filePath('HF_HUB_CACHE') ?? filePath('HUGGINGFACE_HUB_CACHE') ?? inHome('hub')
  const absolute = absolutePath(chosen)
  if (absolute.path !== null) return absolute.path
  throw new Model2VecError('ERR_HUB_CACHE', `the Hub cache ${chosen} is no place: ${absolute.reason}`)
}

/** Where the Hub is, without a slash at the end. */
export function hubEndpoint(endpoint: string | undefined): string {
  const chosen = endpoint ?? variable('HF_ENDPOINT') ?? DEFAULT_ENDPOINT
  if (!isHttpUrl(chosen)) {
    throw new Model2VecError('ERR_INVALID_OPTION', '`HF_ENDPOINT` should be an http or https URL without a password')
  }
  return chosen.replace(/\/+$/, '')
}

/** Without a user and a password: `fetch` takes none, and they would stand in messages. */
export function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

/** The token to send, or null: the option's, HF_TOKEN, or the one that `hf auth login` saved. */
export function hubToken(token: string | undefined): string | null {
  const found = token ?? variable('HF_TOKEN') ?? variable('HUGGING_FACE_HUB_TOKEN') ?? savedToken()
  const clean = found?.trim()
  return clean === undefined || clean === '' ? null : checkedToken(clean)
}

/** A token that is no header value would come back in the message of `fetch`. */
export function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new Model2VecError('ERR_INVALID_OPTION', '`token` has a character that no token has')
}

function savedToken(): string | undefined {
  try {
    return readFileSync(filePath('HF_TOKEN_PATH') ?? inHome('token'), 'utf8')
  } catch {
    // Nobody has logged in.
    return undefined
  }
}

export function isOffline(): boolean {
  return isTrue(variable('HF_HUB_OFFLINE') ?? variable('TRANSFORMERS_OFFLINE'))
}

/** Whether snapshots get files instead of links. */
export function areLinksDisabled(): boolean {
  return isTrue(variable('HF_HUB_DISABLE_SYMLINKS'))
}

/** How long a server may send nothing before the connection counts as dropped. */
export function timeoutMs(): number {
  const seconds = Number(variable('HF_HUB_DOWNLOAD_TIMEOUT') ?? DEFAULT_TIMEOUT_SECONDS)
  return (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_TIMEOUT_SECONDS) * 1000
}

function inHome(name: string): string {
  const home =
    filePath('HF_HOME') ?? path.join(filePath('XDG_CACHE_HOME') ?? path.join(requiredHome(), '.cache'), 'huggingface')
  return path.join(home, name)
}

function requiredHome(): string {
  const found = homeDirectory()
  if (found !== null) return found
  const message =
    'there is no place for the Hub cache: HOME is not set and the user has no home directory; set HF_HOME or `cacheDir`'
  throw new Model2VecError('ERR_HUB_CACHE', message)
}

/** A variable that is a path, with `~` and `$NAME` expanded. */
function filePath(name: string): string | undefined {
  const expanded = variable(name)?.replace(/^~(?=$|[/\\])/, requiredHome)
  return expanded?.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    return process.env[bare ?? braced ?? ''] ?? whole
  })
}

function variable(name: string): string | undefined {
  const value = process.env[name]
  return value === '' ? undefined : value
}

function isTrue(value: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/i.test(value ?? '')
}
