// Reads an open `.npy` file: what its header says, and bytes from any place.

import type { FileHandle } from 'node:fs/promises'

import { arrayOf, DTYPES } from '../dtype.js'
import type { Dtype } from '../dtype.js'
import { Buffer } from '../runtime/node-globals.js'
import { npyDictionary, npyShape, START_BYTES } from './npy-header.js'
import type { NpyShape } from './npy-header.js'

/** The most bytes of one request to the system. */
const MOST_BYTES = 1 << 26

/** A matrix in a file. */
export interface NpyFile {
  readonly shape: NpyShape
  /** The offset of its first element. */
  readonly start: number
}

/**
 * Reads the header.
 *
 * @param dtypes the element types that the caller takes
 * @throws Error with the reason alone when the file holds no matrix in C order of such a type, or
 * ends before its last row; a system error
 */
export async function readNpyHeader(file: FileHandle, dtypes: readonly Dtype[] = DTYPES): Promise<NpyFile> {
  const { start, end } = npyDictionary(await readAt(file, START_BYTES, 0))
  const dictionary = await readAt(file, end - start, start)
  if (dictionary === null) throw new Error('expected a whole header, but the file is shorter')
  const shape = npyShape(dictionary.toString('latin1'), dtypes)
  const { rows, width, dtype } = shape
  const expected = end + rows * width * arrayOf(dtype).BYTES_PER_ELEMENT
  const { size } = await file.stat()
  if (size < expected) {
    throw new Error(`expected ${rows} rows of ${width}, which end at byte ${expected}, but the file has ${size} bytes`)
  }
  return { shape, start: end }
}

/** Bytes of a file, in memory of their own; null when the file ends before. */
export async function readAt(file: FileHandle, length: number, position: number): Promise<Buffer<ArrayBuffer> | null> {
  // In Node's pool its offset would not be a multiple of an element's size.
  const bytes = Buffer.from(new ArrayBuffer(length))
  return (await fill(file, bytes, position)) ? bytes : null
}

/** Fills memory from a place of a file; false when the file ends before. */
export async function fill(file: FileHandle, bytes: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < bytes.length;) {
    const length = Math.min(bytes.length - done, MOST_BYTES)
    const { bytesRead } = await file.read(bytes, done, length, position + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}
