// Methods that wait for something first: for tests that end a process, or have something fail, at a
// given change of its files.

import { devNull } from 'node:os'
import fs from 'node:fs/promises'

type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>

const { open } = fs

/** Replaces methods by ones that wait first. */
export function wrapMethods(target: object, names: readonly string[], before: () => Promise<void>): void {
  const methods = target as Record<string, Method>
  for (const each of names) {
    const method = methods[each]
    if (method === undefined) throw new Error(`no method ${each}`)
    methods[each] = async function (...args) {
      await before()
      return Reflect.apply(method, this, args)
    }
  }
}

/** The prototype of all file handles. */
export async function handlePrototype(): Promise<object> {
  const handle = await open(devNull)
  await handle.close()
  return Object.getPrototypeOf(handle) as object
}
