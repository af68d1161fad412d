// Every error that this package throws: three classes with a stable `code`, and what turns the
// engine's errors into them.

import { isAsyncFunction, isDate, isGeneratorObject, isMap, isPromise, isSet } from 'node:util/types'

/**
 * The stable codes, `error.code`.
 *
 * A load can fail with `ERR_MODEL_NOT_FOUND`, `ERR_MODEL_LAYOUT` (a directory without the files of
 * any layout), `ERR_BAD_CONFIG`, `ERR_BAD_TOKENIZER`, `ERR_UNSUPPORTED_TOKENIZER`,
 * `ERR_BAD_SAFETENSORS`, `ERR_UNSUPPORTED_DTYPE`, `ERR_SHAPE_MISMATCH` and `ERR_OUT_OF_MEMORY`,
 * that of a pipeline also with `ERR_BAD_HEAD` (there is no head, or it is broken or does not fit the
 * model); a download with `ERR_HUB_OFFLINE` (the Hub can't be reached, or must not be asked), `ERR_HUB_AUTH`
 * (no such model, or no access), `ERR_HUB_HTTP` (any other answer) and `ERR_HUB_CACHE` (the cache
 * can't be written); a call with `ERR_INVALID_OPTION`, `ERR_INVALID_TEXT`, `ERR_OUT_TOO_SMALL`,
 * `ERR_OUT_OF_MEMORY`, `ERR_MODEL_NOT_READY` and `ERR_CLOSED`; `EmbeddingMatrix.load` with
 * `ERR_BAD_NPY`. `ERR_NATIVE_NOT_FOUND`: this platform's native module is not installed; the first
 * call that needs it fails with that, a load. `ERR_NOT_INSTALLED`: what a format or a command needs is
 * not installed: an optional package, a version of it that this one knows, or a Node that has zstd.
 * Shards of a manifest (`model2vec plan`) fail with
 * `ERR_BAD_MANIFEST`, `ERR_INPUT_CHANGED` (an input or the model is not what was planned),
 * `ERR_BAD_INPUT` (a row or a file that can't be read) and `ERR_INPUT_UNREACHABLE` (a URL: may
 * pass). `ERR_INTERNAL` is a bug in this package.
 */
export type ErrorCode =
  | 'ERR_MODEL_NOT_FOUND'
  | 'ERR_MODEL_NOT_READY'
  | 'ERR_MODEL_LAYOUT'
  | 'ERR_BAD_CONFIG'
  | 'ERR_BAD_TOKENIZER'
  | 'ERR_UNSUPPORTED_TOKENIZER'
  | 'ERR_BAD_SAFETENSORS'
  | 'ERR_UNSUPPORTED_DTYPE'
  | 'ERR_SHAPE_MISMATCH'
  | 'ERR_BAD_NPY'
  | 'ERR_BAD_HEAD'
  | 'ERR_INVALID_OPTION'
  | 'ERR_INVALID_TEXT'
  | 'ERR_OUT_TOO_SMALL'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_CLOSED'
  | 'ERR_HUB_OFFLINE'
  | 'ERR_HUB_AUTH'
  | 'ERR_HUB_HTTP'
  | 'ERR_HUB_CACHE'
  | 'ERR_NATIVE_NOT_FOUND'
  | 'ERR_NOT_INSTALLED'
  | 'ERR_BAD_MANIFEST'
  | 'ERR_INPUT_CHANGED'
  | 'ERR_BAD_INPUT'
  | 'ERR_INPUT_UNREACHABLE'
  | 'ERR_INTERNAL'

const CODES: Readonly<Record<ErrorCode, true>> = {
  ERR_MODEL_NOT_FOUND: true,
  ERR_MODEL_NOT_READY: true,
  ERR_MODEL_LAYOUT: true,
  ERR_BAD_CONFIG: true,
  ERR_BAD_TOKENIZER: true,
  ERR_UNSUPPORTED_TOKENIZER: true,
  ERR_BAD_SAFETENSORS: true,
  ERR_UNSUPPORTED_DTYPE: true,
  ERR_SHAPE_MISMATCH: true,
  ERR_BAD_NPY: true,
  ERR_BAD_HEAD: true,
  ERR_INVALID_OPTION: true,
  ERR_INVALID_TEXT: true,
  ERR_OUT_TOO_SMALL: true,
  ERR_OUT_OF_MEMORY: true,
  ERR_CLOSED: true,
  ERR_HUB_OFFLINE: true,
  ERR_HUB_AUTH: true,
  ERR_HUB_HTTP: true,
  ERR_HUB_CACHE: true,
  ERR_NATIVE_NOT_FOUND: true,
  ERR_NOT_INSTALLED: true,
  ERR_BAD_MANIFEST: true,
  ERR_INPUT_CHANGED: true,
  ERR_BAD_INPUT: true,
  ERR_INPUT_UNREACHABLE: true,
  ERR_INTERNAL: true,
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(CODES, code)
}

// A registered symbol, not `instanceof`: errors of another worker's, realm's or installed copy's
// classes are ours too.
const BRAND: unique symbol = Symbol.for('model2vec-node.error') as never

function brand(error: Error, name: string): void {
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(error, BRAND, { value: true })
}

/**
 * Any error of this package but {@link InvalidTextError} and {@link OutOfMemoryError}; `code` says
 * which.
 */
export class Model2VecError extends Error {
  /** What went wrong: stable, to be compared; the message may change. */
  readonly code: ErrorCode
  /** Of an error in a stream: the place of the first item of the batch that failed. */
  readonly index?: number

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    brand(this, 'Model2VecError')
  }
}

