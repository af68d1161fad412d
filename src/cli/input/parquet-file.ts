// The rows of a Parquet file, in runs that lie in one page of each column.

import type { DecodedArray, FileMetaData, RowGroup } from 'hyparquet'

import type { ColumnData, ColumnValue, ColumnValues, Utf8Values } from '../column.js'
import { partOf, utf8Values } from '../column-values.js'
import { FileError, messageOf } from '../file-error.js'
import { namesInput } from './bad-rows.js'
import type { ByteCount } from './bytes.js'
import { checkedStrings } from './column-format.js'
import type { ColumnFile, ColumnRun } from './column-format.js'
import { chunkOf } from './parquet-chunks.js'
import { nestedValues } from './parquet-nested.js'
import type { NestedReading } from './parquet-nested.js'
import { ColumnPages } from './parquet-pages.js'
import type { PageDecoder, PageReading } from './parquet-pages.js'
import type { WantedLeaf } from './parquet-schema.js'
import { isText, parquetType, readAs, rowValues } from './parquet-types.js'
import type { RandomAccess } from './random-access.js'

/** What columns are read with. */
export interface ParquetReading extends PageReading, NestedReading {
  readonly parsers: PageDecoder['parsers']
}

/** An error about a part of a file. */
export function broken(path: string, where: string, error: unknown): unknown {
  if (namesInput(error)) return error
  return new FileError(`${path}: broken ${where}: ${messageOf(error)}`, { cause: error })
}

/** Gives the next page of a column: {@link ColumnPages.next}. */
type Pages = (skip: number, isText: boolean) => Promise<DecodedArray | Utf8Values | number>

/** A column, and the part of its page that was not given out. */
interface ColumnState {
  readonly column: WantedLeaf
  pages: Pages | null
  page: ColumnValues | null
  at: number
  left: number
  /** Rows of its row group that are to be skipped. */
  skip: number
}

export class ParquetFile implements ColumnFile {
  readonly #file: RandomAccess
  readonly #reading: ParquetReading
  readonly #metadata: FileMetaData
  readonly #states: readonly ColumnState[]
  readonly #read: ByteCount
  /** The bytes of this file that were counted as read. */
  #counted: number
  /** The row group that comes next, and the rows that are left of the one before. */
  #group = 0
  #left = 0
  /** Rows that are to be skipped first. */
  #skip: number
  #row = 0

  constructor(
    file: RandomAccess,
    reading: ParquetReading,
    metadata: FileMetaData,
    columns: readonly WantedLeaf[],
    from: number,
    read: ByteCount,
    isPart: boolean,
  ) {
    this.#file = file
    this.#reading = reading
    this.#metadata = metadata
    this.#states = columns.map((column) => ({ column, pages: null, page: null, at: 0, left: 0, skip: 0 }))
    this.#skip = from
    this.#read = read
    // Of a part, the rows before it are not counted.
    this.#counted = isPart ? this.#bytesOf(from) : 0
  }

