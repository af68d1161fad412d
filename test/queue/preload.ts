// Loaded into a worker that writes files (`--require`): each change of a file is a step (fault.ts).

import fs from 'node:fs/promises'

import { handlePrototype, wrapMethods } from '../wrapped-methods.js'
import { step } from './fault.js'

const { open } = fs
let isHandleWrapped = false
Object.assign(fs, {
  async open(...args: Parameters<typeof open>) {
    if (!isHandleWrapped) {
      isHandleWrapped = true
      wrapMethods(await handlePrototype(), ['write', 'writev', 'truncate', 'datasync', 'sync'], step)
    }
    return open(...args)
  },
})
wrapMethods(fs, ['rename', 'rm', 'writeFile', 'link', 'unlink'], step)
