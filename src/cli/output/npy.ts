// `.npy` in C order, which numpy.load reads, also with `mmap_mode`. It holds vectors and nothing
// else. Its header has a fixed size and states the number of rows, which is known only at the end:
// so it is written with 0 rows first, and overwritten when the output is finished.

import { arrayOf } from '../../dtype.js'
import { HEADER_BYTES, npyHeader } from '../../matrix/npy-header.js'
import { bytesOfRows } from './format.js'
import type { OutputFormat } from './format.js'

export const npy: OutputFormat = {
  ending: '.npy',
  title: '`.npy`',
  help: 'a matrix for numpy.load, version 1.0, C order; bfloat16 is <V2',
  columns: false,
  isTyped: true,
  async open(sink, vector, state) {
    const rowBytes = vector.width * arrayOf(vector.dtype).BYTES_PER_ELEMENT
    // Milvus has half precision as bytes.
    const isBytes = vector.isForMilvus && (vector.dtype === 'float16' || vector.dtype === 'bfloat16')
    const { dtype, width } = isBytes ? ({ dtype: 'binary', width: rowBytes } as const) : vector
    if (state === null) await sink.append(npyHeader({ dtype, width, rows: 0 }))
    const rows = (): number => (sink.size - HEADER_BYTES) / rowBytes
    return {
      async write({ matrix }) {
        await sink.append(bytesOfRows(matrix))
      },
      rows,
      isWhole: () => true,
      state: rows,
      finish: () => sink.overwrite(npyHeader({ dtype, width, rows: rows() }), 0),
    }
  },
}
