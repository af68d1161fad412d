// Errors of the system about files, as one line that names the file and the reason.

import { systemReason } from '../runtime/system-reason.js'

/** An error whose message names the file. */
export class FileError extends Error {}

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
