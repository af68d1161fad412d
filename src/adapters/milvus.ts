// The entry `model2vec-node/milvus`: vectors in the forms that Milvus's Node SDK,
// `@zilliz/milvus2-sdk-node` 3, sends unharmed. It imports neither the SDK nor the native module.

import { isFloat32Array, isInt8Array, isUint16Array, isUint8Array } from 'node:util/types'

import { valuesOf } from '../dtype.js'
import type { Dtype, DtypeArray, RowArray } from '../dtype.js'
import { describe } from '../errors.js'
import { boolean, invalid, isRecord, read, text } from '../options/checks.js'
import { assertVectorMatrix } from './vector-matrix.js'
import type { VectorMatrix } from './vector-matrix.js'

export type { Dtype, DtypeArray } from '../dtype.js'
export type { VectorMatrix } from './vector-matrix.js'

/** The type of the Milvus field that holds vectors of an element type. */
export type MilvusType<D extends Dtype> = {
  float32: 'FloatVector'
  float16: 'Float16Vector'
  bfloat16: 'BFloat16Vector'
  int8: 'Int8Vector'
  binary: 'BinaryVector'
}[D]

/** A vector as the SDK takes it, in inserts, upserts and searches alike. */
export type MilvusVector<D extends Dtype> = {
  float32: number[]
  float16: Uint8Array
  bfloat16: Uint8Array
  int8: Int8Array
  binary: number[]
}[D]

/** A field of a collection's schema, for the SDK's `createCollection`. */
export interface MilvusField<D extends Dtype> {
  readonly name: string
  readonly data_type: MilvusType<D>
  /** Dimensions of a vector; of a BinaryVector the bits, with those that fill the last byte. */
  readonly dim: number
}

/** Options of {@link milvusRows}. */
export interface MilvusRowsOptions<F extends string = 'vector'> {
  /**
   * The name of the vector field.
   * @default 'vector'
   */
  readonly field?: F | undefined
  /**
   * Whether the collection has `enable_dynamic_field`. The SDK copies rows of such a collection
   * through JSON, which typed arrays don't survive: the vectors become plain numbers, which arrive
   * as the same bits, at the SDK's price for them.
   * @default false
   */
  readonly dynamic?: boolean | undefined
}

/** Options of {@link milvusBulkRows}. */
export interface MilvusBulkRowsOptions<F extends string = 'vector'> {
  /**
   * The name of the vector field.
   * @default 'vector'
   */
  readonly field?: F | undefined
  /**
   * The format of the writer.
   * @default 'json', the writer's own
   */
  readonly format?: 'json' | 'parquet' | undefined
}

const TYPES: { readonly [D in Dtype]: MilvusType<D> } = {
  float32: 'FloatVector',
  float16: 'Float16Vector',
  bfloat16: 'BFloat16Vector',
  int8: 'Int8Vector',
  binary: 'BinaryVector',
}

/**
 * The vector field for a collection's schema.
 *
 * Its metric is 'COSINE', 'IP' or 'L2', and 'HAMMING' or 'JACCARD' for a BinaryVector.
 *
 * @param name the field's name
 * @param format an `EmbeddingMatrix` that goes into it, or what one will be, as
 * `{ dim: ef.dim, dtype: 'float16' }`
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export function milvusField<D extends Dtype>(
  name: string,
  format: { readonly dim: number; readonly dtype: D },
): MilvusField<D> {
  text('name', name)
  if (!isRecord(format)) throw invalid('format', 'an EmbeddingMatrix or an object with `dim` and `dtype`', format)
  const { dim, dtype } = format
  if (!Number.isSafeInteger(dim) || dim < 1) throw invalid('dim', 'an integer ≥ 1', dim)
  // A Milvus server takes whole bytes only.
  return { name, data_type: typeOf(dtype), dim: dtype === 'binary' ? Math.ceil(dim / 8) * 8 : dim }
}

/**
 * One row as the SDK takes it, in inserts, upserts and searches alike, whether the field is
 * nullable or not:
 *
 * - float32 (Float32Array): a number[]. The SDK makes a Float32Array in a nullable field one NaN.
 * - float16, bfloat16 (Uint16Array of bits): their bytes as a view, which the SDK sends as they are. It rounds bfloat16 numbers
 *   towards zero, and sends a Float32Array that is searched for as garbage.
 * - int8 (Int8Array): a copy. The SDK inserts the whole memory that a view is on.
 * - binary (Uint8Array): a number[] of bytes. The SDK makes Uint8Arrays in a nullable field zeros.
 *
 * A view is read when the SDK sends it: the memory must not change before the insert is over.
 *
 * @param row a row of `encodeDocuments`, `encodeQueries` or an `EmbeddingMatrix`
 * @throws Model2VecError `ERR_INVALID_OPTION` for anything else
 */
