// The entry `model2vec-node/pgvector`: vectors in the forms that PostgreSQL with pgvector reads as
// they are: parameters of `pg`, text, and a stream for COPY. It imports neither the client nor the
// native module.
//
// The binary forms are those of pgvector 0.8 (vector_recv, halfvec_recv) and PostgreSQL 16
// (bit_recv, and "COPY", "Binary Format").

import { isFloat32Array, isUint16Array, isUint8Array } from 'node:util/types'

import { valuesOf } from '../dtype.js'
import { isModel2VecError, Model2VecError } from '../errors.js'
import { bytesOfRow } from '../matrix/views.js'
import { viewOf } from '../row-memory.js'
import { checkRow, invalid, isRecord, read } from '../options/checks.js'
import { Buffer } from '../runtime/node-globals.js'
import { assertVectorMatrix } from './vector-matrix.js'
import type { VectorMatrix } from './vector-matrix.js'

export type { Dtype, DtypeArray } from '../dtype.js'
export type { VectorMatrix } from './vector-matrix.js'

/**
 * The element types that pgvector has a column type for: `vector`, `halfvec` and PostgreSQL's own
 * `bit`.
 */
export type PgDtype = 'float32' | 'float16' | 'binary'

/** A vector alone: a row of an `EmbeddingMatrix`, of `encodeDocuments` or of `encodeQueries`. */
export type PgRow = Float32Array | Uint16Array | Uint8Array

/** The types of the columns beside the vector. */
export type PgType = 'bigint' | 'int' | 'uuid' | 'text'

/** A column beside the id and the vector: as many values as there are rows. */
export interface PgColumn {
  readonly type: PgType
  /**
   * `bigint` and `int`: numbers or bigints; `uuid` and `text`: strings, a text without U+0000 and
   * lone surrogates, which PostgreSQL can't have. null is NULL.
   */
  readonly values: readonly (string | number | bigint | null)[]
}

/** Options of {@link pgCopy}. */
export interface PgCopyOptions {
  /**
   * The type of the id column.
   * @default 'bigint'
   */
  readonly idType?: PgType | undefined
  /**
   * More columns, after the id and the vector.
   * @default none
   */
  readonly columns?: readonly PgColumn[] | undefined
}

interface Row {
  readonly dtype: PgDtype
  readonly bytes: Uint8Array
  /** Of a `bit` the bits, else the dimensions. */
  readonly dim: number
}

/**
 * A vector as a parameter of a query of `pg`, in binary: for a `vector` (float32), `halfvec`
 * (float16) or `bit` (binary) column. A row of 'float16' is read as half-precision bits, whatever
 * it holds; of a 'binary' row alone the bits are all of its bytes'.
 *
 * @param source a matrix with the `index` of the row, or the row
 * @returns a Buffer: other views on bytes `pg` sends in a form that pgvector refuses
 * @throws Model2VecError `ERR_INVALID_OPTION` for int8 and bfloat16, which pgvector has no type
 * for, and for anything else; `ERR_OUT_TOO_SMALL` when the memory was detached or made smaller
 *
 * @example
 * await client.query('INSERT INTO documents VALUES ($1, $2)', [id, pgVector(matrix, 0)])
 * await client.query('SELECT id FROM documents ORDER BY embedding <=> $1 LIMIT 10', [pgVector(query)])
 */
export function pgVector(source: VectorMatrix<PgDtype>, index: number): Uint8Array
/** A row alone. */
export function pgVector(source: PgRow): Uint8Array
export function pgVector(source: VectorMatrix<PgDtype> | PgRow, index?: number): Uint8Array {
  const row = rowOf(source, index)
  const buffer = Buffer.allocUnsafeSlow(4 + row.bytes.length)
  writeVector(buffer, 0, row)
  return buffer
}

/**
 * A vector as text, `[0.5,-1]`, or the digits of a `bit`: for clients and files that take no
 * binary. It is read back as the same bits, at several times the price of {@link pgVector}.
 *
 * @param source a matrix with the `index` of the row, which is the faster and the shorter text, or
 * the row
 * @throws Model2VecError `ERR_INVALID_OPTION` as `pgVector`
 */
