// Why the system refused something, in words.

import os from 'node:os'
import { getSystemErrorMap } from 'node:util'

import { isThrownError } from '../errors.js'

/**
 * The reason of a system error: `no such file or directory (ENOENT)` for
 * `ENOENT: no such file or directory, open 'a.txt'`. Null for any other error.
 */
export function systemReason(error: unknown): string | null {
  if (!isThrownError(error)) return null
  const { errno, code, syscall, message } = error as Partial<NodeJS.ErrnoException> & { readonly message: string }
  if (typeof errno !== 'number' || syscall === undefined) return null
  const [name, reason] = getSystemErrorMap().get(errno) ?? unnamed(errno) ?? [code ?? 'unknown error', message]
  return `${reason} (${name})`
}

/**
 * The message of a system error. Node calls the few that libuv has no name for
 * `Unknown system error -122`.
 */
export function systemMessage(error: { readonly message: string }): string {
  const { errno } = error as { readonly errno?: number }
  const named = errno === undefined || getSystemErrorMap().has(errno) ? null : unnamed(errno)
  return named === null ? error.message : `${named[0]}: ${named[1]}`
}

/** The name and the reason of an error's number that libuv does not know. */
function unnamed(errno: number): [string, string] | null {
  const name = Object.entries(os.constants.errno).find(([, number]) => number === -errno)?.[0]
  if (name === undefined) return null
  return [name, name === 'EDQUOT' ? 'disk quota exceeded' : 'the system refused it']
}
