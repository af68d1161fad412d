// The options of the methods that encode and tokenize: their types, and the one place that checks them.

import { isFloat32Array } from 'node:util/types'

import { describe } from '../errors.js'
import type { Progress } from '../progress.js'
import { abortSignal, boolean, callback, invalid, length, optional, read, toCome } from './checks.js'

/** Options of every encode form. */
export interface EncodeOptions {
  /**
   * The most token ids of a text that are read: a safe integer ≥ 0, or null for all. Python: `max_length`.
   * @default the model's; `encodeAsSequence`: null
   */
  readonly maxLength?: number | null | undefined
  /**
   * Whether the vectors are scaled to length 1. Python: `normalize`.
   * @default the model's; `encodeAsSequence`: false
   */
  readonly normalize?: boolean | undefined
  /**
   * The element type of the result.
   * @default 'float32', whatever the table's
   */
  readonly dtype?: 'float32' | undefined
  /**
   * Where the vectors are written, from its first element on: at least rows × dim elements, else `ERR_OUT_TOO_SMALL`.
   * The result is a view on it. An array on a SharedArrayBuffer is written by the engine's threads directly.
   * @default fresh memory
   */
  readonly out?: Float32Array | undefined
  /**
   * Stops the work before the next text that is read or encoded; the promise then rejects with `signal.reason`. One long text
   * is finished first. The sync forms look at the signal once, at their start.
   */
  readonly signal?: AbortSignal | undefined
  /** Called about ten times a second and once at the end, with texts done and texts in all. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /**
   * Draws a bar on stderr, when that is a terminal. Python: `show_progress_bar`.
   * @default false
   */
  readonly showProgressBar?: boolean | undefined
}

/** Options of `tokenize`. */
export interface TokenizeOptions {
  /** As in {@link EncodeOptions.maxLength}. */
  readonly maxLength?: number | null | undefined
}

const ENCODE_OPTIONS = ['maxLength', 'normalize', 'dtype', 'out', 'signal', 'onProgress', 'showProgressBar'] as const
const ENCODE_OPTIONS_TO_COME = ['dimensionality']
const TOKENIZE_OPTIONS = ['maxLength'] as const
const DTYPES_TO_COME: readonly unknown[] = ['float16', 'bfloat16', 'int8', 'binary']

const float32 = optional((name, value): 'float32' => {
  if (DTYPES_TO_COME.includes(value)) throw toCome(`\`${name}\` ${describe(value)}`)
  if (value !== 'float32') throw invalid(name, "'float32'", value)
  return value
})

const float32Array = optional((name, value) => {
  if (!isFloat32Array(value)) throw invalid(name, 'a Float32Array', value)
  return value
})

/** Encode options, checked; what the call leaves to the model is undefined. */
export interface CheckedEncodeOptions {
  readonly maxLength: number | null | undefined
  readonly normalize: boolean | undefined
  readonly out: Float32Array | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly showProgressBar: boolean
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkEncodeOptions(method: string, options: unknown): CheckedEncodeOptions {
  const given = read(method, options, ENCODE_OPTIONS, ENCODE_OPTIONS_TO_COME)
  float32('dtype', given.dtype)
  return {
    maxLength: length('maxLength', given.maxLength),
    normalize: boolean('normalize', given.normalize),
    out: float32Array('out', given.out),
    signal: abortSignal('signal', given.signal),
    onProgress: callback('onProgress', given.onProgress) as ((progress: Progress) => void) | undefined,
    showProgressBar: boolean('showProgressBar', given.showProgressBar) ?? false,
  }
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkTokenizeOptions(options: unknown): { readonly maxLength: number | null | undefined } {
  const given = read('tokenize', options, TOKENIZE_OPTIONS, [])
  return { maxLength: length('maxLength', given.maxLength) }
}
