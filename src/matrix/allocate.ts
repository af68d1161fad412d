// Fresh memory for vectors.

import { arrayOf } from '../dtype.js'
import type { Dtype, RowArray } from '../dtype.js'
import { OutOfMemoryError } from '../errors.js'

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
