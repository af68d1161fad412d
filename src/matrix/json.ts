// Rows as text, written natively.

import type { Dtype, FreshBuffer, RowArray } from '../dtype.js'
import { fromNative } from '../errors.js'
import { NATIVE_DTYPE } from '../native/interface.js'
import { native } from '../native/load.js'
import { Buffer } from '../runtime/node-globals.js'

/** What is read of a matrix. */
interface Rows {
  readonly data: RowArray
  readonly rows: number
  readonly dim: number
  readonly dtype: Dtype
}

/** The JSON of a row is written here, and copied when its length is known. */
let room: Buffer = Buffer.alloc(0)

/** Of all rows. */
export function rowsJson({ data, rows, dim, dtype }: Rows): FreshBuffer {
  try {
    return native().rowsJson(data, NATIVE_DTYPE[dtype], dim, rows) as FreshBuffer
  } catch (error) {
    throw fromNative(error)
  }
}

export function rowJson({ data, dim, dtype }: Rows, index: number): FreshBuffer {
  try {
    const write = (): number => native().rowJson(data, NATIVE_DTYPE[dtype], dim, index, room)
    let length = write()
    if (length > room.length) {
      room = Buffer.allocUnsafeSlow(2 * length)
      length = write()
    }
    const text = Buffer.allocUnsafe(length)
    room.copy(text, 0, 0, length)
    return text
  } catch (error) {
    throw fromNative(error)
  }
}

export function rowBase64({ data, dim, dtype }: Rows, index: number): string {
  try {
    return native().rowBase64(data, NATIVE_DTYPE[dtype], dim, index)
  } catch (error) {
    throw fromNative(error)
  }
}
