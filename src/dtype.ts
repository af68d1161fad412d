// The element types of results and of tables, and the typed array that holds the rows of each.

import { isFloat32Array, isInt8Array, isUint16Array, isUint8Array } from 'node:util/types'

import { bufferOf, byteOffsetOf, lengthOf, typedArrayClass } from './runtime/typed-array.js'

/**
 * The element type of a result, made from the float32 vector whatever the table's type. numpy and ml_dtypes give the same bits.
 *
 * - `'float32'`: the vector itself
 * - `'float16'`: rounded to nearest, ties to even: for a float16 table what Python gives. Python: `astype(numpy.float16)`
 * - `'bfloat16'`: rounded likewise. Python: `astype(ml_dtypes.bfloat16)`
 * - `'int8'`: 127 · clamp(x, −1, 1), rounded to nearest, ties to even; for vectors of length 1 only. NaN is 0. Python:
 *   `numpy.rint(127 * numpy.clip(x, -1, 1)).astype(numpy.int8)`
 * - `'binary'`: a bit per dimension, x > 0, the first in the highest bit; the last byte is filled up with zeros. Python:
 *   `numpy.packbits(x > 0, axis=-1)`
 */
export type Dtype = 'float32' | 'float16' | 'bfloat16' | 'int8' | 'binary'

/** The element type of a table; see {@link LoadOptions.quantizeTo}. */
export type TableDtype = 'float64' | 'float32' | 'float16' | 'int8'

/** The typed array that holds rows of an element type: half-precision ones as their bits, binary ones as bytes of eight. */
export type DtypeArray<D extends Dtype> = {
  float32: Float32Array
  float16: Uint16Array
  bfloat16: Uint16Array
  int8: Int8Array
  binary: Uint8Array
}[D]

/**
 * {@link DtypeArray} on memory that was made for the result: an ArrayBuffer. From TypeScript 5.7 on that is `Float32Array<ArrayBuffer>` and
 * so on; earlier ones have no such type.
 */
export type FreshArray<D extends Dtype> = {
  float32: ReturnType<Float32Array['slice']>
  float16: ReturnType<Uint16Array['slice']>
  bfloat16: ReturnType<Uint16Array['slice']>
  int8: ReturnType<Int8Array['slice']>
  binary: ReturnType<Uint8Array['slice']>
}[D]

/** A `Float16Array`, which Node has from 24 on and not every TypeScript knows. */
export interface HalfArray {
  readonly [Symbol.toStringTag]: 'Float16Array'
  readonly BYTES_PER_ELEMENT: number
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly length: number
}

/** Token ids or their counts, on an ArrayBuffer of their own. */
export type TokenArray = ReturnType<Uint32Array['slice']>

/**
 * Node's `Buffer` where its types are there, else the Uint8Array that it is: for the bytes of an array, on the same memory.
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

/** Any of them. */
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

/** Whether a value is a typed array for rows of an element type, of any realm. */
export function isArrayOf(dtype: Dtype, value: unknown): value is RowArray {
  return IS_ARRAY[dtype](value)
}

/**
 * What rows of an element type are written to for an `out`: itself, or the bits of a Float16Array; null when it is another thing. A
 * Float16Array without memory (detached) has no bits.
 */
export function outArray(dtype: Dtype, value: unknown): RowArray | null {
  if (isArrayOf(dtype, value)) return value
  if (dtype !== 'float16' || typedArrayClass(value) !== 'Float16Array') return null
  const array = value as HalfArray
  const length = lengthOf(array)
  return length === 0 ? new Uint16Array() : new Uint16Array(bufferOf(array), byteOffsetOf(array), length)
}

/** Elements of a typed array that a row of `dim` dimensions takes. */
export function widthOf(dtype: Dtype, dim: number): number {
  return dtype === 'binary' ? Math.ceil(dim / 8) : dim
}

const single = new Float32Array(1)
const bits = new Uint32Array(single.buffer)

/** The value of an element of a row: that of half-precision bits, else the element itself. */
export function valueOf(dtype: Dtype, element: number): number {
  if (dtype === 'bfloat16') return floatOf(element << 16)
  if (dtype !== 'float16') return element
  const sign = (element & 0x8000) << 16
  const exponent = (element >> 10) & 0x1f
  const fraction = element & 0x3ff
  // Zero and subnormals are multiples of 2^-24.
  if (exponent === 0) return (sign === 0 ? fraction : -fraction) / 16_777_216
  return floatOf(sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13))
}

/**
 * The values of elements of a typed array.
 *
 * @param start the first of `count` elements of `data`
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
 * The element of a row for a value: for half-precision types the bits of the nearest one, ties to even, of the value in float32; else the
 * value itself.
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
