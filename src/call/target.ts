// The memory that a call's rows are written to: fresh, or the caller's `out`.

import { isSharedArrayBuffer } from 'node:util/types'

import { arrayOf } from '../dtype.js'
import type { RowArray, TokenArray } from '../dtype.js'
import { Model2VecError, OutOfMemoryError } from '../errors.js'
import { JOB_MODE } from '../native/interface.js'
import type { JobMode } from '../native/interface.js'
import type { SpareRows } from '../model/spare-rows.js'
import type { RowFormat } from './row.js'
import { bufferOf, byteOffsetOf, lengthOf } from '../runtime/typed-array.js'

/** Memory for a call's rows. */
export interface Target {
  readonly out: RowArray
  /** Whether the memory is the caller's. */
  readonly given: boolean
}

/**
 * Fresh memory for `rows` rows, or the caller's array when it is large enough.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL, OutOfMemoryError
 */
export function targetOf(
  out: RowArray | undefined,
  rows: number,
  format: RowFormat,
  spare: SpareRows | null = null,
): Target {
  if (out === undefined) return { out: allocate(rows, format, spare), given: false }
  assertRoom(out, rows, format)
  return { out, given: true }
}

/** How a job may write to a target. */
export function modeOf({ out, given }: Target, sync: boolean): JobMode {
  // Whether user code can move or free the memory while other threads write into it.
  const canMove = given && !isSharedArrayBuffer(bufferOf(out))
  if (sync) return canMove ? JOB_MODE.held : JOB_MODE.sync
  return canMove ? JOB_MODE.staged : JOB_MODE.direct
}

/**
 * The first rows × width elements of a target, after the work.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL when the caller has taken the memory away in the
 * meantime
 */
export function resultOf({ out, given }: Target, rows: number, format: RowFormat): RowArray {
  if (!given) return out
  assertRoom(out, rows, format)
  const elements = arrayOf(format.dtype)
  // Nothing can be seen of no elements, and a detached buffer takes no view.
  if (rows === 0) return new elements()
  // Always a view of its own: an `out` without an explicit length grows and shrinks with its
  // buffer.
  const buffer = bufferOf(out)
  return new elements(buffer, byteOffsetOf(out), rows * format.width)
}

function assertRoom(out: RowArray, rows: number, { width }: RowFormat): void {
  const length = lengthOf(out)
  if (length < rows * width) {
    throw new Model2VecError(
      'ERR_OUT_TOO_SMALL',
      `\`out\` should have room for ${rows} rows of ${width} = ${rows * width} elements, but has ${length}`,
    )
  }
}

/** @throws OutOfMemoryError */
function allocate(rows: number, format: RowFormat, spare: SpareRows | null): RowArray {
  const { dtype, width } = format
  const elements = arrayOf(dtype)
  try {
    return (rows === 1 ? spare?.take(format) : null) ?? new elements(rows * width)
  } catch (cause) {
    const bytes = rows * width * elements.BYTES_PER_ELEMENT
    throw new OutOfMemoryError(`${rows} rows of ${width} are ${bytes} bytes, which can't be allocated`, { cause })
  }
}

/** @throws OutOfMemoryError */
export function allocateCounts(rows: number): TokenArray {
  try {
    return new Uint32Array(rows)
  } catch (cause) {
    throw new OutOfMemoryError(`the token counts of ${rows} rows can't be allocated`, { cause })
  }
}
