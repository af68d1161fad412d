// Where a call's vectors are written: fresh memory, or the caller's `out`.

import { isSharedArrayBuffer } from 'node:util/types'

import { Model2VecError, OutOfMemoryError } from './errors.js'
import { JOB_MODE } from './native.js'
import type { JobMode } from './native.js'

// The array's real fields: an own property or a subclass could show others, and native code trusts what is said here.
const typedArray: object = Object.getPrototypeOf(Float32Array.prototype) as object
const intrinsic = (name: 'length' | 'buffer' | 'byteOffset'): (() => unknown) =>
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the array as `this`
  Object.getOwnPropertyDescriptor(typedArray, name)?.get as () => unknown
const getLength = intrinsic('length') as (this: Float32Array) => number
const getBuffer = intrinsic('buffer') as (this: Float32Array) => ArrayBufferLike
const getByteOffset = intrinsic('byteOffset') as (this: Float32Array) => number

/** Memory for a call's vectors. */
export interface Target {
  readonly out: Float32Array
  /** Whether no user code can move or free the memory: other threads may write into it. */
  readonly fresh: boolean
}

/**
 * Fresh memory for `rows` rows, or the caller's array when it is large enough.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL, OutOfMemoryError
 */
export function targetOf(out: Float32Array | undefined, rows: number, dim: number): Target {
  if (out === undefined) return { out: allocate(rows, dim), fresh: true }
  assertRoom(out, rows, dim)
  return { out, fresh: isSharedArrayBuffer(Reflect.apply(getBuffer, out, [])) }
}

/** How a job may write to a target. */
export function modeOf({ fresh }: Target, sync: boolean): JobMode {
  if (sync) return fresh ? JOB_MODE.sync : JOB_MODE.held
  return fresh ? JOB_MODE.direct : JOB_MODE.staged
}

/**
 * The first rows × dim elements of a target, after the work.
 *
 * @throws Model2VecError ERR_OUT_TOO_SMALL when the caller has taken the memory away in the meantime
 */
export function resultOf({ out }: Target, rows: number, dim: number): Float32Array {
  assertRoom(out, rows, dim)
  // Nothing can be seen of no elements, and a detached buffer takes no view.
  if (rows * dim === 0) return new Float32Array()
  // Always a view of its own: an `out` without an explicit length grows and shrinks with its buffer.
  return new Float32Array(Reflect.apply(getBuffer, out, []), Reflect.apply(getByteOffset, out, []), rows * dim)
}

function assertRoom(out: Float32Array, rows: number, dim: number): void {
  const length = Reflect.apply(getLength, out, [])
  if (length < rows * dim) {
    throw new Model2VecError(
      'ERR_OUT_TOO_SMALL',
      `\`out\` should have room for ${rows} rows of ${dim} = ${rows * dim} elements, but has ${length}`,
    )
  }
}

/** @throws OutOfMemoryError */
export function allocate(rows: number, dim: number): Float32Array {
  try {
    return new Float32Array(rows * dim)
  } catch (cause) {
    throw new OutOfMemoryError(`${rows} rows of ${dim} are ${rows * dim * 4} bytes, which can't be allocated`, {
      cause,
    })
  }
}

/** @throws OutOfMemoryError */
export function allocateCounts(rows: number): Uint32Array {
  try {
    return new Uint32Array(rows)
  } catch (cause) {
    throw new OutOfMemoryError(`the token counts of ${rows} rows can't be allocated`, { cause })
  }
}
