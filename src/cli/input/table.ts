// A table of CSV or TSV: a header that names the fields, then a record per line.

import type { NativeRecordFormat } from '../../native/interface.js'
import { CsvRecords } from './csv-records.js'
import type { Dialect } from './dialect.js'
import { keepsFields } from './fields.js'
import type { Fields, KeptFields } from './fields.js'
import { BadHeader, BadLine, stringOf } from './format.js'
import type { Header, LineReading, Row, RowReader } from './format.js'
import { EVERY_LINE_FEED } from './line.js'
import type { Line } from './line.js'

/** What reads a table that is written so. */
export function tableLines(dialect: Dialect, fields: Fields, keep: KeptFields, header: Header | null): LineReading {
  const ends = dialect.quotes ? new CsvRecords(dialect) : EVERY_LINE_FEED
  return { rules: { ends, allowsReturns: false }, reader: new TableReader(dialect, fields, keep, header) }
}

class TableReader implements RowReader {
  header: Header | null
  readonly #dialect: Dialect
  readonly #fields: Fields
  readonly #keep: KeptFields
  /** The columns of the texts. */
  #texts: readonly number[] = []
  /** The column of the id; -1 = none. */
  #id = -1
  /** The others that are kept, by their names; null = none. */
  #kept: ReadonlyMap<string, number> | null = null

  constructor(dialect: Dialect, fields: Fields, keep: KeptFields, header: Header | null) {
    this.#dialect = dialect
    this.#fields = fields
    this.#keep = keep
    this.header = header
    if (header !== null) this.#findColumns(header.names)
  }

  read(line: Line): Row | null {
    if (this.header === null) {
      this.header = this.#readHeader(line)
      return null
    }
    const record = stringOf(line)
    if (record === '') return null
    const values = this.#dialect.split(record)
    const expected = this.header.names.length
    if (values.length !== expected) {
      const lines = line.lines > 1 ? ` in the record of lines ${line.number} to ${line.number + line.lines - 1}` : ''
      throw new BadLine(`expected the header's ${expected} fields, but got ${values.length}${lines}`)
    }
    const [only = -1, ...others] = this.#texts
    const text =
      others.length === 0 ? values[only] : this.#texts.map((column) => values[column]).join(this.#fields.join)
    const row = { text: text ?? '', id: this.#id === -1 ? null : (values[this.#id] ?? '') }
    if (this.#kept === null) return row
    return { ...row, kept: new Map(Array.from(this.#kept, ([name, column]) => [name, values[column] ?? ''])) }
  }

  get record(): NativeRecordFormat | null {
    if (this.header === null) return null
    const { names, delimiter } = this.header
    const [text = -1] = this.#texts
    return {
      delimiter: delimiter.charCodeAt(0),
      hasQuotes: this.#dialect.quotes,
      fields: names.length,
      text,
      ...(this.#id !== -1 && { id: this.#id }),
    }
  }

  /** Null where the line is empty. @throws BadHeader */
  #readHeader(line: Line): Header | null {
    try {
      const record = stringOf(line)
      if (record === '') return null
      if (record.includes('\r')) throw new BadLine('expected a header, but got \\r in it')
      this.#dialect.settle(record)
      const names = this.#dialect.split(record)
      this.#findColumns(names)
      return { names, delimiter: this.#dialect.delimiter }
    } catch (error) {
      // If this line were skipped, the next one would be taken for the header.
      throw error instanceof BadLine ? new BadHeader(error.message) : error
    }
  }

  #findColumns(header: readonly string[]): void {
    this.#texts = this.#fields.texts.map((name) => columnOf(header, name))
    this.#id = this.#fields.id === null ? -1 : columnOf(header, this.#fields.id)
    if (!keepsFields(this.#keep)) return
    const names = this.#keep === 'all' ? header : this.#keep
    this.#kept = new Map(names.map((name) => [name, columnOf(header, name)]))
  }
}

function columnOf(header: readonly string[], name: string): number {
  const index = header.indexOf(name)
  if (index !== -1 && index !== header.lastIndexOf(name)) {
    throw new BadHeader(`expected one field ${JSON.stringify(name)} in the header, but got several`)
  }
  if (index !== -1) return index
  const names = header.map((each) => JSON.stringify(each)).join(', ')
  throw new BadHeader(`expected a header with ${JSON.stringify(name)}, but got ${names}`)
}
