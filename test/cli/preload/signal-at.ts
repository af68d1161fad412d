// Loaded into a run of `embed` (`--require`): sends the run a signal at a given change of its files,
// so that no test has to be fast enough to catch it there. TEST_SIGNAL_AT names the signal and the
// place: "SIGKILL 12" is before the twelfth change, "SIGINT checkpoint" is in a write after the
// first checkpoint, "SIGINT start" is before the command is loaded.

import { once } from 'node:events'
import fs from 'node:fs/promises'
import { readFileSync } from 'node:fs'

import { handlePrototype, wrapMethods } from '../../wrapped-methods.js'

const [name = '', place = ''] = (process.env.TEST_SIGNAL_AT ?? '').split(' ')
const signal = name as NodeJS.Signals
const { open, rename, rm, writeFile, link, unlink } = fs

if (place === 'start') process.kill(process.pid, signal)

let changes = 0
let isSent = false

/**
 * Sends the signal and waits until it is handled: the change goes on after that, if the process
 * lives.
 */
async function send(): Promise<void> {
  if (isSent) return
  isSent = true
  const isHandled = process.listenerCount(signal) > 0
  const handled = isHandled ? once(process, signal) : new Promise(() => undefined)
  // Waiting for a signal does not keep the event loop alive.
  const alive = setInterval(() => undefined, 1000)
  process.kill(process.pid, signal)
  await handled
  clearInterval(alive)
}

async function beforeChange(): Promise<void> {
  changes++
  if (String(changes) === place) await send()
}

/** Settles when a checkpoint with rows has its name. */
let onNoted: () => void = () => undefined
const noted = new Promise<void>((resolve) => (onNoted = resolve))
/** Whether a checkpoint has begun, which it does with `datasync`. */
let isSaving = false

async function beforeWrite(): Promise<void> {
  await beforeChange()
  if (place !== 'checkpoint' || !isSaving) return
  await noted
  await send()
}

function beforeSync(): Promise<void> {
  isSaving = true
  return beforeChange()
}

let isHandleWrapped = false
Object.assign(fs, {
  async open(...args: Parameters<typeof open>) {
    if (!isHandleWrapped) {
      isHandleWrapped = true
      const prototype = await handlePrototype()
      wrapMethods(prototype, ['write', 'writev'], beforeWrite)
      wrapMethods(prototype, ['datasync'], beforeSync)
      wrapMethods(prototype, ['truncate', 'sync'], beforeChange)
    }
    await beforeChange()
    return open(...args)
  },
  async rename(from: string, to: string) {
    await beforeChange()
    await rename(from, to)
    if (to.endsWith('.partial.json') && /"rows":[1-9]/.test(readFileSync(to, 'utf8'))) onNoted()
  },
})
const others = { rm, writeFile, link, unlink }
wrapMethods(fs, Object.keys(others), beforeChange)
