// The options of the methods that encode and tokenize: their types, and the one place that checks
// them.

import { arrayOf, DTYPES, outArray } from '../dtype.js'
import type { Dtype, DtypeArray, HalfArray, RowArray } from '../dtype.js'
import { withArticle } from '../errors.js'
import { abortSignal, boolean, callback, invalid, length, named, optional, read } from './checks.js'
import type { Check } from './checks.js'

/** How far a call is, in texts. */
export interface Progress {
  readonly done: number
  readonly total: number
}

export type OnProgress = (progress: Progress) => void

/**
 * Options of every encode form. `D` is the result's element type: where it isn't 'float32', `dtype`
 * has to name it. `A` is what `out` may be.
 */
export interface EncodeOptions<D extends Dtype = 'float32', A extends DtypeArray<D> = DtypeArray<D>> {
  /**
   * The most token ids per text that are read: a safe integer ≥ 0, or null for all. Python:
   * `max_length`.
   * @default the model's; `encodeAsSequence`: null
   */
  readonly maxLength?: number | null | undefined
  /**
   * Whether the vectors are scaled to length 1. Python: `normalize`.
   * @default the model's; `encodeAsSequence`: false
   */
  readonly normalize?: boolean | undefined
  /**
   * How many dimensions of the vectors are kept, the first ones: an integer from 1 to the model's
   * `dim`. The vectors are cut, then scaled. For models that were trained for it (Matryoshka, PCA).
   * Python: `dimensionality` of `StaticModel.from_pretrained`.
   * @default all
   */
  readonly dimensionality?: number | undefined
  /**
   * The element type of the result, see {@link Dtype}. 'int8' is for vectors of length 1:
   * `ERR_INVALID_OPTION` where they are not normalized.
   * @default 'float32', whatever the table's
   */
  readonly dtype?: D | undefined
  /**
   * Where the vectors are written, from its first element on: at least rows × width elements, else
   * `ERR_OUT_TOO_SMALL`. A Float32Array; with `dtype` 'float16' or 'bfloat16' a Uint16Array, with
   * 'float16' also a Float16Array, 'int8' an Int8Array, 'binary' a Uint8Array. The result is a view
   * on it, on a Float16Array a Uint16Array of its bits. An array on a SharedArrayBuffer is written
   * by the engine's threads directly. It should not be written to or resized before the call is
   * over, by getters of the texts either; where the call fails, some vectors may have been written.
   * @default fresh memory
   */
  readonly out?: A | (D extends 'float16' ? HalfArray : never) | undefined
  /**
   * Stops the work before the next text that is read or encoded; the promise then rejects with
   * `signal.reason`. One long text is finished first. The sync forms look at the signal once, at
   * their start.
   */
  readonly signal?: AbortSignal | undefined
  /** Called about ten times a second and once at the end, with texts done and texts in all. */
  readonly onProgress?: OnProgress | undefined
  /**
   * Draws a bar on stderr, when that is a terminal. Python: `show_progress_bar`.
   * @default false
   */
  readonly showProgressBar?: boolean | undefined
}

/**
 * {@link EncodeOptions} that name neither an element type nor an `out`. A signature without type
 * parameters takes them: else the compiler would take the result's type from what the result is
 * passed to, such as a `Blob`.
 */
export interface PlainEncodeOptions extends Omit<EncodeOptions, 'out'> {
  readonly out?: undefined
}

/** {@link EncodeOptions} that name the element type, so that the compiler knows the result's. */
export interface TypedEncodeOptions<D extends Dtype, A extends DtypeArray<D> = DtypeArray<D>> extends EncodeOptions<
  D,
  A
> {
  readonly dtype: D
}

/** {@link EncodeOptions} whose element type may be undefined, which is 'float32'. */
export interface UnsureEncodeOptions<D extends Dtype> extends Omit<EncodeOptions<D>, 'dtype' | 'out'> {
  readonly dtype: D | undefined
  /** No array is right for both types. */
  readonly out?: undefined
}

/** Options of `tokenize`. */
export interface TokenizeOptions {
  /** As in {@link EncodeOptions.maxLength}. */
  readonly maxLength?: number | null | undefined
}

