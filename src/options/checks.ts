// The checks that those of all options are made of. `undefined` = not given.

import { isMap, isPromise } from 'node:util/types'

import { describe, Model2VecError } from '../errors.js'

/** The error for an option with a value that it can't have. */
export function invalid(name: string, expected: string, value: unknown, hint = ''): Model2VecError {
  return new Model2VecError(
    'ERR_INVALID_OPTION',
    `\`${name}\` should be ${expected}, but got ${describe(value)}${hint}`,
  )
}

/**
 * The values of the known options, own or inherited, each read once, so that a getter can't show
 * the checks one value and the work another.
 */
export function read<K extends string>(
  method: string,
  options: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (options === undefined) return {}
  const given = named(method, options, known)
  const values: Partial<Record<K, unknown>> = {}
  for (const key of known) values[key] = given[key]
  return values
}

/**
 * Whether a value's properties are what it holds: a plain object, or an instance of somebody's
 * class. A Map, a Set, a promise, a signal, a date have none, so that all that was meant would be
 * passed over.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.prototype.toString.call(value) === '[object Object]'
}

/**
 * The options themselves, for a caller that reads each once, by name: in a small call that is a
 * tenth of {@link read}'s time. Only own names are refused when unknown: what a class of options
 * inherits besides is its own affair.
 */
export function named<K extends string>(
  method: string,
  options: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (!isRecord(options)) {
    const hint = isMap(options)
      ? ': `Object.fromEntries(options)` makes one of it'
      : isPromise(options)
        ? ': `await` it'
        : ''
    throw invalid('options', 'an object', options, hint)
  }
  const given = options
  for (const key of Object.keys(given)) {
    if ((known as readonly string[]).includes(key) || given[key] === undefined) continue
    const names = known.map((name) => `\`${name}\``).join(', ')
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${key}\` is no option of \`${method}\`, which knows ${names}`)
  }
  return given as Partial<Record<K, unknown>>
}

export type Check<T> = (name: string, value: unknown) => T

/** A check for an option that need not be given. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (name, value) => (value === undefined ? undefined : check(name, value))
}

export const boolean: Check<boolean | undefined> = optional((name, value) => {
  if (typeof value !== 'boolean') throw invalid(name, 'a boolean', value)
  return value
})

export const text: Check<string | undefined> = optional((name, value) => {
  if (typeof value !== 'string' || value === '') throw invalid(name, 'a string that is not empty', value)
  return value
})

export const length: Check<number | null | undefined> = optional((name, value) => {
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid(name, 'a safe integer ≥ 0, or null for no truncation', value)
  }
  return value
})

export const count: Check<number | undefined> = optional((name, value) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw invalid(name, 'an integer ≥ 1', value)
  }
  return value
})

/** A check for a function; the option that uses it knows the arguments. */
export const callback: Check<((argument: never) => void) | undefined> = optional((name, value) => {
  if (typeof value !== 'function') throw invalid(name, 'a function', value)
  return value as (argument: never) => void
})

// By its shape: the signal of another realm is no instance of ours.
export const abortSignal: Check<AbortSignal | undefined> = optional((name, value) => {
  const signal = value as Partial<AbortSignal> | null
  if (
    typeof signal !== 'object' ||
    signal === null ||
    typeof signal.aborted !== 'boolean' ||
    typeof signal.addEventListener !== 'function' ||
    typeof signal.removeEventListener !== 'function'
  ) {
    throw invalid(name, 'an AbortSignal', value)
  }
  return signal as AbortSignal
})

/** @throws Model2VecError ERR_INVALID_OPTION when there is no such row */
export function checkRow(rows: number, index: unknown): asserts index is number {
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= rows) {
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      `\`index\` should be an integer ≥ 0 and below the ${rows} rows, but got ${describe(index)}`,
    )
  }
}
