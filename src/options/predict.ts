// The options of a pipeline's methods: their types, and the one place that checks them.

import { abortSignal, boolean, callback, invalid, length, optional, read } from './checks.js'
import type { CheckedEncodeOptions, EncodeOptions, OnProgress } from './encode.js'
import { checkStreamOptions } from './stream.js'
import type { CheckedStreamOptions, StreamOptions } from './stream.js'

/**
 * Options of `predictProba`. With a matrix instead of texts, `maxLength` has nothing to do.
 */
export type ProbabilityOptions = Pick<EncodeOptions, 'maxLength' | 'signal' | 'onProgress' | 'showProgressBar'>

/** Options of `predict`. */
export interface PredictOptions extends ProbabilityOptions {
  /**
   * Of a multi-label head: the probability that a label's must be above: a number from 0 to 1.
   * Other heads ignore it. Python: `threshold`.
   * @default 0.5
   */
  readonly threshold?: number | undefined
}

/** Options of `predictStream`. */
export interface PredictStreamOptions<Item>
  extends
    Pick<
      StreamOptions<Item>,
      'text' | 'batchSize' | 'batchBytes' | 'concurrency' | 'maxLength' | 'signal' | 'onProgress'
    >,
    Pick<PredictOptions, 'threshold'> {}

/** Options of `predictStream` for items that are not strings. */
export interface PredictItemStreamOptions<Item> extends PredictStreamOptions<Item> {
  readonly text: (item: Item) => string
}

const PROBABILITY_OPTIONS = ['maxLength', 'signal', 'onProgress', 'showProgressBar'] as const
const PREDICT_OPTIONS = ['threshold', ...PROBABILITY_OPTIONS] as const
const STREAM_OPTIONS = [
  'threshold',
  'text',
  'batchSize',
  'batchBytes',
  'concurrency',
  'maxLength',
  'signal',
  'onProgress',
] as const

export const DEFAULT_THRESHOLD = 0.5

const probability = optional((name, value): number => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw invalid(name, 'a number from 0 to 1', value)
  return value
})

/** Options of a prediction, checked: those of the call that computes its rows, and the threshold. */
export interface CheckedPredictOptions {
  readonly encode: CheckedEncodeOptions
  readonly threshold: number
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkPredictOptions(method: string, options: unknown): CheckedPredictOptions {
  const given = read(method, options, PREDICT_OPTIONS)
  return { encode: encodeOptions(given), threshold: probability('threshold', given.threshold) ?? DEFAULT_THRESHOLD }
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkProbabilityOptions(method: string, options: unknown): CheckedEncodeOptions {
  return encodeOptions(read(method, options, PROBABILITY_OPTIONS))
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkPredictStreamOptions(
  method: string,
  options: unknown,
): CheckedStreamOptions & { readonly threshold: number } {
  const { threshold, ...given } = read(method, options, STREAM_OPTIONS)
  return { ...checkStreamOptions(method, given), threshold: probability('threshold', threshold) ?? DEFAULT_THRESHOLD }
}

function encodeOptions(given: Partial<Record<(typeof PROBABILITY_OPTIONS)[number], unknown>>): CheckedEncodeOptions {
  return {
    maxLength: length('maxLength', given.maxLength),
    // What a head gives is not scaled.
    normalize: false,
    dimensionality: undefined,
    dtype: 'float32',
    out: undefined,
    signal: abortSignal('signal', given.signal),
    onProgress: callback('onProgress', given.onProgress) as OnProgress | undefined,
    showProgressBar: boolean('showProgressBar', given.showProgressBar) ?? false,
  }
}
