// Rows and other parts of a matrix as views on its memory, which the caller may have detached or
// shrunk since.

import { arrayOf } from '../dtype.js'
import type { Dtype, RowArray } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { invalid } from '../options/checks.js'
import { Buffer } from '../runtime/node-globals.js'

/**
 * Some elements of an array as a view.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL when the caller has detached the memory, or made it
 * smaller
 */
export function viewOf(dtype: Dtype, data: RowArray, start: number, length: number): RowArray {
  try {
    return new (arrayOf(dtype))(data.buffer, data.byteOffset + start * data.BYTES_PER_ELEMENT, length)
  } catch (cause) {
    throw goneError(cause)
  }
}

/**
 * Checks that an array still has its elements up to `end`.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL
 */
export function assertPresent(data: RowArray, end: number): void {
  if (data.length < end) throw goneError()
}

function goneError(cause?: unknown): Model2VecError {
  return new Model2VecError(
    'ERR_OUT_TOO_SMALL',
    'the memory of the vectors was detached or made smaller',
    cause === undefined ? undefined : { cause },
  )
}

/** A place among the rows, as `Array.prototype.slice` takes it. */
export function sliceIndex(name: string, value: number, rows: number): number {
  if (value !== Infinity && !Number.isInteger(value)) throw invalid(name, 'an integer', value)
  return value < 0 ? Math.max(0, rows + value) : Math.min(value, rows)
}

/** What these functions need of a matrix. */
interface Rows<D extends Dtype, A> {
  readonly dtype: D
  readonly data: A
  readonly width: number
}

/** Row `index` as a view. */
export function rowView<D extends Dtype, A extends RowArray>({ dtype, data, width }: Rows<D, A>, index: number): A {
  return viewOf(dtype, data, index * width, width) as A
}

/** The bytes of row `index` as a view. */
export function bytesOfRow({ data, width }: Rows<Dtype, RowArray>, index: number): Buffer {
  assertPresent(data, (index + 1) * width)
  const length = width * data.BYTES_PER_ELEMENT
  return Buffer.from(data.buffer, data.byteOffset + index * length, length)
}
