// Texts to the rows of an answer: few texts at once, many in a slot and in the turns of the event loop.

import { inTurns } from '../runtime/event-loop.js'
import type { Buffer } from '../runtime/node-globals.js'
import type { Answer } from './answer.js'
import type { Exchange } from './exchange.js'
import { Fault } from './fault.js'
import type { ServedEncodeOptions, ServedRows } from './model.js'
import type { NamedModel } from './models.js'

/** Texts that were read of a request. */
export interface Texts {
  readonly texts: readonly string[]
  /** The field that has them. */
  readonly param: string
}

/** @param signal undefined = the texts were few */
export type WriteAnswer = (rows: ServedRows, signal: AbortSignal | undefined) => Answer | Promise<Answer>

/**
 * @param truncates whether longer texts are cut; else they are a fault
 * @throws (rejects) Fault; the errors of `encode`
 */
export async function embed(
  exchange: Exchange,
  model: NamedModel,
  { texts, param }: Texts,
  options: ServedEncodeOptions | undefined,
  truncates: boolean,
  write: WriteAnswer,
): Promise<Answer> {
  if (model.isInline(texts)) {
    const rows = await model.encoder.encode(texts, options)
    count(exchange, model, rows, truncates, param)
    return write(rows, undefined)
  }
  return exchange.inSlot(async (signal) => {
    const rows = await model.encoder.encode(texts, { ...options, signal })
    count(exchange, model, rows, truncates, param)
    return write(rows, signal)
  })
}

function count(exchange: Exchange, model: NamedModel, rows: ServedRows, truncates: boolean, param: string): void {
  const metrics = exchange.shared.metrics.model(model.name)
  if (rows.truncated > 0) {
    if (!truncates) throw tooLong(model, rows, param)
    metrics.truncated += rows.truncated
  }
  metrics.texts += rows.rows
  metrics.tokens += rows.totalTokens
}

function tooLong({ info }: NamedModel, rows: ServedRows, param: string): Fault {
  let index = 0
  while (index < rows.rows && !rows.isTruncated(index)) index++
  const name = rows.rows === 1 ? param : `${param}[${index}]`
  return new Fault('text', `\`${name}\` should have at most ${String(info.maxLength)} tokens, but has more`, param)
}

/** The header that tells how many texts were cut. */
export function truncatedHeader({ truncated }: Pick<ServedRows, 'truncated'>): readonly string[] {
  return truncated === 0 ? [] : ['X-Truncated-Texts', String(truncated)]
}

/** Rows as base64 are written many in a step, as numbers few: some 0.1 ms of work. */
export const BASE64_PER_STEP = 128
export const NUMBERS_PER_STEP = 16

/** A row as a list of numbers. */
export function numbersOf(rows: Pick<ServedRows, 'json'>, index: number): string {
  return latin1(rows.json(index))
}

export function latin1(bytes: Uint8Array): string {
  return (bytes as Buffer).toString('latin1')
}

/**
 * Items with commas between them, in as many strings as steps.
 *
 * @param item the ASCII text of an item
 */
export function listed(
  count: number,
  perStep: number,
  item: (index: number) => string,
  signal: AbortSignal | undefined,
): string[] | Promise<string[]> {
  const chunks: string[] = []
  let index = 0
  return inTurns(() => {
    const end = Math.min(count, index + perStep)
    let chunk = ''
    for (; index < end; index++) chunk += index === 0 ? item(index) : `,${item(index)}`
    chunks.push(chunk)
    return index === count ? chunks : undefined
  }, signal)
}
