// The format of a result's rows under a call's options: how many dimensions, scaled or not, of
// which element type.

import { widthOf } from '../dtype.js'
import type { Dtype } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { NATIVE_DTYPE } from '../native/interface.js'
import type { NativeEncodeOptions } from '../native/interface.js'
import type { CheckedEncodeOptions } from '../options/encode.js'

export interface RowFormat {
  readonly dtype: Dtype
  /** Dimensions of a vector. */
  readonly dim: number
  /** Elements of a typed array that a row takes. */
  readonly width: number
  readonly normalize: boolean
}

/**
 * The format that the options ask of a model of `modelDim` dimensions; `normalize` is the default.
 *
 * @throws Model2VecError ERR_INVALID_OPTION
 */
export function rowFormat(options: CheckedEncodeOptions, modelDim: number, normalize: boolean): RowFormat {
  const { dtype, dimensionality: dim = modelDim } = options
  if (dim > modelDim) {
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      `\`dimensionality\` should be an integer from 1 to the model's ${modelDim}, but got ${dim}`,
    )
  }
  const scaled = options.normalize ?? normalize
  assertScaledForInt8(dtype, scaled)
  return { dtype, dim, width: widthOf(dtype, dim), normalize: scaled }
}

/** @throws Model2VecError ERR_INVALID_OPTION */
function assertScaledForInt8(dtype: Dtype, normalize: boolean | undefined): void {
  if (dtype !== 'int8' || normalize !== false) return
  throw new Model2VecError(
    'ERR_INVALID_OPTION',
    "`dtype` 'int8' is for vectors of length 1, expected with `normalize: true`, but got false",
  )
}

/**
 * Refuses at once what {@link rowFormat} would refuse at the first batch of a stream. Of a model
 * that is still to be loaded, neither the dimension nor what it does about `normalize` is known:
 * those two wait.
 *
 * @throws Model2VecError ERR_INVALID_OPTION
 */
export function checkFormat(
  options: CheckedEncodeOptions,
  model: { readonly info: { readonly dim: number }; readonly normalize: boolean } | null,
): void {
  if (model !== null) rowFormat(options, model.info.dim, model.normalize)
  else assertScaledForInt8(options.dtype, options.normalize)
}

/** The format and the native length limit as the native module takes them. */
export function nativeEncodeOptions({ dtype, dim, normalize }: RowFormat, maxLength: number): NativeEncodeOptions {
  return [maxLength, normalize, dim, NATIVE_DTYPE[dtype]]
}
