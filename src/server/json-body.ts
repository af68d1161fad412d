// The JSON object of a body. A small one is parsed at once, a large one in the turns of the event
// loop.

import { isUtf8 } from 'node:buffer'

import { inTurns } from '../runtime/event-loop.js'
import type { Buffer } from '../runtime/node-globals.js'
import { Fault } from './fault.js'
import { FIELDS } from './fields.js'
import type { Body } from './fields.js'
import { JsonReader } from './json-reader.js'

/** Up to this many bytes a body is parsed at once: at most some 0.5 ms for texts. */
export const SMALL_BODY: number = 1 << 16

const FIELD_NAMES: ReadonlySet<string> = new Set(FIELDS)

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
 * @param maxBatch the most elements of a list
 * @throws (rejects) Fault; the signal's reason
 */
export async function parseLarge(bytes: Buffer, maxBatch: number, signal: AbortSignal): Promise<Body> {
  if (!isUtf8(bytes)) throw notUtf8()
  const reader = new JsonReader(bytes, FIELD_NAMES, maxBatch)
  await inTurns(() => (reader.step() ? true : undefined), signal)
  return asBody(reader.value)
}

/** @throws Fault */
export function asBody(value: unknown): Body {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Fault('invalid', 'the body should be a JSON object')
}

function notUtf8(): Fault {
  return new Fault('syntax', 'the body should be UTF-8')
}
