// How the records of a table are written: what is between fields, and whether quotes enclose them.

import type { Fields } from './fields.js'
import { BadLine } from './format.js'
import { splitRecord } from './split-record.js'

/** In the order in which they are tried: Excel writes semicolons where the comma is in numbers. */
const DELIMITERS = [',', ';', '\t', '|']

export class Dialect {
  readonly quotes: boolean
  /** A comma until it is settled. */
  delimiter: string
  isSettled: boolean
  readonly #fields: Fields

  /** @param delimiter null = it is found in the header */
  constructor(delimiter: string | null, quotes: boolean, fields: Fields) {
    this.delimiter = delimiter ?? ','
    this.isSettled = delimiter !== null
    this.quotes = quotes
    this.#fields = fields
  }

  /**
   * Finds the delimiter: the first with which this header has the fields that are read, else the
   * one with which it has most fields.
   */
  settle(header: string): void {
    if (this.isSettled) return
    const { texts, id } = this.#fields
    const wanted = id === null ? texts : [...texts, id]
    const splits = DELIMITERS.map((delimiter) => ({ delimiter, names: this.#names(header, delimiter) }))
    const found = splits.find(({ names }) => wanted.every((name) => names.includes(name)))
    this.isSettled = true
    this.delimiter = (found ?? splits.reduce((a, b) => (b.names.length > a.names.length ? b : a))).delimiter
  }

  /** The values of a record. @throws BadLine */
  split(record: string): string[] {
    return this.quotes ? splitRecord(record, this.delimiter) : record.split(this.delimiter)
  }

  #names(header: string, delimiter: string): string[] {
    try {
      return this.quotes ? splitRecord(header, delimiter) : header.split(delimiter)
    } catch (error) {
      if (error instanceof BadLine) return []
      throw error
    }
  }
}
