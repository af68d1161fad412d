// The header of an `.npy` file of version 1.0, written and read: numpy's documentation,
// numpy.lib.format, describes it.

import { DTYPES } from '../dtype.js'
import type { Dtype } from '../dtype.js'

/**
 * numpy's names of our element types. numpy has no bfloat16: it saves an array of ml_dtypes' as raw
 * pairs of bytes, which `numpy.load(…).view(ml_dtypes.bfloat16)` turns back. A binary row is what
 * `numpy.packbits` gives.
 */
const DESCRIPTIONS: Readonly<Record<Dtype, string>> = {
  float32: '<f4',
  float16: '<f2',
  bfloat16: '<V2',
  int8: '|i1',
  binary: '|u1',
}

const MAGIC = '\x93NUMPY\x01\x00'
/** The magic string with its version, and the length of the rest. */
export const START_BYTES = 10

/**
 * Bytes of the headers that we write: room for any number of rows, as the final number overwrites
 * the first one. numpy wants a multiple of 64.
 */
export const HEADER_BYTES = 128

/** A matrix in C order. */
export interface NpyShape {
  readonly dtype: Dtype
  readonly rows: number
  /** Elements per row. */
  readonly width: number
}

export function npyHeader({ dtype, rows, width }: NpyShape): Buffer {
  const dictionary = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${rows}, ${width}), }`
  const bytes = Buffer.alloc(HEADER_BYTES, ' ')
  bytes.write(MAGIC, 'latin1')
  bytes.writeUInt16LE(HEADER_BYTES - START_BYTES, 8)
  bytes.write(dictionary, START_BYTES, 'latin1')
  bytes.write('\n', HEADER_BYTES - 1)
  return bytes
}

/**
 * The bytes of the dictionary that follows the first {@link START_BYTES}.
 *
 * @throws Error when these don't start an `.npy` of version 1.0
 */
export function dictionaryBytes(start: Buffer | null): number {
  if (start?.toString('latin1', 0, MAGIC.length) === MAGIC) return start.readUInt16LE(MAGIC.length)
  throw new Error('expected an .npy of version 1.0, but it starts otherwise')
}

/**
 * The matrix that a dictionary describes.
 *
 * @param dtypes the element types that the caller takes
 * @throws Error when it describes something else
 */
export function npyShape(dictionary: string, dtypes: readonly Dtype[] = DTYPES): NpyShape {
  const [, description = ''] = /'descr': *'([^']*)'/.exec(dictionary) ?? []
  const [, rows, width] = /'shape': *\((\d+), *(\d+),?\)/.exec(dictionary) ?? []
  if (rows === undefined || width === undefined || !/'fortran_order': *False/.test(dictionary)) {
    throw new Error(`expected a matrix in C order, but its header is ${dictionary.trim()}`)
  }
  const dtype = dtypes.find((each) => DESCRIPTIONS[each] === description)
  if (dtype === undefined) throw new Error(`expected elements of ${dtypes.join(', ')}, but got ${description}`)
  return { dtype, rows: Number(rows), width: Number(width) }
}
