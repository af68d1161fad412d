// The rows of an Arrow file or stream, a record batch at a time.

import type { FileHandle } from 'node:fs/promises'

import type { Data, DataType, RecordBatch, Schema } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'
import type { ColumnData, ColumnValue } from '../column.js'
import { utf8Slice } from '../column-values.js'
import { FileError, messageOf } from '../file-error.js'
import type { WantedField } from './arrow-schema.js'
import { holds } from './arrow-lengths.js'
import { arrowTexts } from './arrow-texts.js'
import { arrowType, isText } from './arrow-types.js'
import { namesInput } from './bad-rows.js'
import type { ByteCount } from './bytes.js'
import { checkedStrings } from './column-format.js'
import type { ColumnFile, ColumnRun } from './column-format.js'

export interface ArrowSource {
  readonly input: FileHandle | AsyncIterable<Uint8Array>
  /** The bytes of a file; null = they are counted as they are read. */
  readonly size: number | null
  readonly close: () => Promise<void>
}

/** What reads record batches. */
export interface BatchReader {
  readonly schema: Schema
  readonly numRecordBatches: number
  next(): IteratorResult<RecordBatch> | Promise<IteratorResult<RecordBatch>>
}

/** Errors of the library name the input. */
export async function named<T>(name: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (namesInput(error)) throw error
    throw new FileError(`${name}: can't read its ${what}: ${messageOf(error)}`, { cause: error })
  }
}

export class ArrowFile implements ColumnFile {
  readonly #library: Arrow
  readonly #name: string
  readonly #source: ArrowSource
  readonly #reader: BatchReader
  readonly #columns: readonly WantedField[]
  /** Rows that are to be skipped first. */
  #skip: number
  readonly #read: ByteCount
  #batches = 0
  #counted = 0

  constructor(
    library: Arrow,
    name: string,
    source: ArrowSource,
    reader: BatchReader,
    columns: readonly WantedField[],
    from: number,
    read: ByteCount,
  ) {
    this.#library = library
    this.#name = name
    this.#source = source
    this.#reader = reader
    this.#columns = columns
    this.#skip = from
    this.#read = read
  }

  async next(): Promise<ColumnRun | null> {
    for (;;) {
      const part = `record batch ${this.#batches + 1}`
      const next = await named(this.#name, part, async () => this.#reader.next())
      if (next.done === true) return null
      const { value: batch } = next
      this.#batches++
      this.#count()
      const { numRows } = batch
      if (numRows <= this.#skip) {
        this.#skip -= numRows
        continue
      }
      const from = this.#skip
      this.#skip = 0
      return await named(this.#name, part, () => Promise.resolve(this.#runOf(batch, from)))
    }
  }

  async close(): Promise<void> {
    await this.#source.close()
  }

  #runOf(batch: RecordBatch, from: number): ColumnRun {
    const texts = []
    const kept: ColumnData[] = []
    let id: ColumnData | null = null
    const { numRows } = batch
    for (const column of this.#columns) {
      const { leaf, nulls } = dataAt(this.#library, batch.data, column.path, column.name)
      if (column.kind === 'text') {
        texts.push(utf8Slice(arrowTexts(this.#library, leaf, nulls), from, numRows))
      } else {
        const data = columnData(this.#library, column, leaf, nulls, from, numRows)
        if (column.kind === 'id') id = data
        else kept.push(data)
      }
    }
    return { count: numRows - from, texts, id, kept }
  }

  /** Counts the bytes of a file as read: in equal parts, as all batches but the last are alike. */
  #count(): void {
    const { size } = this.#source
    if (size === null) return
    const counted = Math.round(size * Math.min(1, this.#batches / Math.max(1, this.#reader.numRecordBatches)))
    this.#read.bytes += counted - this.#counted
    this.#counted = counted
  }
}

/** What is at a path, and for each row 1 where it, or a struct that it is in, is null. */
function dataAt(
  library: Arrow,
  root: Data,
  path: readonly number[],
  name: string,
): { readonly leaf: Data; readonly nulls: Uint8Array | null } {
  const [outer = -1] = path
  // Before anything is made for each of the rows.
  if (!holds(library, root.children[outer], root.length)) {
    throw new Error(`the column ${JSON.stringify(name)} has too few values`)
  }
  let leaf = root
  let nulls: Uint8Array | null = null
  for (const index of path) {
    const child = leaf.children[index]
    if (child === undefined) throw new Error('a column is missing')
    leaf = child
    if (leaf.nullCount === 0) continue
    nulls ??= new Uint8Array(root.length)
    for (let row = 0; row < root.length; row++) if (!leaf.getValid(row)) nulls[row] = 1
  }
  return { leaf, nulls }
}

function columnData(
  library: Arrow,
  { name, field, isNullable }: WantedField,
  leaf: Data,
  nulls: Uint8Array | null,
  from: number,
  to: number,
): ColumnData {
  const found = arrowType(library, field)
  if (found === null) throw new Error('expected a type that is known')
  const { valueAt, ...type } = found
  const column = { name, isNullable, ...type }
  if (type.type === 'string' && isText(library, field.type as DataType)) {
    return { column, values: checkedStrings(utf8Slice(arrowTexts(library, leaf, nulls), from, to)) }
  }
  const values = Array.from({ length: to - from }, (_, i): ColumnValue | null =>
    nulls?.[from + i] === 1 ? null : valueAt(leaf, from + i),
  )
  return { column, values }
}
