// Rows as text, written natively.

import { widthOf } from '../dtype.js'
import type { Dtype, FreshBuffer, RowArray } from '../dtype.js'
import { fromNative } from '../errors.js'
import { NATIVE_DTYPE } from '../native/interface.js'
import type { NativeLineHeads } from '../native/interface.js'
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
}

/** Memory for lines, which are written into it again and again. */
export class LineRoom {
  bytes: Buffer = Buffer.alloc(0)
}

/**
 * JSON lines that end with a vector, made off the event loop.
 *
 * @param heads of these rows, with everything before the vector
 * @param room where they are written: until the promise settles, nothing else may use it, nor touch the rows
 * @returns a part of the room
 */
export async function vectorLines(
  { data, dim, dtype }: Omit<Rows, 'rows'>,
  { from, to, isBase64 }: WrittenLines,
  heads: NativeLineHeads,
  room: LineRoom,
): Promise<Uint8Array> {
  const rowBytes = widthOf(dtype, dim) * data.BYTES_PER_ELEMENT
  const vectors = new Uint8Array(data.buffer, data.byteOffset + from * rowBytes, (to - from) * rowBytes)
  const write = (): Promise<number> =>
    native().writeRowLines(vectors, NATIVE_DTYPE[dtype], dim, heads, isBase64, room.bytes)
  try {
    let length = await write()
    if (length < 0) {
      room.bytes = Buffer.allocUnsafeSlow(-length)
      length = await write()
    }
    return room.bytes.subarray(0, length)
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
