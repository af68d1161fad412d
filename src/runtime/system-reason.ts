// Why the system refused something, in words.

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
  const [name, reason] = getSystemErrorMap().get(errno) ?? [code ?? 'unknown error', message]
  return `${reason} (${name})`
}
