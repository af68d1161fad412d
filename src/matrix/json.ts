// Rows as text, written natively.

import type { Dtype, FreshBuffer, RowArray } from '../dtype.js'
import { fromNative } from '../errors.js'
import { NATIVE_DTYPE } from '../native/interface.js'
import { native } from '../native/load.js'

/** What is read of a matrix. */
interface Rows {
  readonly data: RowArray
  readonly rows: number
  readonly dim: number
  readonly dtype: Dtype
}

/** @param index one row; undefined = all */
export function jsonOf({ data, rows, dim, dtype }: Rows, index: number | undefined): FreshBuffer {
  const [from, to] = index === undefined ? [0, rows] : [index, index + 1]
  try {
    return native().rowsJson(data, NATIVE_DTYPE[dtype], dim, from, to, index === undefined) as FreshBuffer
  } catch (error) {
    throw fromNative(error)
  }
}

export function base64Of({ data, dim, dtype }: Rows, index: number): string {
  try {
    return native().rowBase64(data, NATIVE_DTYPE[dtype], dim, index)
  } catch (error) {
    throw fromNative(error)
  }
}
