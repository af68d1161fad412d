// Texts to the rows of an answer: few texts at once, many in a slot and in the turns of the event
// loop.

import { CALL_SHARE } from '../call/inline.js'
import { widthOf } from '../dtype.js'
import { LineRoom, vectorLines } from '../matrix/json.js'
import { throwIfAborted } from '../runtime/abort.js'
import { charge, inTurns, isTurnSpent } from '../runtime/event-loop.js'
import { Buffer } from '../runtime/node-globals.js'
import { bytesOf } from './answer.js'
import type { Answer, Chunk } from './answer.js'
import type { Exchange } from './exchange.js'
import { Fault } from './fault.js'
import type { ServedEncodeOptions, ServedRows } from './model.js'
import type { NamedModel } from './models.js'

/** Texts that were read of a request. */
export interface Texts {
  readonly texts: readonly string[]
  /** The field that has them; for a fault of one of several the field and its place. */
  readonly param: string
  readonly nameOf?: (index: number) => string
}

/** Bytes of a dimension in an answer: about as many as a number has, and a third more than 4. */
export const NUMBER_BYTES = 12
export const BASE64_BYTES: number = 16 / 3
/** Bytes of a dimension before it is written, and of the copy that other threads read. */
const FLOAT_BYTES = 8

export interface Embedding {
  readonly options: ServedEncodeOptions | undefined
  /** Whether longer texts are cut; else they are a fault. */
  readonly truncates: boolean
  /** Bytes of a dimension in the answer. */
  readonly bytes: number
  /** @param signal undefined = the texts were few */
  readonly write: (rows: ServedRows, signal: AbortSignal | undefined) => Answer | Promise<Answer>
}

/** @throws Fault; the errors of `encode`; so it rejects */
export function embed(
  exchange: Exchange,
  model: NamedModel,
  read: Texts,
  { options, truncates, bytes, write }: Embedding,
): Answer | Promise<Answer> {
  const { encoder } = model
  const { texts } = read
  const share = model.inlineShare(texts)
  exchange.hold(texts.length * Math.ceil((options?.dimensionality ?? model.dim) * (FLOAT_BYTES + bytes)))
  if (share > 1) {
    return exchange.inSlot(async (signal) => {
      const rows = await encoder.encode(texts, { ...options, signal })
      countTexts(exchange, model, read, rows, truncates)
      return write(rows, signal)
    })
  }
  // As `encode` does it, without its promise.
  if (encoder.encodeSync !== undefined && !isTurnSpent()) {
    charge(share + CALL_SHARE)
    const rows = encoder.encodeSync(texts, options)
    countTexts(exchange, model, read, rows, truncates)
    return write(rows, undefined)
  }
  return encoder.encode(texts, options).then((rows) => {
    countTexts(exchange, model, read, rows, truncates)
    return write(rows, undefined)
  })
}

/** What is known of texts that a model has read. */
export interface ReadTexts {
  readonly totalTokens: number | null
  readonly truncated: number
  isTruncated(index: number): boolean
}

/** Counts texts. @throws Fault for the first one that is too long, unless it may be cut */
export function countTexts(
  exchange: Exchange,
  model: NamedModel,
  read: Texts,
  counts: ReadTexts,
  truncates: boolean,
): void {
  const metrics = exchange.shared.metrics.model(model.name)
  const { texts } = read
  if (counts.truncated > 0) {
    if (!truncates) throw tooLong(model, read, counts)
    metrics.truncated += counts.truncated
  }
  metrics.texts += texts.length
  metrics.tokens += counts.totalTokens ?? 0
}

function tooLong({ info }: NamedModel, { texts, param, nameOf }: Texts, counts: ReadTexts): Fault {
  let index = 0
  while (index < texts.length && !counts.isTruncated(index)) index++
  const name = nameOf?.(index) ?? (texts.length === 1 ? param : `${param}[${index}]`)
  return new Fault('text', `\`${name}\` should have at most ${String(info.maxLength)} tokens, but has more`, param)
}

/** The header that tells how many texts were cut. */
export function truncatedHeader({ truncated }: Pick<ServedRows, 'truncated'>): readonly string[] {
  return truncated === 0 ? [] : ['X-Truncated-Texts', String(truncated)]
}

/** How many rows as numbers are written in a step: some 0.1 ms of work. */
export const NUMBERS_PER_STEP = 16

export function latin1(bytes: Uint8Array): string {
  return (bytes as Buffer).toString('latin1')
}

