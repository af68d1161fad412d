// The rows of a batch: their texts, here or in the native module, their ids, other columns, and the
// lines they were read from.

import type { NativeTexts } from '../../native/interface.js'
import { DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE } from '../../options/stream.js'
import type { Column, ColumnData, ColumnType, ColumnValue, Id } from '../column.js'
import { stringAt } from './column-format.js'
import type { Utf8Values } from './column-format.js'
import { NO_TEXT } from './format.js'
import type { Row, RowReader } from './format.js'
import { linesOf } from './lines.js'
import type { LineSplitter } from './lines.js'

/** Consecutive rows whose texts the native module has, and where they were read. */
interface NativeRun {
  /** The index of the first row. */
  readonly row: number
  /** The line of the first row; each following row is one line further. */
  readonly line: number
  /** Null where sources are not kept. */
  readonly source: Source | null
}

/** Lines; or the values of a column; or the one text, where it was read here. */
type Source = Buffer | { readonly values: Utf8Values; readonly from: number; readonly count: number } | string

/** A column that goes from the input to the output. */
interface KeptColumn extends ColumnData {
  readonly values: (ColumnValue | null)[]
}

export class Rows {
  /** Has the texts instead of `texts`, where they are read natively. */
  readonly native: NativeTexts | null
  readonly texts: string[] = []
  /** Empty when the caller wants no ids. */
  readonly ids: Id[] = []
  /** What the ids are. */
  idType: ColumnType = 'id'
  /** The other columns that are kept. */
  readonly kept: KeptColumn[] = []
  /** Whether rows may lack columns that others have. */
  isSparse = false
  /** The line of each row as it is, without its line break; empty unless the caller wants them. */
  readonly lines: Uint8Array[] = []
  /** The number of rows. */
  count = 0
  /** UTF-16 code units of all texts. */
  units = 0
  /** The number of the line of each row of `texts`. */
  readonly #numbers: number[] = []
  readonly #keptByName = new Map<string, KeptColumn>()
  readonly #runs: NativeRun[] = []
  readonly #reader: RowReader | null
  readonly #keepsSources: boolean

  /**
   * @param reader reads lines again; null where the input has none
   * @param keepsSources whether rows that the native module has can be read again, which takes
   * memory
   */
  constructor(native: NativeTexts | null, reader: RowReader | null, keepsSources: boolean) {
    this.native = native
    this.#reader = reader
    this.#keepsSources = keepsSources
  }

  /** Whether {@link Rows.reread} can give all texts. */
  get canBeReread(): boolean {
    return this.native === null || this.#keepsSources
  }

  get isFull(): boolean {
    return this.count >= DEFAULT_BATCH_SIZE || this.units >= DEFAULT_BATCH_BYTES
  }

  /** @param bytes the line as it is, where the caller wants it */
  add({ text, id }: Row, line: number, bytes: Uint8Array | null = null): void {
    if (this.native === null) {
      this.texts.push(text)
      this.#numbers.push(line)
    } else {
      this.native.push(text)
      this.#runs.push({ row: this.count, line, source: this.#keepsSources ? text : null })
    }
    if (id !== null) this.ids.push(id)
    if (bytes !== null) this.lines.push(bytes)
    this.count++
    this.units += text.length
  }

  /**
   * Has the native module read lines up to the first that it leaves to a {@link RowReader}.
   *
   * @returns whether it read any
   */
  addLines(lines: LineSplitter): boolean {
    if (this.native === null) return false
    const { bytes, at } = lines.ahead
    const read = this.native.readLines(bytes, at, DEFAULT_BATCH_SIZE - this.count, DEFAULT_BATCH_BYTES - this.units)
    if (read.lines === 0) return false
    const source = this.#keepsSources ? bytes.subarray(at, at + read.bytes) : null
    this.#runs.push({ row: this.count, line: lines.place.line + 1, source })
    lines.skip(read.bytes, read.lines)
    this.count += read.lines
    this.units += read.units
    return true
  }

  /**
   * Has the native module read texts of a column: up to the first that is not UTF-8.
   *
   * @param line the number of the first row in its file
   * @returns how many it read
   */
  addValues(values: Utf8Values, from: number, count: number, line: number): number {
    if (this.native === null || count === 0) return 0
    const most = Math.min(count, DEFAULT_BATCH_SIZE - this.count)
    const { bytes, offsets, gap } = values
    const read = this.native.readValues(bytes, offsets, gap, from, most, DEFAULT_BATCH_BYTES - this.units)
    if (read.values === 0) return 0
    const source = this.#keepsSources ? { values, from, count: read.values } : null
    this.#runs.push({ row: this.count, line, source })
    this.count += read.values
    this.units += read.units
    return read.values
  }

  /** The id of the next row whose text the native module has. */
  addId(type: ColumnType, id: Id): void {
    this.idType = type
    this.ids.push(id)
  }

  /** The values of the other columns for the row that was added last. */
  keep(columns: readonly ColumnData[], row: number): void {
    for (const [i, { column, values }] of columns.entries()) {
      const kept = (this.kept[i] ??= { column, values: [] })
      kept.values.push(values[row] ?? null)
    }
  }

  /** Other fields of the row that was added last, whose columns have this type. */
  keepFields(fields: ReadonlyMap<string, string | null>, type: Pick<Column, 'type' | 'isNullable'>): void {
    this.isSparse ||= type.type === 'any'
    for (const [name, value] of fields) {
      let column = this.#keptByName.get(name)
      if (column === undefined) {
        column = { column: { name, ...type }, values: new Array<null>(this.count - 1).fill(null) }
        this.#keptByName.set(name, column)
        this.kept.push(column)
      }
      column.values.push(value)
      // Values take memory, as texts do.
      this.units += value?.length ?? 0
    }
    for (const { values } of this.kept) if (values.length < this.count) values.push(null)
  }

  /** The line of a row in its file, from 1. */
  lineOf(row: number): number {
    if (this.native === null) return this.#numbers[row] ?? 0
    const run = this.#runs.findLast((each) => each.row <= row)
    return run === undefined ? 0 : run.line + row - run.row
  }

  /** The same rows with their texts here: a call uses the native module's up. */
  reread(): Rows {
    if (this.native === null) return this
    const rows = new Rows(null, null, true)
    for (const { line, source } of this.#runs) {
      for (const [i, text] of this.#textsOf(source, line).entries()) {
        rows.#addCopy(this, rows.count, text, line + i)
      }
    }
    return rows
  }

  /** The rows of `texts` that `isKept` returns true for. */
  filter(isKept: (row: number) => boolean): Rows {
    const rows = new Rows(null, null, true)
    for (const [i, text] of this.texts.entries()) {
      if (isKept(i)) rows.#addCopy(this, i, text, this.lineOf(i))
    }
    return rows
  }

  #addCopy(from: Rows, row: number, text: string, line: number): void {
    this.add({ text, id: from.ids[row] ?? null }, line, from.lines[row] ?? null)
    this.idType = from.idType
    this.isSparse = from.isSparse
    this.keep(from.kept, row)
  }

  #textsOf(source: Source | null, line: number): string[] {
    if (source === null) return []
    if (typeof source === 'string') return [source]
    if (!Buffer.isBuffer(source)) {
      return Array.from({ length: source.count }, (_, i) => stringAt(source.values, source.from + i))
    }
    return Array.from(linesOf(source, line), (each) => {
      const row = this.#reader?.read(each) ?? null
      return row === null || row === NO_TEXT ? '' : row.text
    })
  }
}
