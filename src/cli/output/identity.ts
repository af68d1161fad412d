// Which run makes an output: what has to be the same when another one goes on with it, or takes it for its own.

import { realpath, stat } from 'node:fs/promises'
import path from 'node:path'

import { layoutFiles } from '../../hub/layout.js'
import { FileError } from '../file-error.js'

/** As JSON. */
export type Identity = Readonly<Record<string, unknown>>

/** A file as it is now, by name, size and time; null when it is none that can be read twice. */
export async function identityOfFile(file: string): Promise<Identity | null> {
  const stats = await stat(file)
  if (!stats.isFile()) return null
  return { path: await realpath(file), size: stats.size, modified: stats.mtimeMs }
}

/** A model's files: of a commit they are always the same. */
export async function identityOfModel(directory: string, revision: string | null): Promise<Identity> {
  if (revision !== null) return { directory, revision }
  const found = new Map<string, Identity>()
  const look = async (name: string): Promise<void> => {
    const identity = await identityOfFile(path.join(directory, name)).catch(() => null)
    if (identity !== null) found.set(name, identity)
  }
  const asked = new Set<string>()
  layoutFiles((name) => {
    asked.add(name)
    return false
  })
  for (const name of asked) await look(name)
  return { directory, files: [...found.values()] }
}

/** @throws FileError that says what `file` was made of */
export function assertSameRun(file: string, before: Identity, now: Identity): void {
  for (const key of new Set([...Object.keys(now), ...Object.keys(before)])) {
    const [was, is] = [told(before[key]), told(now[key])]
    if (was === is) continue
    throw new FileError(
      `${file} is of another run, whose ${key} was ${was}, but is ${is} now; without --resume it starts over`,
    )
  }
}

function told(value: unknown): string {
  return value === undefined ? 'not given' : JSON.stringify(value)
}
