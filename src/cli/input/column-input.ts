// An input of columns that is being read: texts go to the native module as their bytes where only
// the engine needs them.

import type { NativeTexts } from '../../native/interface.js'
import type { ColumnValue, Id } from '../column.js'
import { LocatedError } from './bad-rows.js'
import type { BadRows } from './bad-rows.js'
import { isUtf8, listOf, partOf } from '../column-values.js'
import { stringAt } from './column-format.js'
import type { ColumnFile, ColumnRun } from './column-format.js'
import type { Utf8Values } from '../column.js'
import { joinedText } from './fields.js'
import type { Fields } from './fields.js'
import { BadLine } from './format.js'
import type { Place } from './line.js'
import type { OffsetId, OpenInput } from './open-input.js'
import { Rows } from './rows.js'

export interface ColumnInputParts {
  readonly name: string
  /** To be opened when the first rows are wanted. */
  readonly open: () => Promise<ColumnFile>
  /** Rows before the first one that is read. */
  readonly from: number
  /** The row after the last one; null = all. */
  readonly to: number | null
  readonly fields: Fields
  /** Makes what takes texts natively; null where rows need their texts. */
  readonly newTexts: (() => NativeTexts) | null
  /** Whether texts that are taken natively are wanted in UTF-8. */
  readonly withTexts: boolean
  readonly badRows: BadRows
  readonly keepsSources: boolean
  /** Makes ids of rows that have none, of the number of rows before; null = they have none. */
  readonly idOf: OffsetId | null
}

export class ColumnInput implements OpenInput {
  readonly header = null
  readonly place: Place
  readonly #parts: ColumnInputParts
  #file: Promise<ColumnFile> | null = null
  #run: ColumnRun | null = null
  /** The next row of the run. */
  #at = 0

  constructor(parts: ColumnInputParts) {
    this.#parts = parts
    this.place = { offset: 0, line: parts.from }
  }

  get name(): string {
    return this.#parts.name
  }

  get failedAt(): Place {
    return this.place
  }

  newRows(): Rows {
    const { newTexts, withTexts, keepsSources } = this.#parts
    return new Rows({ native: newTexts?.() ?? null, reader: null, keepsSources, withTexts })
  }

  async fill(rows: Rows): Promise<boolean> {
    this.#file ??= this.#parts.open()
    const file = await this.#file
    const { to } = this.#parts
    for (;;) {
      if (this.place.line === to) return false
      if (this.#run === null || this.#at === this.#run.count) {
        this.#run = this.#upTo(await file.next(), to)
        this.#at = 0
      }
      if (this.#run === null) return false
      while (this.#at < this.#run.count && !rows.isFull) {
        if (!this.#addMany(rows, this.#run)) this.#addOne(rows, this.#run)
      }
      if (rows.isFull) return true
    }
  }

  takeHeader(): null {
    return null
  }

  async close(): Promise<void> {
    await (await this.#file)?.close()
  }

  /** The rows of a run that are wanted: they come first. */
  #upTo(run: ColumnRun | null, to: number | null): ColumnRun | null {
    return run === null || to === null ? run : { ...run, count: Math.min(run.count, to - this.place.line) }
  }

  /** Has the native module read texts, up to a row that has none. @returns whether it read any */
  #addMany(rows: Rows, run: ColumnRun): boolean {
    const [values, ...others] = run.texts
    if (values === undefined || others.length > 0) return false
    const end = this.#endOfPlainRows(run, values)
    const read = rows.addValues(values, this.#at, end - this.#at, this.place.line + 1)
    if (read === 0) return false
    if (run.id !== null) rows.addIds(run.id, this.#at, this.#at + read)
    rows.keep(run.kept, this.#at, this.#at + read)
    this.#advance(read)
    return true
  }

  /** The first row from here on without a text or without an id. */
  #endOfPlainRows({ count, id }: ColumnRun, { nulls }: Utf8Values): number {
    let end = count
    // A null may have bytes, which mean nothing.
    const firstNull = nulls?.indexOf(1, this.#at) ?? -1
    if (firstNull !== -1) end = firstNull
    if (id?.column.isNullable === true) {
      const found = isUtf8(id.values)
        ? (id.values.nulls?.indexOf(1, this.#at) ?? -1)
        : (id.values as readonly (ColumnValue | null)[]).indexOf(null, this.#at)
      if (found !== -1) end = Math.min(end, found)
    }
    return end
  }

  #addOne(rows: Rows, run: ColumnRun): void {
    const { name, fields, badRows, idOf } = this.#parts
    const number = this.place.line + 1
    try {
      const text = joinedText(
        run.texts.map((values, i) => textAt(values, this.#at, fields, i)),
        fields,
      )
      if (text === null) {
        badRows.leaveOut()
      } else {
        const id =
          run.id === null
            ? (idOf?.(number - 1) ?? null)
            : idAt(listOf(partOf(run.id.values, this.#at, this.#at + 1))[0], fields)
        rows.add({ text, id }, number)
        if (run.id !== null) rows.idType = run.id.column.type
        rows.keep(run.kept, this.#at, this.#at + 1)
      }
    } catch (error) {
      if (!(error instanceof BadLine)) throw error
      badRows.refuse(new LocatedError(`${name}:${number}: ${error.message}`))
    }
    this.#advance(1)
  }

  #advance(count: number): void {
    this.#at += count
    this.place.line += count
  }
}

/** @throws BadLine */
function textAt(values: Utf8Values, row: number, { texts, onNull }: Fields, field: number): string | null {
  if (values.nulls?.[row] !== 1) return stringAt(values, row)
  if (onNull === 'fail') throw new BadLine(`expected a string in ${JSON.stringify(texts[field])}, but got null`)
  return null
}

/** @throws BadLine */
function idAt(value: ColumnValue | null | undefined, { id }: Fields): Id {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
  throw new BadLine(`expected a string or a number in ${JSON.stringify(id)}, but got null`)
}
