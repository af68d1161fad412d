// The JSON object of a body. A small one is parsed at once, a large one in the turns of the event
// loop.

import { isUtf8 } from 'node:buffer'

import { inTurns } from '../runtime/event-loop.js'
import type { Buffer } from '../runtime/node-globals.js'
import { Fault } from './fault.js'
import { parseObject } from './json-steps.js'

export type Body = Readonly<Record<string, unknown>>

/** Up to this many bytes a body is parsed at once: at most some 0.5 ms. */
export const SMALL_BODY: number = 1 << 16

/** The most bytes of a UTF-16 unit, as UTF-8; an escape takes more, so that a few are allowed for. */
const BYTES_PER_UNIT = 4

/** @throws Fault */
export function parseSmall(bytes: Buffer): Body {
  if (!isUtf8(bytes)) throw notUtf8()
  let value: unknown
  try {
    value = JSON.parse(bytes.toString())
  } catch (error) {
    throw new Fault('syntax', `the body should be JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  return asBody(value)
}

/**
 * @param maxText the most UTF-16 units of a text
 * @param maxBatch the most elements of a list
 * @throws (rejects) Fault; the signal's reason
 */
export async function parseLarge(bytes: Buffer, maxText: number, maxBatch: number, signal: AbortSignal): Promise<Body> {
  if (!isUtf8(bytes)) throw notUtf8()
  const steps = parseObject(bytes, Math.max(SMALL_BODY, BYTES_PER_UNIT * maxText), maxBatch)
  return inTurns(() => {
    const step = steps.next()
    return step.done === true ? step.value : undefined
  }, signal)
}

/** @throws Fault */
export function asBody(value: unknown): Body {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body
  throw new Fault('invalid', 'the body should be a JSON object')
}

function notUtf8(): Fault {
  return new Fault('syntax', 'the body should be UTF-8')
}
