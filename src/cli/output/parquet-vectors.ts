// The vectors' column in Parquet. Its pages are the rows' own bytes with a header: hyparquet-writer
// would make an array of JavaScript numbers for each row, which takes twenty times as long.
//
// - float32: a list of FLOAT
// - float16: a list of FLOAT16
// - bfloat16, for which Parquet has no type: the bytes of a row
// - int8: a list of INT_8. Parquet stores that as four bytes, or as the index in a dictionary. Ours
//   has all 256 values in the order of their bytes, so that the indices are the rows' bytes
// - binary: the bytes of a row
//
// Milvus wants all but float32 and int8 as lists of UINT_8, the bytes of a row.
//
// Lists and elements are required: the levels of a row are always the same.

import type { ColumnMetaData, SchemaElement } from 'hyparquet'

import type { EmbeddingMatrix } from '../../matrix/embedding-matrix.js'
import { arrayOf } from '../../dtype.js'
import type { Dtype } from '../../dtype.js'
import { bytesOfRows } from './format.js'
import type { VectorColumn } from './format.js'

// Of the format's Thrift definitions (parquet.thrift).
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const PLAIN = 0
const RLE = 3
const RLE_DICTIONARY = 8

/** How rows are stored: lists of elements, or values of their own. */
interface Storage {
  readonly element: Omit<SchemaElement, 'name'> & { readonly type: ColumnMetaData['type'] }
  /** How many elements the list of a row has; null = a row is no list. */
  readonly elements: number | null
}

function storageOf({ dtype, width, isForMilvus }: VectorColumn): Storage {
  const rowBytes = width * arrayOf(dtype).BYTES_PER_ELEMENT
  switch (dtype) {
    case 'float32':
      return { element: { type: 'FLOAT' }, elements: width }
    case 'int8':
      return { element: { type: 'INT32', converted_type: 'INT_8' }, elements: width }
    default:
  }
  if (isForMilvus) return { element: { type: 'INT32', converted_type: 'UINT_8' }, elements: rowBytes }
  if (dtype !== 'float16') return { element: { type: 'FIXED_LEN_BYTE_ARRAY', type_length: rowBytes }, elements: null }
  const half = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } } as const
  return { element: half, elements: width }
}

export function vectorSchema(vector: VectorColumn): SchemaElement[] {
  const { element, elements } = storageOf(vector)
  const leaf: SchemaElement = {
    name: elements === null ? vector.name : 'element',
    repetition_type: 'REQUIRED',
    ...element,
  }
  if (elements === null) return [leaf]
  return [
    { name: vector.name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    leaf,
  ]
}

/** The pages of one column chunk. */
export class VectorChunk {
  readonly #vector: VectorColumn
  readonly #storage: Storage
  readonly #start: number
  #bytes = 0
  #values = 0
  #firstPage: number

  /** @param start where in the file it starts */
  constructor(vector: VectorColumn, start: number) {
    this.#vector = vector
    this.#storage = storageOf(vector)
    this.#start = start
    this.#firstPage = start
  }

  /** What is to be written for more rows, in order. */
  page(matrix: EmbeddingMatrix<Dtype>): Uint8Array[] {
    const { element, elements } = this.#storage
    const isIndexed = element.type === 'INT32'
    const parts = isIndexed && this.#bytes === 0 ? dictionaryPage(element.converted_type === 'INT_8') : []
    this.#firstPage += lengthOf(parts)
    const count = matrix.rows * (elements ?? 1)
    const levels = elements === null ? [] : levelsOf(matrix.rows, elements)
    const values = isIndexed ? indices(bytesOfRows(matrix)) : [bytesOfRows(matrix)]
    const length = lengthOf(levels) + lengthOf(values)
    const header = pageHeader(DATA_PAGE, length, 5, [count, isIndexed ? RLE_DICTIONARY : PLAIN, RLE, RLE])
    parts.push(Buffer.concat([header, ...levels]), ...values)
    this.#bytes += lengthOf(parts)
    this.#values += count
    return parts
  }

  /** For the file's footer. */
  metadata(): ColumnMetaData {
    const { element, elements } = this.#storage
    const { name } = this.#vector
    const isIndexed = element.type === 'INT32'
    return {
      type: element.type,
      encodings: isIndexed ? ['PLAIN', 'RLE', 'RLE_DICTIONARY'] : ['PLAIN', 'RLE'],
      path_in_schema: elements === null ? [name] : [name, 'list', 'element'],
      codec: 'UNCOMPRESSED',
      num_values: BigInt(this.#values),
      total_compressed_size: BigInt(this.#bytes),
      total_uncompressed_size: BigInt(this.#bytes),
      data_page_offset: BigInt(this.#firstPage),
      ...(isIndexed && { dictionary_page_offset: BigInt(this.#start) }),
    }
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

/**
 * Repetition levels, a 0 and then a 1 for each further element, and definition levels, all 1: runs
 * with their lengths.
 */
function levelsOf(rows: number, width: number): Buffer[] {
  const row = width === 1 ? run(1, 0) : Buffer.concat([run(1, 0), run(width - 1, 1)])
  const repetition = Buffer.alloc(rows * row.length, row)
  const definition = run(rows * width, 1)
  return [repetition, definition].flatMap((levels) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(levels.length)
    return [length, levels]
  })
}

/** A value of one bit, `count` times. */
function run(count: number, value: 0 | 1): Buffer {
  return Buffer.from([...varint(2 * count), value])
}

/** Indices of eight bits: their width, and one run of packed groups of eight. */
function indices(bytes: Uint8Array): Uint8Array[] {
  const groups = Math.ceil(bytes.length / 8)
  const start = Buffer.from([8, ...varint(2 * groups + 1)])
  return [start, bytes, new Uint8Array(8 * groups - bytes.length)]
}

/** All values of a byte, in the order of their bits. */
function dictionaryPage(isSigned: boolean): Uint8Array[] {
  const values = Buffer.alloc(4 * 256)
  for (let byte = 0; byte < 256; byte++) values.writeInt32LE(isSigned ? (byte << 24) >> 24 : byte, 4 * byte)
  return [pageHeader(DICTIONARY_PAGE, values.length, 7, [256, PLAIN]), values]
}

/**
 * A PageHeader in Thrift's compact protocol: the type, the length twice, as nothing is compressed,
 * and in field `field` a struct of the numbers.
 */
function pageHeader(type: number, length: number, field: number, numbers: readonly number[]): Buffer {
  // Before each number its type, i32, and by how much its field is after the one before.
  const i32 = (value: number): number[] => [0x15, ...varint(2 * value)]
  const fields = [type, length, length].flatMap(i32)
  return Buffer.from([...fields, ((field - 3) << 4) | 0x0c, ...numbers.flatMap(i32), 0, 0])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return bytes
}