export function pgText(source: VectorMatrix<PgDtype>, index: number): string
/** A row alone. */
export function pgText(source: PgRow): string
export function pgText(source: VectorMatrix<PgDtype> | PgRow, index?: number): string {
  const { dtype, bytes, dim } = rowOf(source, index)
  if (dtype === 'binary') {
    let digits = ''
    for (const byte of bytes) digits += byte.toString(2).padStart(8, '0')
    return digits.slice(0, dim)
  }
  const json = jsonOf(source, index)
  // JSON has null for what is no number, and PostgreSQL has a message of its own for NaN.
  if (json?.includes('null') === false) return json
  const elements =
    dtype === 'float32'
      ? new Float32Array(bytes.buffer, bytes.byteOffset, dim)
      : new Uint16Array(bytes.buffer, bytes.byteOffset, dim)
  return `[${valuesOf(dtype, elements, 0, dim).map(digitsOf).join(',')}]`
}

/**
 * The text of a row by `EmbeddingMatrix.json`: the shortest digits that are the same elements. Null
 * where there is no such method, or no native module, which it needs.
 */
function jsonOf(source: object, index: number | undefined): string | null {
  if (!('json' in source) || typeof source.json !== 'function') return null
  try {
    return String((source as { json(index?: number): unknown }).json(index))
  } catch (error) {
    if (isModel2VecError(error) && error.code === 'ERR_NATIVE_NOT_FOUND') return null
    throw error
  }
}

/** JavaScript's own text of −0 has no sign. */
function digitsOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

const SIGNATURE = 'PGCOPY\n\xff\r\n\0'
/** From this size on a chunk is given out. */
const CHUNK = 1 << 16

/**
 * The bytes of `COPY … FROM STDIN (FORMAT binary)`: for each row the id, the vector, and the other
 * columns, in this order. Several times faster than INSERTs.
 *
 * @param matrix vectors of 'float32', 'float16' or 'binary', for a column of `vector`, `halfvec` or
 * `bit`
 * @param ids an id per row, none of them null: numbers or bigints for `bigint` and `int`, strings
 * for `uuid` and `text`
 * @returns chunks, made as they are taken: for `pipeline`, `Readable.from`
 * @throws Model2VecError `ERR_INVALID_OPTION`: at once, and while a chunk is made for a value that
 * is not of its column's type
 *
 * @example
 * const stream = client.query(copyFrom('COPY documents (id, embedding) FROM STDIN (FORMAT binary)'))
 * await pipeline(pgCopy(matrix, ids), stream)
 */
export function pgCopy(
  matrix: VectorMatrix<PgDtype>,
  ids: readonly (string | number | bigint)[],
  options?: PgCopyOptions,
): Generator<Uint8Array, void, undefined> {
  const given = read('pgCopy', options, ['idType', 'columns'])
  checkMatrix(matrix)
  const columns: NamedColumn[] = [{ name: 'ids', type: pgType('idType', given.idType ?? 'bigint'), values: ids }]
  if (given.columns !== undefined) {
    if (!Array.isArray(given.columns)) throw invalid('columns', 'an array', given.columns)
    for (const [i, column] of (given.columns as readonly unknown[]).entries()) {
      const name = `columns[${i}]`
      if (!isRecord(column)) throw invalid(name, 'an object with `type` and `values`', column)
      const type = pgType(`${name}.type`, column.type)
      columns.push({ name: `${name}.values`, type, values: column.values as PgColumn['values'] })
    }
  }
  for (const { name, values } of columns) {
    if (!Array.isArray(values)) throw invalid(name, 'an array', values)
    if (values.length !== matrix.rows) {
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        `\`${name}\` should have ${matrix.rows} values, one per row, but got ${values.length}`,
      )
    }
  }
  return copyChunks(matrix, columns)
}

interface NamedColumn extends PgColumn {
  /** For messages. */
  readonly name: string
}

function* copyChunks(
  matrix: VectorMatrix<PgDtype>,
  columns: readonly NamedColumn[],
): Generator<Uint8Array, void, undefined> {
  const vectorBytes = matrix.data.BYTES_PER_ELEMENT * matrix.width
  let chunk = Buffer.allocUnsafeSlow(CHUNK)
  let at = chunk.write(SIGNATURE, 'latin1')
  at = chunk.writeInt32BE(0, at)
  at = chunk.writeInt32BE(0, at)
  const [id, ...others] = columns as [NamedColumn, ...NamedColumn[]]
  for (let index = 0; index < matrix.rows; index++) {
    // The field count, and for each field its length; texts are the only values of any length.
    let size = 2 + 8 + vectorBytes
    for (const { values } of columns) {
      const value = values[index]
      size += 4 + (typeof value === 'string' ? Math.max(16, 3 * value.length) : 16)
    }
    if (at + size > chunk.length) {
      yield chunk.subarray(0, at)
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK, size))
      at = 0
    }
    at = chunk.writeInt16BE(columns.length + 1, at)
    at = writeValue(chunk, at, id, index)
    at = chunk.writeInt32BE(4 + vectorBytes, at)
    at = writeVector(chunk, at, rowOf(matrix, index))
    for (const column of others) at = writeValue(chunk, at, column, index)
  }
  if (at + 2 > chunk.length) {
    yield chunk.subarray(0, at)
    chunk = Buffer.allocUnsafeSlow(2)
    at = 0
  }
  at = chunk.writeInt16BE(-1, at)
  yield chunk.subarray(0, at)
}

