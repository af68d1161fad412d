// The entry `model2vec-node/arrow`: a matrix as a column of Apache Arrow, on the same memory. It
// imports neither `apache-arrow`, which the caller passes (there may be several copies of it, and
// each wants its own classes), nor the native module.

import type { Dtype } from '../dtype.js'
import { isModel2VecError, messageOf, Model2VecError } from '../errors.js'
import { invalid, isRecord } from '../options/checks.js'
import { assertVectorMatrix, isVectorMatrix } from './vector-matrix.js'
import type { VectorMatrix } from './vector-matrix.js'

export type { Dtype, DtypeArray } from '../dtype.js'
export type { VectorMatrix } from './vector-matrix.js'

/** The element types that Arrow has: 'binary' rows become lists of bytes. */
export type ArrowDtype = Exclude<Dtype, 'bfloat16'>

/** What is used of the module `apache-arrow`. */
export interface ArrowModule {
  // `never` and `any`: the classes' own types differ from version to version, and are checked where
  // they are called.
  readonly Field: new (...args: never[]) => unknown
  readonly FixedSizeList: new (...args: never[]) => unknown
  readonly Float32: new () => unknown
  readonly Float16: new () => unknown
  readonly Int8: new () => unknown
  readonly Uint8: new () => unknown
  readonly Utf8: new () => unknown
  readonly Vector: new (...args: never[]) => unknown
  readonly RecordBatch: new (...args: never[]) => unknown
  readonly makeData: (props: never) => unknown
  readonly vectorFromArray: (values: never, type?: never) => unknown
}

/** The same, with the arguments that are passed. */
interface Arrow {
  readonly Field: new (name: string, type: unknown, nullable: boolean) => unknown
  readonly FixedSizeList: new (size: number, child: unknown) => unknown
  readonly Vector: new (data: readonly unknown[]) => { readonly data: readonly unknown[]; readonly length: number }
  readonly RecordBatch: new (columns: Record<string, unknown>) => unknown
  readonly makeData: (props: object) => unknown
  readonly vectorFromArray: (values: unknown, type?: unknown) => InstanceType<Arrow['Vector']>
}

const TYPES = { float32: 'Float32', float16: 'Float16', int8: 'Int8', binary: 'Uint8' } as const

/**
 * The vectors as a column: a FixedSizeList of `width` Float32, Float16, Int8 or (for 'binary')
 * Uint8, on the matrix's own memory.
 *
 * @param arrow the module `apache-arrow`, the same copy that takes the column
 * @param matrix vectors; their memory must not change while the column is used
 * @returns Arrow's Vector of `rows` lists, without nulls
 * @throws Model2VecError `ERR_INVALID_OPTION`, also for bfloat16, which Arrow has no type for
 *
 * @example
 * const table = new arrow.Table({ embedding: fixedSizeList(arrow, await ef.encode(texts)) })
 */
export function fixedSizeList<A extends ArrowModule>(
  arrow: A,
  matrix: VectorMatrix<ArrowDtype>,
): InstanceType<A['Vector']> {
  checkArrow(arrow)
  assertVectorMatrix('matrix', matrix)
  const name = Object.hasOwn(TYPES, matrix.dtype) ? TYPES[matrix.dtype] : undefined
  if (name === undefined) {
    throw invalid('dtype', "'float32', 'float16', 'int8' or 'binary', which Arrow has a type for", matrix.dtype)
  }
  const { Field, FixedSizeList, Vector, makeData } = arrow as unknown as Arrow
  const { data, rows, width } = matrix
  const type = new arrow[name]()
  const child = makeData({ type, length: rows * width, nullCount: 0, data })
  const list = new FixedSizeList(width, new Field('item', type, true))
  return new Vector([makeData({ type: list, length: rows, nullCount: 0, child })]) as InstanceType<A['Vector']>
}

/**
 * A record batch of columns of the same length: matrices as {@link fixedSizeList} gives them,
 * arrays as Arrow reads them, and Arrow's own vectors of one chunk. Of an array, strings become
 * Utf8, numbers Float64 and bigints Int64 (so ids that are to be integers are bigints, or an
 * Int32Array or BigInt64Array); null and undefined are null.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION`
 *
 * @example
 * const batch = recordBatch(arrow, { id: ids, text: texts, embedding: await ef.encode(texts) })
 */
export function recordBatch<A extends ArrowModule>(
  arrow: A,
  columns: Readonly<Record<string, unknown>>,
): InstanceType<A['RecordBatch']> {
  checkArrow(arrow)
  if (!isRecord(columns)) throw invalid('columns', 'an object of columns', columns)
  const { RecordBatch } = arrow as unknown as Arrow
  const chunks: Record<string, unknown> = {}
  let rows: number | undefined
  for (const [name, column] of Object.entries(columns)) {
    const vector = vectorOf(arrow, name, column)
    const [chunk] = vector.data
    if (vector.data.length !== 1) throw invalid(name, 'a vector of one chunk', column)
    if (vector.length !== (rows ??= vector.length)) {
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        `\`${name}\` should have ${rows} rows, as the first column has, but got ${vector.length}`,
      )
    }
    chunks[name] = chunk
  }
  return new RecordBatch(chunks) as InstanceType<A['RecordBatch']>
}

function vectorOf(arrow: ArrowModule, name: string, column: unknown): InstanceType<Arrow['Vector']> {
  if (isVectorMatrix(column))
    return fixedSizeList(arrow, column as VectorMatrix<ArrowDtype>) as InstanceType<Arrow['Vector']>
  if (column instanceof arrow.Vector) return column as InstanceType<Arrow['Vector']>
  if (!Array.isArray(column) && !ArrayBuffer.isView(column)) {
    throw invalid(name, "an EmbeddingMatrix, an array or one of Arrow's vectors", column)
  }
  const { vectorFromArray } = arrow as unknown as Arrow
  try {
    if (!Array.isArray(column)) return vectorFromArray(column)
    // Arrow's own builders write undefined as a number or a text.
    const values = column.map((value: unknown) => value ?? null)
    // By itself Arrow makes a dictionary of strings, which few stores take.
    return kindOf(name, values) === 'string' ? vectorFromArray(values, new arrow.Utf8()) : vectorFromArray(values)
  } catch (cause) {
    if (isModel2VecError(cause)) throw cause
    const message = `\`${name}\` should be values that Arrow has a type for, but it refused them: ${messageOf(cause)}`
    throw new Model2VecError('ERR_INVALID_OPTION', message, { cause })
  }
}

/**
 * The one kind of an array's values, null where all are null.
 *
 * @throws Model2VecError `ERR_INVALID_OPTION` where there are several, and for a bigint that is no
 * Int64: Arrow would store another number
 */
function kindOf(name: string, values: readonly unknown[]): string | null {
  let kind: string | null = null
  for (const [i, value] of values.entries()) {
    if (value === null) continue
    kind ??= typeof value
    if (typeof value !== kind) throw invalid(`${name}[${i}]`, `a ${kind}, as the values before it, or null`, value)
    if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) {
      throw invalid(`${name}[${i}]`, 'an integer of 64 bits', value)
    }
  }
  return kind
}

function checkArrow(arrow: unknown): void {
  if (typeof arrow !== 'object' || arrow === null || !('makeData' in arrow)) {
    throw invalid('arrow', 'the module `apache-arrow`', arrow)
  }
}
