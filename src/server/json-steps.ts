// A large JSON object, parsed in steps, so that others have their turns of the event loop: what is
// long in a body are lists of texts. The bytes are searched for the ends of fields and of elements of
// lists; `JSON.parse` gets a few elements at a time, and says whether they are JSON.

import { isAscii } from 'node:buffer'

import type { Buffer } from '../runtime/node-globals.js'
import { Fault } from './fault.js'

/** About how many bytes are parsed in a step: some 0.1 to 0.4 ms. */
const STEP_BYTES = 1 << 16
/** How many tokens are looked at in a step. */
const STEP_TOKENS = 1 << 13
/** How deep a body may be: what servers are asked is flat. */
const MAX_DEPTH = 64

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

function syntax(message: string): Fault {
  return new Fault('syntax', `the body should be JSON: ${message}`)
}

/**
 * The fields of an object. Of a name that is there twice, the last value counts, as in `JSON.parse`.
 *
 * @param bytes UTF-8
 * @param most the most bytes of a value that can't be parsed in steps: what is no list, and an element
 * @param mostItems the most elements of a list
 * @returns a generator that yields between two steps
 * @throws Fault
 */
export function* parseObject(
  bytes: Buffer,
  most: number,
  mostItems: number,
): Generator<undefined, Record<string, unknown>, undefined> {
  const fields = Object.create(null) as Record<string, unknown>
  const closers: number[] = []
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== OPEN_OBJECT) throw new Fault('invalid', 'the body should be a JSON object')
  closers.push(CLOSE_OBJECT)
  let fieldStart = ++at
  /** The list that is the value of the field, in steps. */
  let list: unknown[] | null = null
  let name = ''
  let elementStart = 0
  let isListDone = false
  let tokens = 0

  function* flush(into: unknown[], end: number): Generator<undefined, void, undefined> {
    const parsed = parse(`[${yield* textOf(bytes, elementStart, end, most)}]`) as unknown[]
    if (parsed.length === 0) throw syntax(`expected an element at byte ${elementStart}`)
    if (into.length + parsed.length > mostItems) {
      throw new Fault('batch', `a list of the body has more than ${mostItems} elements`)
    }
    for (const element of parsed) into.push(element)
    elementStart = end + 1
  }

  function* endField(end: number): Generator<undefined, void, undefined> {
    if (isListDone) {
      if (skipSpace(bytes, fieldStart) < end) throw syntax(`found something after a list at byte ${fieldStart}`)
      fields[name] = list
      list = null
      isListDone = false
    } else {
      const field = parse(`{${yield* textOf(bytes, fieldStart, end, most)}}`) as Record<string, unknown>
      const entries = Object.entries(field)
      if (entries.length !== 1) throw syntax(`expected a field at byte ${fieldStart}`)
      for (const [key, value] of entries) fields[key] = value
    }
    fieldStart = end + 1
  }

  for (; closers.length > 0; at++) {
    if (++tokens % STEP_TOKENS === 0) yield
    const byte = bytes[at]
    switch (byte) {
      case undefined:
        throw syntax('it ends early')
      case QUOTE:
        // The end of the string: a quote with an even number of backslashes before it.
        for (;;) {
          const quote = bytes.indexOf(QUOTE, at + 1)
          if (quote < 0) throw syntax('a string does not end')
          const isEscaped = backslashesBefore(bytes, quote, at) % 2 === 1
          at = quote
          if (!isEscaped) break
          if (++tokens % STEP_TOKENS === 0) yield
        }
        break
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (closers.length === MAX_DEPTH) throw syntax(`it is more than ${MAX_DEPTH} levels deep`)
        if (byte === OPEN_LIST && closers.length === 1 && !isListDone) {
          name = nameOf(bytes.toString('utf8', fieldStart, Math.min(at, fieldStart + STEP_BYTES)))
          list = []
          elementStart = at + 1
        }
        closers.push(byte + 2)
        break
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (closers.pop() !== byte) throw syntax(`found ${String.fromCharCode(byte)} at byte ${at}`)
        if (closers.length === 1 && list !== null && !isListDone) {
          if (list.length > 0 || skipSpace(bytes, elementStart) < at) yield* flush(list, at)
          isListDone = true
          fieldStart = at + 1
        } else if (closers.length === 0 && (isListDone || skipSpace(bytes, fieldStart) < at || hasFields(fields))) {
          yield* endField(at)
        }
        break
      case COMMA:
        if (closers.length === 1) yield* endField(at)
        else if (closers.length === 2 && list !== null && !isListDone && at - elementStart >= STEP_BYTES) {
          yield* flush(list, at)
          yield
        }
        break
      default:
    }
  }
  if (skipSpace(bytes, at) < bytes.length) throw syntax(`found something after its end at byte ${at}`)
  return fields
}

function hasFields(fields: object): boolean {
  for (const _ in fields) return true
  return false
}

/** `{"name":` without the brace, up to a list. */
function nameOf(start: string): string {
  const [name, second] = Object.keys(parse(`{${start}null}`) as object)
  if (name === undefined || second !== undefined) throw syntax('expected a field before a list')
  return name
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw syntax((error as Error).message.slice(0, 200))
  }
}

function backslashesBefore(bytes: Buffer, end: number, start: number): number {
  let at = end - 1
  while (at > start && bytes[at] === BACKSLASH) at--
  return end - 1 - at
}

/** The place of the first byte from `at` on that is no white space of JSON. */
function skipSpace(bytes: Buffer, at: number): number {
  let place = at
  for (; ; place++) {
    const byte = bytes[place]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return place
  }
}

/**
 * Bytes as a string. To decode what is not ASCII takes 7 ms for a megabyte (Node 20), so that is done
 * in steps too.
 */
function* textOf(bytes: Buffer, start: number, end: number, most: number): Generator<undefined, string, undefined> {
  if (end - start > most) throw new Fault('text', `a value of the body has more than ${most} bytes`)
  const part = bytes.subarray(start, end)
  if (isAscii(part)) return part.toString('latin1')
  let text = ''
  for (let from = start; from < end;) {
    let to = Math.min(end, from + STEP_BYTES)
    // Not within a character.
    while (to < end && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--
    text += bytes.toString('utf8', from, to)
    from = to
    if (from < end) yield
  }
  return text
}
