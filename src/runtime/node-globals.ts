// Node's own globals, for every module of the library. An environment of a test runner (jsdom, a
// bare `vm` context) has others in their place or none, and fake timers replace the global ones:
// this package's work would wait for ever.

import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { TransformStream } from 'node:stream/web'
import * as timers from 'node:timers'
import { URL } from 'node:url'
import { runInThisContext } from 'node:vm'

export { Buffer, performance, process, TransformStream, URL }

// Taken now: some fake timers replace those of `node:timers` as well.
export const setTimeout: typeof timers.setTimeout = timers.setTimeout
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout
export const setInterval: typeof timers.setInterval = timers.setInterval
export const clearInterval: typeof timers.clearInterval = timers.clearInterval
export const setImmediate: typeof timers.setImmediate = timers.setImmediate

// These are in no module: they are read where Node itself runs, whatever context this file runs in.
const main = runInThisContext('globalThis') as typeof globalThis

/** `fetch` of Node refuses the signals of another class, such as jsdom's. */
export const AbortController: typeof globalThis.AbortController = main.AbortController
export type AbortController = InstanceType<typeof globalThis.AbortController>
export const DOMException: typeof globalThis.DOMException = main.DOMException

/** The environment's `fetch`, which a test may have replaced, else Node's own. */
export function globalFetch(): typeof fetch {
  return (globalThis as { fetch?: typeof fetch }).fetch ?? main.fetch
}

/** The environment's `Response`, which a framework may have replaced, else Node's own. */
export function webResponse(): typeof Response {
  return (globalThis as { Response?: typeof Response }).Response ?? main.Response
}
