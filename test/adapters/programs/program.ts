// What the programs of this folder begin and end with: their input, a peer that they import, and a
// result.

import { readFileSync } from 'node:fs'
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

/** The test's input. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function input<T>(): T {
  return JSON.parse(readFileSync(0, 'utf8')) as T
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