/** `ERR_INVALID_TEXT`: the texts are no array, or one of them is no string. A TypeError. */
export class InvalidTextError extends TypeError {
  /** Always `ERR_INVALID_TEXT`. */
  readonly code: 'ERR_INVALID_TEXT'
  /** The place of the text in the call, or of its item in the stream. */
  readonly index?: number

  constructor(message: string, options?: { cause?: unknown; index?: number }) {
    super(message, options)
    this.code = 'ERR_INVALID_TEXT'
    if (options?.index !== undefined) this.index = options.index
    brand(this, 'InvalidTextError')
  }
}

/** `ERR_OUT_OF_MEMORY`: the result or the table is larger than can be allocated. A RangeError. */
export class OutOfMemoryError extends RangeError {
  /** Always `ERR_OUT_OF_MEMORY`. */
  readonly code: 'ERR_OUT_OF_MEMORY'
  /** Of an error in a stream: the place of the first item of the batch that failed. */
  readonly index?: number

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = 'ERR_OUT_OF_MEMORY'
    brand(this, 'OutOfMemoryError')
  }
}

/** The error with this code, of its class. */
export function errorOf(
  code: ErrorCode,
  message: string,
  options?: { cause?: unknown },
): Model2VecError | InvalidTextError | OutOfMemoryError {
  if (code === 'ERR_INVALID_TEXT') return new InvalidTextError(message, options)
  if (code === 'ERR_OUT_OF_MEMORY') return new OutOfMemoryError(message, options)
  return new Model2VecError(code, message, options)
}

/**
 * Whether `value` is an error of this package, of any of its three classes, also one from another
 * installed copy.
 *
 * @example
 * try {
 *   ef.encodeSync(texts)
 * } catch (error) {
 *   if (isModel2VecError(error) && error.code === 'ERR_CLOSED') …
 * }
 */
export function isModel2VecError(value: unknown): value is Model2VecError | InvalidTextError | OutOfMemoryError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
}

/**
 * An error as anybody may throw it. What native code, Node's own modules, the caller's functions
 * and other realms (a `vm` context, Jest) throw is no instance of this realm's `Error`: it is known
 * by its message alone.
 */
export interface ThrownError {
  readonly message: string
  readonly code?: unknown
  readonly cause?: unknown
}

export function isThrownError(value: unknown): value is ThrownError {
  return typeof value === 'object' && value !== null && typeof (value as { message?: unknown }).message === 'string'
}

/** The message of an error, or a description of any other value that was thrown. */
export function messageOf(thrown: unknown): string {
  return isThrownError(thrown) ? thrown.message : describe(thrown)
}

/**
 * What native code throws: an Error with one of our codes, and for a text that is no string its
 * place in the call.
 */
interface NativeError extends ThrownError {
  readonly index?: unknown
  readonly found?: unknown
}

/**
 * Turns an error of the native module into one of ours. Native code never runs the caller's code,
 * so whatever it throws without a code of ours is a bug: `ERR_INTERNAL`.
 *
 * @param firstText the place of the native call's first text in the caller's array
 */
export function fromNative(error: unknown, firstText = 0): Error {
  if (isModel2VecError(error)) return error
  if (!isThrownError(error)) return new Model2VecError('ERR_INTERNAL', String(error), { cause: error })
  const { code, index, found, message } = error as NativeError
  if (code === 'ERR_INVALID_TEXT' && typeof index === 'number') return notAString(firstText + index, String(found))
  if (isErrorCode(code)) return errorOf(code, message)
  return new Model2VecError('ERR_INTERNAL', message, { cause: error })
}

/**
 * An error of a call's own for what several calls wait for: it says the same, has the stack of the
 * call that makes it, and the first error as its cause. What is not of this package (a signal's
 * reason, what a callback threw) is the caller's, and stays what it is.
 */
export function errorOfItsOwn(first: unknown): unknown {
  if (!isModel2VecError(first)) return first
  const { code, message } = first
  return errorOf(code, message, { cause: first })
}

/** The error for an element of the texts that is no string. */
export function notAString(index: number, found: string): InvalidTextError {
  return new InvalidTextError(`\`texts[${index}]\` should be a string, but got ${found}`, { index })
}

/** The same error, for a batch whose first item has this place in its stream. */
export function atItem<E extends Error>(error: E, index: number): E {
  return Object.assign(error, { index })
}

/** What a value is, for a message: its type, and the value itself where that is short. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string')
    return value.length <= 80 ? JSON.stringify(value) : `a string of ${value.length} characters`
  if (Array.isArray(value)) return 'an array'
  if (ArrayBuffer.isView(value)) return withArticle(/ (\w+)/.exec(Object.prototype.toString.call(value))?.[1] ?? 'view')
  return typeof value === 'object'
    ? objectKind(value)
    : isAsyncFunction(value)
      ? 'an async function'
      : `a ${typeof value}`
}

/** By the engine's own marks, which hold in every realm. */
function objectKind(value: object): string {
  if (isMap(value)) return 'a Map'
  if (isSet(value)) return 'a Set'
  if (isPromise(value)) return 'a Promise'
  if (isDate(value)) return 'a Date'
  if (isGeneratorObject(value)) return Symbol.asyncIterator in value ? 'an async generator' : 'a generator'
  // Of a class of the platform: an AbortSignal, a URL.
  try {
    const name = /^\[object (\w+)\]$/.exec(Object.prototype.toString.call(value))?.[1]
    return name === undefined || name === 'Object' ? 'an object' : withArticle(name)
  } catch {
    // A getter of the caller's.
    return 'an object'
  }
}

/** The name of a class of arrays with its article: a Uint8Array, an Int8Array. */
export function withArticle(className: string): string {
  return `${/^[AEIO]/.test(className) ? 'an' : 'a'} ${className}`
}
