// What the system says of a file, as a line that names the file and the reason.

import { getSystemErrorMap } from 'node:util'

/** Its message begins with the file's name. */
export class FileError extends Error {}

/** An error of the system (`ENOENT: no such file or directory, open 'a.txt'`) as a reason: `no such file or directory (ENOENT)`. */
function systemReason(error: unknown): string | null {
  const { errno, code, syscall } = error as Partial<NodeJS.ErrnoException>
  if (!(error instanceof Error) || typeof errno !== 'number' || syscall === undefined) return null
  const [name, reason] = getSystemErrorMap().get(errno) ?? [code ?? 'unknown error', error.message]
  return `${reason} (${name})`
}

/** The error of the system as one that names `file`; any other error as it is. */
export function fileError(error: unknown, file: string): unknown {
  const reason = systemReason(error)
  return reason === null ? error : new FileError(`${file}: ${reason}`, { cause: error })
}

/** The file's work: what the system throws in it names the file. */
export async function naming<T>(file: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw fileError(error, file)
  })
}

/** A line for any error: of the system's with the file that it names, if any. */
export function messageOf(error: unknown): string {
  const reason = systemReason(error)
  const { path } = error as { path?: unknown }
  if (reason !== null) return typeof path === 'string' ? `${path}: ${reason}` : reason
  return error instanceof Error ? error.message : String(error)
}
