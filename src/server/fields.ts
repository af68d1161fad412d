// The fields of a body: what they may be, whatever the protocol.

import { describe } from '../errors.js'
import { Fault } from './fault.js'
import type { CheckedServerOptions } from './options.js'

/** All names of fields that a route reads: of a large body, others are left out. */
export const FIELDS = [
  'input',
  'inputs',
  'model',
  'dimensions',
  'encoding_format',
  'user',
  'normalize',
  'truncate',
  'truncation_direction',
  'prompt_name',
  'parameters',
  'source_sentence',
  'sentences',
  'add_special_tokens',
  'raw_scores',
  'query',
  'texts',
] as const

/** The object of a body. */
export type Body = Readonly<Partial<Record<(typeof FIELDS)[number], unknown>>>

function invalid(param: string, expected: string, value: unknown): Fault {
  return new Fault('invalid', `\`${param}\` should be ${expected}, but ${found(value)}`, param)
}

/** What a value is; a text itself is not shown. */
function found(value: unknown): string {
  if (value === undefined) return 'is missing'
  return typeof value === 'string' && value.length > 40 ? 'is another string' : `is ${describe(value)}`
}

/** A boolean; null and what is missing are the default. @throws Fault */
export function flag(value: unknown, param: string, otherwise: boolean): boolean {
  if (value === undefined || value === null) return otherwise
  if (typeof value !== 'boolean') throw invalid(param, 'a boolean', value)
  return value
}

/** A string that nothing is done with. @throws Fault */
export function ignored(value: unknown, param: string): void {
  if (value !== undefined && value !== null && typeof value !== 'string') throw invalid(param, 'a string', value)
}

/** One of some strings. @throws Fault */
export function oneOf<T extends string>(value: unknown, param: string, known: readonly T[], otherwise: T): T {
  if (value === undefined || value === null) return otherwise
  const name = known.find((each) => each === value)
  if (name === undefined) throw invalid(param, known.map((each) => `\`${each}\``).join(' or '), value)
  return name
}

/** An integer; null and what is missing are undefined. @throws Fault */
export function integer(value: unknown, param: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!Number.isInteger(value)) throw invalid(param, 'an integer', value)
  return value as number
}

/** How many dimensions; undefined = all. @throws Fault */
export function dimensions(value: unknown, dim: number): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > dim) {
    throw invalid('dimensions', `an integer from 1 to ${dim}, the dimensions of the model`, value)
  }
  return value
}

/** A text, within the limit. @throws Fault */
export function oneText(value: unknown, param: string, { maxText }: CheckedServerOptions): string {
  if (typeof value !== 'string') throw invalid(param, 'a string', value)
  if (value.length > maxText) {
    throw new Fault('text', `\`${param}\` should have at most ${maxText} characters, but has ${value.length}`, param)
  }
  return value
}

/**
 * A list of texts, within the limits of their number and their lengths; it may be empty, and so may
 * they. @throws Fault
 */
export function textList(value: unknown, param: string, options: CheckedServerOptions): readonly string[] {
  if (!Array.isArray(value)) throw invalid(param, 'a list of strings', value)
  const { maxBatch, maxText } = options
  if (value.length > maxBatch) {
    throw new Fault('batch', `\`${param}\` should have at most ${maxBatch} texts, but has more`, param)
  }
  for (let i = 0; i < value.length; i++) {
    const text: unknown = value[i]
    if (typeof text !== 'string' || text.length > maxText) oneText(text, `${param}[${i}]`, options)
  }
  return value as readonly string[]
}

/** A text, or a list of them. @throws Fault */
export function textOrList(value: unknown, param: string, options: CheckedServerOptions): readonly string[] {
  if (typeof value === 'string') return [oneText(value, param, options)]
  if (!Array.isArray(value)) throw invalid(param, 'a string or a list of strings', value)
  return textList(value, param, options)
}

/** @throws Fault when there is nothing to embed */
export function assertNotEmpty(texts: readonly string[], param: string): void {
  if (texts.length === 0) throw new Fault('empty', `\`${param}\` should not be empty`, param)
  if (texts.length === 1) {
    if (texts[0] === '') throw new Fault('empty', `\`${param}\` should not be an empty string`, param)
    return
  }
  const index = texts.indexOf('')
  if (index >= 0) throw new Fault('empty', `\`${param}[${index}]\` should not be an empty string`, param)
}
