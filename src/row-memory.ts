// Memory for rows: fresh, or a view on memory that the caller may have detached or shrunk since.

import { arrayOf } from './dtype.js'
import type { Dtype, RowArray } from './dtype.js'
import { Model2VecError, OutOfMemoryError } from './errors.js'

/**
 * @param what what the memory is for, as the subject of a message: "3 rows of 256"
 * @throws OutOfMemoryError
 */
export function allocate(dtype: Dtype, length: number, what: string): RowArray {
  const elements = arrayOf(dtype)
  try {
    return new elements(length)
  } catch (cause) {
    const bytes = length * elements.BYTES_PER_ELEMENT
    throw new OutOfMemoryError(`${what} are ${bytes} bytes, which can't be allocated`, { cause })
  }
}

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
