// The element types of results and of tables, and the typed array that holds the rows of each.

import { isFloat32Array, isInt8Array, isUint16Array, isUint8Array } from 'node:util/types'

import { bufferOf, byteOffsetOf, lengthOf, typedArrayClass } from './runtime/typed-array.js'

/**
 * The element type of a result. It does not depend on the table's: every type is converted from the
 * float32 vector. Except for NaN, the bits are those that numpy and ml_dtypes give for this vector.
 *
 * - `'float32'`: the vector itself
 * - `'float16'`: rounded to nearest, ties to even. For a float16 table these are Python's own
 *   vectors, bit for bit. Python: `astype(numpy.float16)`
 * - `'bfloat16'`: rounded to nearest, ties to even. Python: `astype(ml_dtypes.bfloat16)`
 * - `'int8'`: 127 · clamp(x, −1, 1), rounded to nearest, ties to even. NaN is 0. Only for vectors
 *   of length 1, which are normalized; for others `ERR_INVALID_OPTION`. Python:
 *   `numpy.rint(127 * numpy.clip(x, -1, 1)).astype(numpy.int8)`
 * - `'binary'`: one bit per dimension: x > 0. The first dimension is the highest bit of the first
 *   byte; unused bits of the last byte are 0. Python: `numpy.packbits(x > 0, axis=-1)`
 */
export type Dtype = 'float32' | 'float16' | 'bfloat16' | 'int8' | 'binary'

/** The element type of a table; see {@link LoadOptions.quantizeTo}. */
export type TableDtype = 'float64' | 'float32' | 'float16' | 'int8'

/**
 * The typed array that holds rows of an element type. Elements of 'float16' and 'bfloat16' rows are
 * bit patterns, in a Uint16Array; a byte of a 'binary' row has the bits of eight dimensions.
 */
export type DtypeArray<D extends Dtype> = {
  float32: Float32Array
  float16: Uint16Array
  bfloat16: Uint16Array
  int8: Int8Array
  binary: Uint8Array
}[D]

/**
 * {@link DtypeArray} in memory that was allocated for the result: always an ArrayBuffer, never a
 * SharedArrayBuffer. From TypeScript 5.7 on this is `Float32Array<ArrayBuffer>` and so on. Earlier
 * versions have no such types, so these are written as what `slice` returns.
 */
export type FreshArray<D extends Dtype> = {
  float32: ReturnType<Float32Array['slice']>
  float16: ReturnType<Uint16Array['slice']>
  bfloat16: ReturnType<Uint16Array['slice']>
  int8: ReturnType<Int8Array['slice']>
  binary: ReturnType<Uint8Array['slice']>
}[D]

/**
 * A `Float16Array`, described by its fields: Node has the class from 24 on, and older versions of
 * TypeScript have no type for it.
 */
export interface HalfArray {
  readonly [Symbol.toStringTag]: 'Float16Array'
  readonly BYTES_PER_ELEMENT: number
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly length: number
}

/**
 * Token ids, or numbers of tokens, in an ArrayBuffer, never a SharedArrayBuffer. Several arrays can
 * be views on one buffer.
 */
export type TokenArray = ReturnType<Uint32Array['slice']>

/**
 * Node's `Buffer` where its types are there, else the Uint8Array that it is: for the bytes of an
 * array, on the same memory.
 */
export type BytesOf<A extends { readonly buffer: ArrayBufferLike }> = A['buffer'] extends ArrayBuffer
  ? FreshBuffer
  : typeof globalThis extends { Buffer: { isBuffer(value: unknown): value is infer B } }
    ? B
    : Uint8Array

/** {@link BytesOf} of memory that was made for the result. */
export type FreshBuffer = typeof globalThis extends { Buffer: { alloc(size: number): infer B } }
  ? B
  : ReturnType<Uint8Array['slice']>

/** `Float16Array` where the types of JavaScript have it, else what this package knows of it. */
export type HalfArrayOf<A extends { readonly buffer: ArrayBufferLike }> = typeof globalThis extends {
  Float16Array: { readonly prototype: infer H }
}
  ? A['buffer'] extends ArrayBuffer
    ? H extends { slice(start?: number, end?: number): infer S }
      ? S
      : H
    : H
  : HalfArray

/** The typed array of any element type. */
export type RowArray = DtypeArray<Dtype>

interface RowArrayClass {
  new (length?: number): RowArray
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): RowArray
  readonly name: string
  readonly BYTES_PER_ELEMENT: number
}

