// The rows of a batch: their texts, here or in the native module, their ids, other columns, and the
// lines they were read from.

import type { NativeTexts } from '../../native/interface.js'
import { DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE } from '../../options/stream.js'
import type { Column, ColumnData, ColumnType, ColumnValues, Id } from '../column.js'
import { idsOf, isUtf8, listOf, partOf, utf8Slice } from '../column-values.js'
import { ValueRuns } from '../value-runs.js'
import { stringAt } from './column-format.js'
import type { Utf8Values } from '../column.js'
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
interface KeptColumn {
  readonly column: Column
  readonly values: ValueRuns
}

/** What makes the rows of one input. */
export interface RowsParts {
  /** Gets the texts; null = they are read here. */
  readonly native: NativeTexts | null
  /** Reads lines again; null where the input has none. */
  readonly reader: RowReader | null
  /** Whether rows that the native module has can be read again, which takes memory. */
  readonly keepsSources: boolean
  /** Whether the texts that the native module has are wanted here, too, in UTF-8. */
  readonly withTexts: boolean
}

export class Rows {
  /** Has the texts instead of `texts`, where they are read natively. */
  readonly native: NativeTexts | null
  readonly texts: string[] = []
  /** What the ids are. */
  idType: ColumnType = 'id'
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
  readonly #utf8Texts = new ValueRuns()
  readonly #ids = new ValueRuns()
  readonly #kept: KeptColumn[] = []
  readonly #keptByName = new Map<string, KeptColumn>()
  readonly #runs: NativeRun[] = []
  readonly #reader: RowReader | null
  readonly #keepsSources: boolean
  readonly #withTexts: boolean

  constructor({ native, reader, keepsSources, withTexts }: RowsParts) {
    this.native = native
    this.#reader = reader
    this.#keepsSources = keepsSources
    this.#withTexts = withTexts
  }

  /** The ids as values of JavaScript; empty when the caller wants none. */
  get ids(): readonly Id[] {
    return idsOf(this.#ids.values, this.idType)
  }

  /** The ids as they were read; empty when the caller wants none. */
  get idValues(): ColumnValues {
    const values = this.#ids.values
    return isUtf8(values) || ArrayBuffer.isView(values) ? values : this.ids
  }

  /** The texts, also where they were read natively. */
  get textValues(): ColumnValues {
    return this.native === null ? this.texts : this.#utf8Texts.values
  }

  /** The other columns that are kept. */
  get kept(): ColumnData[] {
    return this.#kept.map(({ column, values }) => ({ column, values: values.values }))
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
      if (this.#withTexts) this.#utf8Texts.push(text)
      this.#runs.push({ row: this.count, line, source: this.#keepsSources ? text : null })
    }
    if (id !== null) this.#ids.push(id)
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
    const record = this.#reader?.record
    if (this.native === null || record === null) return false
    const { bytes, at } = lines.ahead
    const [most, units] = [DEFAULT_BATCH_SIZE - this.count, DEFAULT_BATCH_BYTES - this.units]
    const read = this.native.readLines(bytes, at, most, units, record)
    if (read.lines === 0) return false
    const source = this.#keepsSources ? bytes.subarray(at, at + read.bytes) : null
    this.#runs.push({ row: this.count, line: lines.place.line + 1, source })
    if (read.texts !== undefined) this.#utf8Texts.append({ ...read.texts, gap: 0, nulls: null })
    if (read.ids !== undefined) this.#ids.append({ ...read.ids, gap: 0, nulls: null })
    if (read.integers !== undefined) this.#ids.append(read.integers)
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
    if (this.#withTexts) this.#utf8Texts.append(utf8Slice(values, from, from + read.values))
    this.count += read.values
    this.units += read.units
    return read.values
  }

  /** The ids of the rows that were added last: the rows `from` to `to` − 1 of a column. */
  addIds({ column, values }: ColumnData, from: number, to: number): void {
    this.idType = column.type
    this.#ids.append(partOf(values, from, to))
  }

  /** The values of the other columns for the rows that were added last: the rows `from` to `to` − 1 of these. */
  keep(columns: readonly ColumnData[], from: number, to: number): void {
    for (const [i, { column, values }] of columns.entries()) {
      const kept = (this.#kept[i] ??= { column, values: new ValueRuns() })
      kept.values.append(partOf(values, from, to))
    }
  }

  /** Other fields of the row that was added last, whose columns have this type. */
  keepFields(fields: ReadonlyMap<string, string | null>, type: Pick<Column, 'type' | 'isNullable'>): void {
    this.isSparse ||= type.type === 'any'
    for (const [name, value] of fields) {
      let column = this.#keptByName.get(name)
      if (column === undefined) {
        column = { column: { name, ...type }, values: new ValueRuns() }
        for (let row = 1; row < this.count; row++) column.values.push(null)
        this.#keptByName.set(name, column)
        this.#kept.push(column)
      }
      column.values.push(value)
      // Values take memory, as texts do.
      this.units += value?.length ?? 0
    }
    for (const { values } of this.#kept) if (values.count < this.count) values.push(null)
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
    const texts: string[] = []
    const lines: number[] = []
    for (const { line, source } of this.#runs) {
      for (const [i, text] of this.#textsOf(source, line).entries()) {
        texts.push(text)
        lines.push(line + i)
      }
    }
    return this.#copy(texts, lines, [...texts.keys()])
  }

  /** The rows of `texts` that `isKept` returns true for. */
  filter(isKept: (row: number) => boolean): Rows {
    return this.#copy(
      this.texts,
      this.#numbers,
      [...this.texts.keys()].filter((row) => isKept(row)),
    )
  }

  /** Some of these rows, whose texts and lines are these. */
  #copy(texts: readonly string[], lines: readonly number[], wanted: readonly number[]): Rows {
    const rows = new Rows({ native: null, reader: null, keepsSources: true, withTexts: false })
    const { ids } = this
    for (const row of wanted) {
      rows.add({ text: texts[row] ?? '', id: ids[row] ?? null }, lines[row] ?? 0, this.lines[row] ?? null)
    }
    rows.idType = this.idType
    rows.isSparse = this.isSparse
    const kept = this.kept.map(({ column, values }) => {
      const all = listOf(values)
      return { column, values: wanted.map((row) => all[row] ?? null) }
    })
    rows.keep(kept, 0, wanted.length)
    return rows
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
