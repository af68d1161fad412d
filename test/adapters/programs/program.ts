// What the programs of this folder begin and end with: a peer that they import, and a result that they print.

import path from 'node:path'
import { pathToFileURL } from 'node:url'

type PeerImport = (name: string) => Promise<unknown>

/** A package of test/integrations as `import` gives it, seen as having what the caller names. */

export async function peer<T>(name: string): Promise<T> {
  // A module in that folder, made by peers.ts: a resolution starts at the file that imports.
  const file = pathToFileURL(path.resolve('build/integrations/import.mjs')).href
  const module = (await import(file)) as { default: PeerImport }
  return (await module.default(name)) as T
}

/** Prints the result for the test, which compares it. */
export function print(result: unknown): void {
  process.stdout.write(JSON.stringify(result))
}

/** The code and name of what a promise rejects with. */
export async function failureOf(
  promise: PromiseLike<unknown>,
): Promise<{ code: unknown; name: unknown; message: string }> {
  try {
    await promise
  } catch (error) {
    const { code, name, message } = error as { code?: unknown; name?: unknown; message: string }
    return { code, name, message }
  }
  return { code: null, name: null, message: 'resolved' }
}
