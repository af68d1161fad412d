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

/** Which rows, and how their vectors are written. */
export interface WrittenLines {
  readonly from: number
  readonly to: number
  readonly isBase64: boolean
  readonly threads: number
}

/**
 * JSON lines that end with a vector, in parts that follow each other.
 *
 * @param heads what each line starts with, up to the vector; bytes = the same for all lines
 */
export function vectorLines(
  { data, dim, dtype }: Omit<Rows, 'rows'>,
  { from, to, isBase64, threads }: WrittenLines,
  heads: readonly string[] | Uint8Array,
): Uint8Array[] {
  let [bytes, ends] = [heads as Uint8Array, new Uint32Array()]
  if (Array.isArray(heads)) {
    const strings = heads as readonly string[]
    bytes = Buffer.from(strings.join(''))
    ends = new Uint32Array(strings.length)
    for (let i = 0, end = 0; i < strings.length; i++) ends[i] = end += Buffer.byteLength(strings[i] ?? '')
  }
  try {
    return native().rowLines(data, NATIVE_DTYPE[dtype], dim, from, to, bytes, ends, isBase64, threads)
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