/** The vector's binary form at a place of a buffer; returns the place after it. */
function writeVector(buffer: Buffer, at: number, { dtype, bytes, dim }: Row): number {
  if (dtype === 'binary') buffer.writeInt32BE(dim, at)
  else buffer.writeInt32BE(dim << 16, at)
  const end = at + 4 + bytes.length
  buffer.set(bytes, at + 4)
  const elements = buffer.subarray(at + 4, end)
  if (dtype === 'float32') elements.swap32()
  if (dtype === 'float16') elements.swap16()
  return end
}

function writeValue(buffer: Buffer, at: number, { name, type, values }: NamedColumn, index: number): number {
  const value = values[index]
  const isNullable = name !== 'ids'
  if (value === null) {
    if (isNullable) return buffer.writeInt32BE(-1, at)
  } else if (type === 'text' && typeof value === 'string' && !NO_TEXT.test(value)) {
    const length = buffer.write(value, at + 4, 'utf8')
    buffer.writeInt32BE(length, at)
    return at + 4 + length
  } else if (type === 'uuid' && typeof value === 'string' && UUID.test(value)) {
    at = buffer.writeInt32BE(16, at)
    return at + buffer.write(value.replaceAll('-', ''), at, 'hex')
  } else if (type === 'int' && typeof value !== 'string' && isInteger(value, 31)) {
    return buffer.writeInt32BE(Number(value), buffer.writeInt32BE(4, at))
  } else if (type === 'bigint' && typeof value !== 'string' && isInteger(value, 63)) {
    return buffer.writeBigInt64BE(BigInt(value), buffer.writeInt32BE(8, at))
  }
  throw invalid(`${name}[${index}]`, `${EXPECTED[type]}${isNullable ? ', or null' : ''}`, value)
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
/** What UTF-8 or PostgreSQL's texts can't have: U+FFFD would be written for a lone surrogate. */
const NO_TEXT = /\0|\p{Surrogate}/u
const EXPECTED: Readonly<Record<PgType, string>> = {
  bigint: 'an integer of 64 bits, as a bigint or a safe number',
  int: 'an integer of 32 bits',
  uuid: 'a UUID with hyphens',
  text: 'a string without U+0000 and without lone surrogates',
}

function isInteger(value: number | bigint | undefined, bits: number): value is number | bigint {
  if (value === undefined) return false
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return false
  return value >= -(2 ** bits) && value < 2 ** bits
}

function pgType(name: string, value: unknown): PgType {
  if (typeof value === 'string' && Object.hasOwn(EXPECTED, value)) return value as PgType
  throw invalid(
    name,
    Object.keys(EXPECTED)
      .map((type) => `'${type}'`)
      .join(', '),
    value,
  )
}

function rowOf(source: unknown, index: number | undefined): Row {
  if (isUint8Array(source)) {
    // A view on the same bytes: of memory that was detached there is none.
    return { dtype: 'binary', bytes: viewOf('binary', source, 0, source.length) as Uint8Array, dim: 8 * source.length }
  }
  if (isFloat32Array(source) || isUint16Array(source)) {
    const dtype = isFloat32Array(source) ? 'float32' : 'float16'
    viewOf(dtype, source, 0, source.length)
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    return { dtype, bytes, dim: source.length }
  }
  checkMatrix(source)
  checkRow(source.rows, index)
  return { dtype: source.dtype, bytes: bytesOfRow(source, index), dim: source.dim }
}

function checkMatrix(source: unknown): asserts source is VectorMatrix<PgDtype> {
  const expected = 'an EmbeddingMatrix, or a row of one as a Float32Array, Uint16Array or Uint8Array'
  assertVectorMatrix('source', source, expected)
  const { dtype } = source
  if (dtype === 'float32' || dtype === 'float16' || dtype === 'binary') return
  throw invalid('dtype', "'float32', 'float16' or 'binary', which pgvector has a column type for", dtype)
}
