// A table of CSV or TSV: a header that names the fields, then a record per line.

import type { Fields } from './fields.js'
import { BadHeader, BadLine, stringOf } from './format.js'
import type { Row, RowReader } from './format.js'
import type { Line } from './line.js'

export class TableReader implements RowReader {
  header: readonly string[] | null
  readonly #split: (record: string) => string[]
  readonly #fields: Fields
  /** The columns of the texts. */
  #texts: readonly number[] = []
  /** The column of the id; -1 = none. */
  #id = -1

  /** @param split the values of a record; it may throw BadLine */
  constructor(split: (record: string) => string[], fields: Fields, header: readonly string[] | null) {
    this.#split = split
    this.#fields = fields
    this.header = header
    if (header !== null) this.#findColumns(header)
  }

  read(line: Line): Row | null {
    if (this.header === null) {
      this.header = this.#readHeader(line)
      return null
    }
    const record = stringOf(line)
    if (record === '') return null
    const values = this.#split(record)
    if (values.length !== this.header.length) {
      const lines = line.lines > 1 ? ` in the record of lines ${line.number} to ${line.number + line.lines - 1}` : ''
      throw new BadLine(`expected the header's ${this.header.length} fields, but got ${values.length}${lines}`)
    }
    return {
      text: this.#texts.map((column) => values[column]).join(this.#fields.join),
      id: this.#id === -1 ? null : (values[this.#id] ?? ''),
    }
  }

  /** Null where the line is empty. @throws BadHeader */
  #readHeader(line: Line): readonly string[] | null {
    try {
      const record = stringOf(line)
      if (record === '') return null
      if (record.includes('\r')) throw new BadLine('expected a header, but got \\r in it')
      const header = this.#split(record)
      this.#findColumns(header)
      return header
    } catch (error) {
      // If this line were skipped, the next one would be taken for the header.
      throw error instanceof BadLine ? new BadHeader(error.message) : error
    }
  }

  #findColumns(header: readonly string[]): void {
    this.#texts = this.#fields.texts.map((name) => columnOf(header, name))
    this.#id = this.#fields.id === null ? -1 : columnOf(header, this.#fields.id)
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