  async next(): Promise<ColumnRun | null> {
    while (this.#left === 0) if (!this.#openGroup()) return null
    for (const state of this.#states) if (state.left === 0) await this.#nextPage(state)
    const count = Math.min(...this.#states.map(({ left }) => left))
    this.#count(count)
    const texts: Utf8Values[] = []
    const kept: ColumnData[] = []
    let id: ColumnData | null = null
    for (const state of this.#states) {
      const { column, page, at } = state
      state.at += count
      state.left -= count
      if (page === null) continue
      const values = partOf(page, at, at + count)
      if (column.kind === 'text') texts.push(values as Utf8Values)
      else if (column.kind === 'id') id = columnData(column, values)
      else kept.push(columnData(column, values))
    }
    this.#left -= count
    return { count, texts, id, kept }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** Opens the next row group that has wanted rows. @returns whether there is one */
  #openGroup(): boolean {
    for (;;) {
      const group = this.#metadata.row_groups[this.#group++]
      if (group === undefined) return false
      const rows = Number(group.num_rows)
      if (rows <= this.#skip) {
        this.#count(rows)
        this.#skip -= rows
        continue
      }
      this.#left = rows - this.#skip
      this.#count(this.#skip)
      for (const state of this.#states) {
        state.pages = this.#pagesOf(state.column, group)
        state.skip = this.#skip
        state.left = 0
      }
      this.#skip = 0
      return true
    }
  }

  #pagesOf({ leaf, path }: WantedLeaf, group: RowGroup): Pages {
    if (leaf.children.length > 0) {
      return () => nestedValues(this.#file, this.#reading, this.#metadata, group, path)
    }
    const meta = chunkOf(group, leaf)
    const decoder: PageDecoder = {
      pathInSchema: meta.path_in_schema,
      type: meta.type,
      element: readAs(leaf.element),
      schemaPath: [...path],
      codec: meta.codec,
      parsers: this.#reading.parsers,
      compressors: this.#reading.compressors,
    }
    const pages = new ColumnPages(this.#file, this.#reading, decoder, meta, Number(group.num_rows))
    return (skip, isText) => pages.next(skip, isText)
  }

  /** Reads the next page of a column, of which the first rows may have to be skipped. */
  async #nextPage(state: ColumnState): Promise<void> {
    const { column, pages } = state
    try {
      for (;;) {
        const page = await pages?.(state.skip, isOfStrings(column))
        if (page === undefined) throw new Error('no row group is open')
        const count = typeof page === 'number' ? page : 'offsets' in page ? page.offsets.length - 1 : page.length
        if (typeof page === 'number' || count <= state.skip) {
          state.skip -= count
          continue
        }
        state.page = pageOf(column, 'offsets' in page ? page : rowValues(page, optionalGroups(column)))
        state.at = state.skip
        state.left = count - state.skip
        state.skip = 0
        return
      }
    } catch (error) {
      throw broken(this.#file.path, `column ${JSON.stringify(column.name)} in row group ${this.#group}`, error)
    }
  }

  /** Counts rows as read. Of the file only the wanted columns are. */
  #count(rows: number): void {
    this.#row += rows
    const counted = this.#bytesOf(this.#row)
    this.#read.bytes += counted - this.#counted
    this.#counted = counted
  }

  /** The share of the file that the first rows are. */
  #bytesOf(rows: number): number {
    const all = Number(this.#metadata.num_rows)
    return all === 0 ? this.#file.size : Math.round((this.#file.size * rows) / all)
  }
}

/** How many optional groups a column is in. */
function optionalGroups({ path }: WantedLeaf): number {
  return path.slice(1, -1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length
}

/** Whether its values are strings, which stay bytes. */
function isOfStrings({ kind, leaf }: WantedLeaf): boolean {
  return isText(leaf) && (kind !== 'kept' || parquetType(leaf)?.type === 'string')
}

function pageOf(column: WantedLeaf, page: Utf8Values | readonly unknown[]): ColumnValues {
  if (isOfStrings(column)) {
    const strings = 'offsets' in page ? page : utf8Values(page as readonly (Uint8Array | null)[])
    // The native module looks at those of texts itself, and says which row has others.
    return column.kind === 'text' ? strings : checkedStrings(strings)
  }
  const convert = parquetType(column.leaf)?.convert ?? null
  const found = page as readonly unknown[]
  const values = new Array<ColumnValue | null>(found.length)
  for (let i = 0; i < found.length; i++) {
    const value = found[i] ?? null
    values[i] = value === null || convert === null ? (value as ColumnValue | null) : convert(value as never)
  }
  return values
}

function columnData({ kind, name, path, leaf }: WantedLeaf, values: ColumnValues): ColumnData {
  const { type = 'json', unit, isUtc } = parquetType(leaf) ?? {}
  const isNullable = path.slice(1).some(({ element }) => element.repetition_type !== 'REQUIRED')
  const column = { name, type: kind === 'id' && isText(leaf) ? ('string' as const) : type, isNullable }
  return { column: { ...column, ...(unit && { unit }), ...(isUtc !== undefined && { isUtc }) }, values }
}
