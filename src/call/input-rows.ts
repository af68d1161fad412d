// The rows of a matrix as the input of a job, read in slices.

import type { Dtype, RowArray } from '../dtype.js'
import { fromNative } from '../errors.js'
import { NATIVE_DTYPE } from '../native/interface.js'
import type { NativeJob } from '../native/interface.js'
import { native } from '../native/load.js'

/** Rows of numbers, one after the other. */
export interface InputRows {
  readonly data: RowArray
  readonly dtype: Dtype
  readonly dim: number
  /** How many rows. */
  readonly count: number
}

/** Copying this many bytes takes about a tenth of a millisecond. */
const SLICE_BYTES = 1 << 18

/** Feeds a slice of rows in each step, which gives false when enough is in flight. */
export function* rowSteps(job: NativeJob, rows: InputRows): Generator<boolean, void, undefined> {
  const { data, dtype, dim, count } = rows
  const step = Math.max(1, Math.floor(SLICE_BYTES / (dim * data.BYTES_PER_ELEMENT)))
  for (let from = 0; from < count; from += step) {
    const to = Math.min(count, from + step)
    try {
      yield native().feedRows.call(job, data, NATIVE_DTYPE[dtype], dim, from, to)
    } catch (error) {
      throw fromNative(error)
    }
  }
}