/** The parts of an answer's body that an item of a list has, one after the other. */
export type PartsOf = (index: number) => readonly Chunk[]

/** Rows as lists of numbers. */
export function numbersOf(rows: Pick<ServedRows, 'json'>): PartsOf {
  return (index) => [rows.json(index)]
}

/**
 * Items with commas between them, in as many chunks as steps.
 *
 * The chunks are outside of V8's heap: in it they would make long pauses for the garbage collector.
 */
export function listed(
  count: number,
  perStep: number,
  partsOf: PartsOf,
  signal: AbortSignal | undefined,
): Uint8Array[] | Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  let index = 0
  return inTurns(() => {
    const end = Math.min(count, index + perStep)
    const parts: Chunk[] = []
    for (; index < end; index++) {
      if (index > 0) parts.push(',')
      for (const part of partsOf(index)) parts.push(part)
    }
    chunks.push(joined(parts))
    return index === count ? chunks : undefined
  }, signal)
}

/** Rows that a thread writes at a time: some 0.1 to 0.5 ms of work, where to begin takes 0.02. */
const BASE64_PER_PART = 512
const NUMBERS_PER_PART = 64
/** Parts of an answer that are written at the same time. */
const WRITERS = 2

/**
 * Where parts are written, before they are copied: numbers take half of the room that they might
 * take. So many parts of all answers are written at the same time.
 */
const rooms: LineRoom[] = Array.from({ length: 4 }, () => new LineRoom())
/** Parts that wait for a room. */
const waiting: ((room: LineRoom) => void)[] = []

function takeRoom(): LineRoom | Promise<LineRoom> {
  return rooms.pop() ?? new Promise((resolve) => waiting.push(resolve))
}

function giveRoom(room: LineRoom): void {
  const next = waiting.shift()
  if (next === undefined) rooms.push(room)
  else next(room)
}

/** 0, 1, 2, …: made once, for as many as were needed. */
let places = new BigInt64Array()

function placesUpTo(end: number): BigInt64Array {
  if (places.length < end) places = BigInt64Array.from({ length: end }, (_, place) => BigInt(place))
  return places.subarray(0, end)
}

/** An object of a list, around its vector: its place stands before it. */
export interface VectorItem {
  readonly opening: string
  /** The key of the place. */
  readonly indexKey: string
  /** The key of the vector. */
  readonly end: string
}

/**
 * Objects with commas and line feeds between them, of which each ends with a vector. Written on
 * other threads.
 *
 * @throws (rejects) the signal's reason
 */
export async function vectorItems(
  rows: ServedRows,
  isBase64: boolean,
  { opening, indexKey, end }: VectorItem,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const perPart = isBase64 ? BASE64_PER_PART : NUMBERS_PER_PART
  const { dtype, dim, data } = rows
  // What other threads read is nobody else's: a caller's model may use its memory again.
  const own = { dtype, dim, data: data.slice(0, rows.rows * widthOf(dtype, dim)) }
  const all = placesUpTo(rows.rows)
  const parts: Uint8Array[] = []
  let next = 0
  const writeParts = async (): Promise<void> => {
    for (let from = next; from < rows.rows; from = next) {
      next += perPart
      const to = Math.min(rows.rows, from + perPart)
      const integers = all.subarray(from, to)
      const heads = { opening: `,${opening}`, members: [{ key: indexKey, integers, gap: 0 }], end }
      const room = await takeRoom()
      try {
        throwIfAborted(signal)
        const lines = await vectorLines(own, { from, to, isBase64 }, heads, room)
        // Without the comma before the first object.
        parts[from / perPart] = Buffer.from(from === 0 ? lines.subarray(1) : lines)
      } finally {
        giveRoom(room)
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writeParts))
  return parts
}

/**
 * From this many characters on a string is written by itself: two of them joined would be copied
 * once more, which takes longer than a call of `write`.
 */
const LONG = 256

function joined(parts: readonly Chunk[]): Uint8Array {
  const chunk = Buffer.allocUnsafe(bytesOf(parts))
  let at = 0
  // Short strings that follow each other are written together: a call of `write` takes longer than
  // to join.
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string' && part.length < LONG) {
      text += part
      continue
    }
    if (text !== '') at += chunk.write(text, at, 'latin1')
    text = ''
    if (typeof part === 'string') at += chunk.write(part, at, 'latin1')
    else {
      chunk.set(part, at)
      at += part.length
    }
  }
  chunk.write(text, at, 'latin1')
  return chunk
}
