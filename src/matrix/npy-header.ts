// The header of an `.npy` file, written as version 1.0 and read in all versions: numpy's
// documentation, numpy.lib.format, describes it.

import { DTYPES } from '../dtype.js'
import { Buffer } from '../runtime/node-globals.js'
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

const MAGIC = '\x93NUMPY'
/** Up to where the length of the dictionary is known, in all versions. */
export const START_BYTES = 12
/** Where the dictionary starts, in the headers that we write. */
const DICTIONARY_START = 10
/** No dictionary of a matrix is longer: one of a kilobyte would have names of fields. */
const MOST_DICTIONARY_BYTES = 1 << 16

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
  bytes.write(`${MAGIC}\x01\x00`, 'latin1')
  bytes.writeUInt16LE(HEADER_BYTES - DICTIONARY_START, 8)
  bytes.write(dictionary, DICTIONARY_START, 'latin1')
  bytes.write('\n', HEADER_BYTES - 1)
  return bytes
}

/** Where the dictionary of a header lies in the file, and where the elements begin. */
export interface NpyDictionary {
  readonly start: number
  readonly end: number
}

/**
 * Reads the first {@link START_BYTES} of a file; null = the file is shorter.
 *
 * @throws Error when these don't start an `.npy`
 */
export function npyDictionary(bytes: Buffer | null): NpyDictionary {
  if (bytes?.toString('latin1', 0, MAGIC.length) !== MAGIC)
    throw new Error('expected an .npy file, but it starts otherwise')
  const version = bytes[MAGIC.length] ?? 0
  if (version < 1 || version > 3)
    throw new Error(`expected an .npy of version 1.0, 2.0 or 3.0, but found ${version}.${bytes[MAGIC.length + 1]}`)
  const start = version === 1 ? DICTIONARY_START : START_BYTES
  const length = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8)
  if (length > MOST_DICTIONARY_BYTES)
    throw new Error(`expected the header of a matrix, but found one of ${length} bytes`)
  return { start, end: start + length }
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
    throw new Error(`expected a matrix in C order, but its header is ${excerpt(dictionary)}`)
  }
  const dtype = dtypes.find((each) => DESCRIPTIONS[each] === description.replace('|V2', '<V2'))
  if (dtype === undefined) throw new Error(`expected elements of ${dtypes.join(', ')}, but got ${excerpt(description)}`)
  const shape = { dtype, rows: Number(rows), width: Number(width) }
  if (shape.width < 1 || !Number.isSafeInteger(shape.rows) || !Number.isSafeInteger(shape.width)) {
    throw new Error(`expected rows of at least one element, and a number of them, but its shape is (${rows}, ${width})`)
  }
  return shape
}

/** Its start on one line: it may be of any length, and hold any bytes. */
function excerpt(text: string): string {
  return text
    .slice(0, 200)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
}
