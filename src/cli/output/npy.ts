// `.npy`, version 1.0, in C order: what numpy.load reads, also mapped. Vectors and nothing else.

import { arrayOf } from '../../dtype.js'
import type { Dtype } from '../../dtype.js'
import { bytesOfRows } from './output.js'
import type { Columns, OpenOutput } from './output.js'

/**
 * numpy has no bfloat16: it saves an array of ml_dtypes' as raw bytes of two, and `numpy.load(…).view(ml_dtypes.bfloat16)` has it back.
 * A binary row is what numpy.packbits gives.
 */
const DESCRIPTIONS: Readonly<Record<Dtype, string>> = {
  float32: '<f4',
  float16: '<f2',
  bfloat16: '<V2',
  int8: '|i1',
  binary: '|u1',
}

/** Room for any number of rows, so that the header can be written again at the end. numpy wants a multiple of 64. */
const HEADER_BYTES = 128

function header({ dtype, width }: Columns, rows: number): Buffer {
  const dictionary = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': (${rows}, ${width}), }`
  const bytes = Buffer.alloc(HEADER_BYTES, ' ')
  bytes.write('\x93NUMPY\x01\x00', 'latin1')
  bytes.writeUInt16LE(HEADER_BYTES - 10, 8)
  bytes.write(dictionary, 10, 'latin1')
  bytes.write('\n', HEADER_BYTES - 1)
  return bytes
}

export const openNpy: OpenOutput = async (sink, columns, state) => {
  if (state === null) await sink.append(header(columns, 0))
  const rowBytes = columns.width * arrayOf(columns.dtype).BYTES_PER_ELEMENT
  const rows = (): number => (sink.size - HEADER_BYTES) / rowBytes
  return {
    async write({ matrix }) {
      await sink.append(bytesOfRows(matrix))
    },
    rows,
    state: rows,
    finish: () => sink.overwrite(header(columns, rows()), 0),
  }
}
