// Errors of the system about files, as one line that names the file and the reason.

import { getSystemErrorMap } from 'node:util'

/** An error whose message names the file. */
export class FileError extends Error {}

/**
 * The reason of a system error: `no such file or directory (ENOENT)` for
 * `ENOENT: no such file or directory, open 'a.txt'`. Null for any other error.
 */
export function systemReason(error: unknown): string | null {
  const { errno, code, syscall } = error as Partial<NodeJS.ErrnoException>
  if (!(error instanceof Error) || typeof errno !== 'number' || syscall === undefined) return null
  const [name, reason] = getSystemErrorMap().get(errno) ?? [code ?? 'unknown error', error.message]
  return `${reason} (${name})`
}

/** A system error as one that names `file`; any other error unchanged. */
export function fileError(error: unknown, file: string): unknown {
  const reason = systemReason(error)
  return reason === null ? error : new FileError(`${file}: ${reason}`, { cause: error })
}

/** Waits for work on a file: system errors then name the file. */
export async function naming<T>(file: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw fileError(error, file)
  })
}

/** The line for any error. A system error is printed with its path, if it has one. */
export function messageOf(error: unknown): string {
  const reason = systemReason(error)
  const { path } = error as { path?: unknown }
  if (reason !== null) return typeof path === 'string' ? `${path}: ${reason}` : reason
  return error instanceof Error ? error.message : String(error)
}