export function milvusVector(row: Float32Array | Uint8Array): number[]
export function milvusVector(row: Uint16Array): Uint8Array
export function milvusVector(row: Int8Array): Int8Array
export function milvusVector(row: RowArray): MilvusVector<Dtype>
export function milvusVector(row: RowArray): MilvusVector<Dtype> {
  if (isFloat32Array(row) || isUint8Array(row)) return valuesOf('float32', row, 0, row.length)
  if (isInt8Array(row)) return row.slice()
  if (isUint16Array(row)) return new Uint8Array(row.buffer, row.byteOffset, row.byteLength)
  throw invalid('row', 'a Float32Array, Uint16Array, Int8Array or Uint8Array', row)
}

/**
 * All vectors as {@link milvusVector} gives them: the `data` of a search for several queries.
 *
 * @param vectors an `EmbeddingMatrix`, or rows of `encodeDocuments` or `encodeQueries`
 * @throws Model2VecError `ERR_INVALID_OPTION`
 */
export function milvusVectors<D extends Dtype>(vectors: VectorMatrix<D> | readonly DtypeArray<D>[]): MilvusVector<D>[] {
  return vectorsOf(vectors, false) as MilvusVector<D>[]
}

/**
 * The rows of an insert or upsert: each item with its vector. Made at once, on this thread: 10,000
 * vectors of 256 dimensions take a few milliseconds; a Milvus server takes 64 MB per request.
 *
 * @param vectors an `EmbeddingMatrix`, or rows of `encodeDocuments`
 * @param items the other fields of each row, as many as there are vectors; a field of the vector's name is replaced. Default
 *   none, for a collection with `autoID`
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const vectors = await ef.encode(documents.map(({ text }) => text), { dtype: 'float16' })
 * await client.insert({ collection_name: 'documents', data: milvusRows(vectors, documents) })
 */
export function milvusRows<D extends Dtype, T extends object = object, F extends string = 'vector'>(
  vectors: VectorMatrix<D> | readonly DtypeArray<D>[],
  items?: readonly T[],
  options?: MilvusRowsOptions<F> & { readonly dynamic?: false | undefined },
): (Omit<T, F> & Record<F, MilvusVector<D>>)[]
export function milvusRows<D extends Dtype, T extends object = object, F extends string = 'vector'>(
  vectors: VectorMatrix<D> | readonly DtypeArray<D>[],
  items?: readonly T[],
  options?: MilvusRowsOptions<F>,
): (Omit<T, F> & Record<F, MilvusVector<D> | number[]>)[]
export function milvusRows(
  vectors: VectorMatrix<Dtype> | readonly RowArray[],
  items?: readonly object[],
  options?: MilvusRowsOptions<string>,
): object[] {
  const given = read('milvusRows', options, ['field', 'dynamic'])
  const dynamic = boolean('dynamic', given.dynamic) ?? false
  return rowsWithItems(vectors, items, given.field, dynamic)
}

/**
 * The rows for the SDK's `BulkWriter`, one `append` each: it writes files of JSON or Parquet, which
 * `bulkInsert` imports.
 *
 * In files of JSON vectors are numbers, of 'binary' the bytes; the sign of a −0 is lost. The writer
 * takes the bytes of float16 and bfloat16 vectors too, but writes them as twice as many numbers,
 * which a server refuses. In files of Parquet they are the bytes.
 *
 * The writer keeps a row until it has written it: the memory of the vectors must not change before.
 *
 * @param vectors an `EmbeddingMatrix`, or rows of `encodeDocuments`; rows that are bits, of float16
 * or bfloat16, for Parquet only
 * @param items the other fields of each row, as in {@link milvusRows}
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const writer = new BulkWriter({ schema: { fields }, format: 'parquet', localPath: 'bulk' })
 * for (const row of milvusBulkRows(vectors, documents, { format: 'parquet' })) await writer.append(row)
 * const files = await writer.close()
 */