/** Options of `tokenizeAsync`. */
export interface TokenizeAsyncOptions extends TokenizeOptions {
  /** As in {@link EncodeOptions.signal}. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `countTokens`. */
export interface CountOptions {
  /**
   * The most token ids per text that are counted, under the rules of
   * {@link EncodeOptions.maxLength}: a safe integer ≥ 0, or null for all.
   * @default null, whatever the model's
   */
  readonly maxLength?: number | null | undefined
}

/** Options of `countTokensAsync`. */
export interface CountAsyncOptions extends CountOptions {
  /** As in {@link EncodeOptions.signal}. */
  readonly signal?: AbortSignal | undefined
}

const ENCODE_OPTIONS = [
  'maxLength',
  'normalize',
  'dimensionality',
  'dtype',
  'out',
  'signal',
  'onProgress',
  'showProgressBar',
] as const
const TOKENIZE_OPTIONS = ['maxLength'] as const
const TOKENIZE_ASYNC_OPTIONS = ['maxLength', 'signal'] as const

const columns = optional((name, value) => {
  // Whether the model has as many is for the call to say.
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw invalid(name, "an integer from 1 to the model's `dim`", value)
  }
  return value
})

/** A check for the name of an element type. */
export const dtypeName: Check<Dtype | undefined> = optional((name, value): Dtype => {
  const dtype = DTYPES.find((known) => known === value)
  if (dtype === undefined) throw invalid(name, DTYPES.map((known) => `'${known}'`).join(', '), value)
  return dtype
})

function rowArray(dtype: Dtype, value: unknown): RowArray | undefined {
  if (value === undefined) return undefined
  const array = outArray(dtype, value)
  if (array !== null) return array
  const expected = `${withArticle(arrayOf(dtype).name)}${dtype === 'float16' ? ' or a Float16Array' : ''}`
  throw invalid('out', `${expected} for the dtype '${dtype}'`, value)
}

/** Encode options, checked. Undefined = the model's own setting. */
export interface CheckedEncodeOptions {
  readonly maxLength: number | null | undefined
  readonly normalize: boolean | undefined
  readonly dimensionality: number | undefined
  readonly dtype: Dtype
  readonly out: RowArray | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: OnProgress | undefined
  readonly showProgressBar: boolean
}

/** The options of a call that gives none. */
const NO_ENCODE_OPTIONS: CheckedEncodeOptions = Object.freeze({
  maxLength: undefined,
  normalize: undefined,
  dimensionality: undefined,
  dtype: 'float32',
  out: undefined,
  signal: undefined,
  onProgress: undefined,
  showProgressBar: false,
})

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkEncodeOptions(method: string, options: unknown): CheckedEncodeOptions {
  if (options === undefined) return NO_ENCODE_OPTIONS
  const given = named(method, options, ENCODE_OPTIONS)
  const { maxLength, normalize, dimensionality, dtype: dtypeGiven, out, signal, onProgress, showProgressBar } = given
  const dtype = dtypeName('dtype', dtypeGiven) ?? 'float32'
  return {
    maxLength: length('maxLength', maxLength),
    normalize: boolean('normalize', normalize),
    dimensionality: columns('dimensionality', dimensionality),
    dtype,
    out: rowArray(dtype, out),
    signal: abortSignal('signal', signal),
    onProgress: callback('onProgress', onProgress) as OnProgress | undefined,
    showProgressBar: boolean('showProgressBar', showProgressBar) ?? false,
  }
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkTokenizeOptions(
  method: string,
  options: unknown,
): { readonly maxLength: number | null | undefined } {
  const given = read(method, options, TOKENIZE_OPTIONS)
  return { maxLength: length('maxLength', given.maxLength) }
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkTokenizeAsyncOptions(
  method: string,
  options: unknown,
): { readonly maxLength: number | null | undefined; readonly signal: AbortSignal | undefined } {
  const given = read(method, options, TOKENIZE_ASYNC_OPTIONS)
  return { maxLength: length('maxLength', given.maxLength), signal: abortSignal('signal', given.signal) }
}
