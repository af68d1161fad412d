// Loaded into a worker that writes files (`--require`): each change of a file is a step (fault.ts).

import { devNull } from 'node:os'
import fs from 'node:fs/promises'

import { step } from './fault.js'

type Method = (this: unknown, ...args: unknown[]) => Promise<unknown>

/** Replaces methods by ones that take a step first. */
function wrap(target: object, names: readonly string[]): void {
  const methods = target as Record<string, Method>
  for (const each of names) {
    const method = methods[each]
    if (method === undefined) throw new Error(`no method ${each}`)
    methods[each] = async function (...args) {
      await step()
      return Reflect.apply(method, this, args)
    }
  }
}

const { open } = fs
let isHandleWrapped = false
Object.assign(fs, {
  async open(...args: Parameters<typeof open>) {
    if (!isHandleWrapped) {
      isHandleWrapped = true
      const handle = await open(devNull)
      const prototype = Object.getPrototypeOf(handle) as object
      await handle.close()
      wrap(prototype, ['write', 'writev', 'truncate', 'datasync', 'sync'])
    }
    return open(...args)
  },
})
wrap(fs, ['rename', 'rm', 'writeFile', 'link', 'unlink'])