export function milvusBulkRows<D extends Dtype, T extends object = object, F extends string = 'vector'>(
  vectors: VectorMatrix<D> | readonly DtypeArray<D>[],
  items?: readonly T[],
  options?: MilvusBulkRowsOptions<F>,
): (Omit<T, F> & Record<F, MilvusVector<D> | number[]>)[]
export function milvusBulkRows(
  vectors: VectorMatrix<Dtype> | readonly RowArray[],
  items?: readonly object[],
  options?: MilvusBulkRowsOptions<string>,
): object[] {
  const given = read('milvusBulkRows', options, ['field', 'format'])
  const { format = 'json' } = given
  if (format !== 'json' && format !== 'parquet') throw invalid('format', "'json' or 'parquet'", format)
  return rowsWithItems(vectors, items, given.field, format === 'json')
}

/** @param asNumbers whether vectors are numbers, for JSON */
function rowsWithItems(
  vectors: VectorMatrix<Dtype> | readonly RowArray[],
  items: readonly object[] | undefined,
  fieldName: unknown,
  asNumbers: boolean,
): object[] {
  const field = text('field', fieldName) ?? 'vector'
  if (items !== undefined && !(Array.isArray as (value: unknown) => boolean)(items))
    throw invalid('items', 'an array', items)
  const values = vectorsOf(vectors, asNumbers)
  if (items !== undefined && items.length !== values.length) {
    throw invalid('items.length', `${values.length}, one item per vector`, items.length)
  }
  return values.map((vector, index) => ({ ...itemAt(items, index), [field]: vector }))
}

function itemAt(items: readonly object[] | undefined, index: number): object | undefined {
  const item = items?.[index]
  if (items === undefined || isRecord(item)) return item
  throw invalid(`items[${index}]`, "an object with the row's other fields", item)
}

function vectorsOf(vectors: VectorMatrix<Dtype> | readonly RowArray[], asNumbers: boolean): MilvusVector<Dtype>[] {
  return isRows(vectors) ? rowsOf(vectors, asNumbers) : matrixOf(vectors, asNumbers)
}

function isRows(vectors: VectorMatrix<Dtype> | readonly RowArray[]): vectors is readonly RowArray[] {
  return Array.isArray(vectors)
}

function rowsOf(rows: readonly RowArray[], asNumbers: boolean): MilvusVector<Dtype>[] {
  const first = rows[0]
  return rows.map((row, index) => {
    const name = `vectors[${index}]`
    if (!ArrayBuffer.isView(row)) throw invalid(name, 'a typed array', row)
    if (row.length === 0) throw invalid(`${name}.length`, 'at least 1', 0)
    if (row.constructor !== first?.constructor) throw invalid(name, `${describe(first)} as the first`, row)
    if (row.length !== first.length) throw invalid(`${name}.length`, `${first.length} as the first`, row.length)
    if (!asNumbers) return milvusVector(row)
    if (isUint16Array(row)) {
      throw invalid(
        'vectors',
        'an EmbeddingMatrix where the vectors become numbers, as its `dtype` says what the bits mean',
        rows,
      )
    }
    return finite(valuesOf('float32', row, 0, row.length), index)
  })
}

function matrixOf(matrix: unknown, asNumbers: boolean): MilvusVector<Dtype>[] {
  assertVectorMatrix('vectors', matrix, 'an EmbeddingMatrix or an array of its rows')
  const { data, rows, width, dtype } = matrix
  return Array.from({ length: rows }, (_, index) => {
    const start = index * width
    return asNumbers
      ? finite(valuesOf(dtype, data, start, width), index)
      : dtype === 'float32' || dtype === 'binary'
        ? valuesOf(dtype, data, start, width)
        : milvusVector(data.subarray(start, start + width))
  })
}

/** JSON makes NaN and infinities null, which Milvus would take for 0. */
function finite(values: number[], index: number): number[] {
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw invalid(`vectors[${index}][${bad}]`, 'a finite number, as JSON has no other', values[bad])
  return values
}

function typeOf<D extends Dtype>(dtype: D): MilvusType<D> {
  if (!Object.hasOwn(TYPES, dtype)) {
    const names = Object.keys(TYPES).map((name) => `'${name}'`)
    throw invalid('dtype', `one of ${names.join(', ')}`, dtype)
  }
  return TYPES[dtype]
}