const ARRAYS: Readonly<Record<Dtype, RowArrayClass>> = {
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  binary: Uint8Array,
}

const IS_ARRAY: Readonly<Record<Dtype, (value: unknown) => boolean>> = {
  float32: isFloat32Array,
  float16: isUint16Array,
  bfloat16: isUint16Array,
  int8: isInt8Array,
  binary: isUint8Array,
}

export const DTYPES: readonly Dtype[] = Object.keys(ARRAYS) as Dtype[]

/** The class that holds rows of an element type. */
export function arrayOf(dtype: Dtype): RowArrayClass {
  return ARRAYS[dtype]
}

/** Whether a value is the typed array for rows of an element type. It may be of another realm. */
export function isArrayOf(dtype: Dtype, value: unknown): value is RowArray {
  return IS_ARRAY[dtype](value)
}

/**
 * The array that rows of an element type are written to when a caller passes `value` as `out`; null
 * when it is no array for this type.
 *
 * This is `value` itself. For a Float16Array it is a Uint16Array on the same memory, because
 * float16 rows are written as bit patterns. A Float16Array that is empty or detached has no memory
 * to share: for it this is a new, empty array.
 */
export function outArray(dtype: Dtype, value: unknown): RowArray | null {
  if (isArrayOf(dtype, value)) return value
  if (dtype !== 'float16' || typedArrayClass(value) !== 'Float16Array') return null
  const array = value as HalfArray
  const length = lengthOf(array)
  return length === 0 ? new Uint16Array() : new Uint16Array(bufferOf(array), byteOffsetOf(array), length)
}

/**
 * The width of a row of `dim` dimensions: how many elements of its typed array it takes. Only a
 * 'binary' row has fewer elements than dimensions.
 */
export function widthOf(dtype: Dtype, dim: number): number {
  return dtype === 'binary' ? Math.ceil(dim / 8) : dim
}

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

/**
 * The number that an element of a row encodes. The bit patterns of 'float16' and 'bfloat16' are
 * decoded; an element of any other type is that number already ('binary': the byte).
 */
export function valueOf(dtype: Dtype, element: number): number {
  if (dtype === 'bfloat16') return floatOf(element << 16)
  if (dtype !== 'float16') return element
  const sign = (element & 0x8000) << 16
  const exponent = (element >> 10) & 0x1f
  const fraction = element & 0x3ff
  // Zero and subnormals are multiples of 2^-24. For the others the bias of the exponent changes
  // from 15 to 127; 31, for infinities and NaN, becomes 255.
  if (exponent === 0) return (sign === 0 ? fraction : -fraction) / 16_777_216
  return floatOf(sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13))
}

/**
 * The numbers that `count` elements of `data` encode, as {@link valueOf} gives them.
 *
 * @param start the index of the first element
 */
export function valuesOf(dtype: Dtype, data: RowArray, start: number, count: number): number[] {
  // A plain loop: `Array.from` of a typed array is ten times slower.
  const values = new Array<number>(count)
  const areBits = dtype === 'float16' || dtype === 'bfloat16'
  for (let i = 0; i < count; i++) {
    const element = data[start + i] ?? NaN
    values[i] = areBits ? valueOf(dtype, element) : element
  }
  return values
}

/**
 * The element of a row for a value: for half-precision types the bits of the nearest one, ties to
 * even, of the value in float32; else the value itself.
 */
export function elementOf(dtype: Dtype, value: number): number {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return value
  single[0] = value
  const pattern = bits[0] ?? 0
  const sign = (pattern >>> 16) & 0x8000
  const magnitude = pattern & 0x7fffffff
  if (dtype === 'bfloat16') {
    if (magnitude > 0x7f800000) return sign | 0x7fc0
    return (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16
  }
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // From 65,520 on, halfway between the largest float16 and the next power of two.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // The smallest normal float16 is 2^-14. Below, float16 are multiples of 2^-24.
  if (magnitude < 0x38800000) return sign | roundToEven(Math.abs(Math.fround(value)) * 16_777_216)
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

/** A number that is not negative, rounded to the nearest integer, ties to even. */
function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1
}

/** This realm's `Float16Array`; undefined before Node 24. */
export function halfArrayClass():
  (new (buffer: ArrayBufferLike, byteOffset: number, length: number) => HalfArray) | undefined {
  return (globalThis as { Float16Array?: ReturnType<typeof halfArrayClass> }).Float16Array
}

function floatOf(pattern: number): number {
  bits[0] = pattern
  return single[0] ?? NaN
}
