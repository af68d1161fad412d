// Rows of a matrix as views on its memory.

import type { Dtype, RowArray } from '../dtype.js'
import { invalid } from '../options/checks.js'
import { assertPresent, viewOf } from '../row-memory.js'
import { Buffer } from '../runtime/node-globals.js'

/** A place among the rows, as `Array.prototype.slice` takes it. */
export function sliceIndex(name: string, value: number, rows: number): number {
  if (value !== Infinity && !Number.isInteger(value)) throw invalid(name, 'an integer', value)
  return value < 0 ? Math.max(0, rows + value) : Math.min(value, rows)
}

/** What these functions need of a matrix. */
interface Rows<D extends Dtype, A> {
  readonly dtype: D
  readonly data: A
  readonly width: number
}

/** Row `index` as a view. */
export function rowView<D extends Dtype, A extends RowArray>({ dtype, data, width }: Rows<D, A>, index: number): A {
  return viewOf(dtype, data, index * width, width) as A
}

/** The bytes of row `index` as a view. */
export function bytesOfRow({ data, width }: Rows<Dtype, RowArray>, index: number): Buffer {
  assertPresent(data, (index + 1) * width)
  const length = width * data.BYTES_PER_ELEMENT
  return Buffer.from(data.buffer, data.byteOffset + index * length, length)
}
