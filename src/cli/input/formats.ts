// What a line of each input format holds: a text, and an id where one is asked for.

import { isUtf8 } from 'node:buffer'

import { describe } from '../../errors.js'
import type { Line } from './lines.js'

export const FORMATS = ['jsonl', 'lines', 'csv', 'tsv'] as const
export type Format = (typeof FORMATS)[number]

const ENDINGS: Readonly<Record<string, Format>> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  txt: 'lines',
  csv: 'csv',
  tsv: 'tsv',
}

/** The format that a file's name says, with or without `.gz` or `.zst`; null when it says none. */
export function formatOf(path: string): Format | null {
  const [, ending = ''] = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(path) ?? []
  return ENDINGS[ending.toLowerCase()] ?? null
}

/** An id as JSON Lines have it; CSV has strings. */
export type Id = string | number

export interface Fields {
  readonly text: string
  /** Null when no ids are asked for. */
  readonly id: string | null
}

/** A line's content. */
export interface Row {
  readonly text: string
  readonly id: Id | null
}

/** A line that is not what was expected: the message says what was, and what was found. */
export class BadLine extends Error {}

/** Reads lines; null = nothing to embed, and no mistake (an empty line, a header). @throws BadLine */
export interface RowReader {
  read(line: Line): Row | null
  /** The names in a CSV's first line, null before it and in other formats. */
  readonly header: readonly string[] | null
}

/** @param header of a file that is read from the middle on */
export function rowReader(format: Format, fields: Fields, header: readonly string[] | null): RowReader {
  if (format === 'lines') return { read: (line) => ({ text: stringOf(line), id: null }), header: null }
  if (format === 'jsonl') return { read: (line) => jsonRow(line, fields), header: null }
  return new TableReader(format === 'csv' ? splitRecord : (line) => line.split('\t'), fields, header)
}

const BYTE_ORDER_MARK = '\ufeff'

/** @throws BadLine */
function stringOf({ bytes, start, end, number, problem }: Line): string {
  if (problem !== null) throw new BadLine(problem)
  const text = bytes.toString('utf8', start, end)
  // What is no UTF-8 becomes U+FFFD, which a text may hold as well.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end)))
    throw new BadLine('expected UTF-8, but got other bytes')
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

function jsonRow(line: Line, fields: Fields): Row | null {
  const json = stringOf(line)
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    if (json.trim() === '') return null
    throw new BadLine(`expected JSON, but got ${excerpt(json)}: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadLine(`expected an object with ${JSON.stringify(fields.text)}, but got ${describe(value)}`)
  }
  const object = value as Record<string, unknown>
  const text = object[fields.text]
  if (typeof text !== 'string') throw new BadLine(wrongField(object, fields.text, 'a string', text))
  if (fields.id === null) return { text, id: null }
  const id = object[fields.id]
  if (typeof id !== 'string' && typeof id !== 'number') {
    throw new BadLine(wrongField(object, fields.id, 'a string or a number', id))
  }
  // JSON.parse has rounded it: another id than the file's, and maybe that of another row.
  if (typeof id === 'number' && Math.abs(id) > Number.MAX_SAFE_INTEGER) {
    throw new BadLine(wrongField(object, fields.id, 'a string or a number of at most 2^53 - 1', id))
  }
  return { text, id }
}

function wrongField(object: object, name: string, expected: string, found: unknown): string {
  const what = `expected ${expected} in ${JSON.stringify(name)}`
  if (found !== undefined) return `${what}, but got ${describe(found)}`
  const names = Object.keys(object).map((each) => JSON.stringify(each))
  return `${what}, but there is only ${names.length === 0 ? 'an empty object' : names.slice(0, 10).join(', ')}`
}

/** The start of what was found, for a message of one line. */
function excerpt(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`)
}

/** CSV as RFC 4180 has it, with a header; TSV as IANA has it (text/tab-separated-values): without quotes, which are characters there. */
class TableReader implements RowReader {
  header: readonly string[] | null
  readonly #split: (record: string) => string[]
  readonly #fields: Fields
  #text = -1
  #id = -1

  constructor(split: (record: string) => string[], fields: Fields, header: readonly string[] | null) {
    this.#split = split
    this.#fields = fields
    this.header = header
    if (header !== null) this.#find(header)
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
    return { text: values[this.#text] ?? '', id: this.#id === -1 ? null : (values[this.#id] ?? '') }
  }

  /** Null where the line is empty. @throws BadHeader */
  #readHeader(line: Line): readonly string[] | null {
    try {
      const record = stringOf(line)
      if (record === '') return null
      if (record.includes('\r')) throw new BadLine('expected a header, but got \\r in it')
      const header = this.#split(record)
      this.#find(header)
      return header
    } catch (error) {
      // Another line in its place would name the fields.
      throw error instanceof BadLine ? new BadHeader(error.message) : error
    }
  }

  #find(header: readonly string[]): void {
    this.#text = column(header, this.#fields.text)
    this.#id = this.#fields.id === null ? -1 : column(header, this.#fields.id)
  }
}

/** A header without the field that is asked for: no line of the file can be read, so that skipping is no way out. */
export class BadHeader extends Error {}

function column(header: readonly string[], name: string): number {
  const index = header.indexOf(name)
  if (index !== -1 && index !== header.lastIndexOf(name)) {
    throw new BadHeader(`expected one field ${JSON.stringify(name)} in the header, but got several`)
  }
  if (index !== -1) return index
  const names = header.map((each) => JSON.stringify(each)).join(', ')
  throw new BadHeader(`expected a header with ${JSON.stringify(name)}, but got ${names}`)
}

const COMMA = ','

/** The values of a CSV record. @throws BadLine */
function splitRecord(record: string): string[] {
  if (!record.includes('"')) return record.split(COMMA)
  const values: string[] = []
  let at = 0
  for (;;) {
    if (record[at] === '"') {
      let value = ''
      let from = at + 1
      for (;;) {
        const quote = record.indexOf('"', from)
        if (quote === -1) throw new BadLine('expected a closing quote, but got the end of the file')
        value += record.slice(from, quote)
        at = quote + 1
        if (record[at] !== '"') break
        value += '"'
        from = at + 1
      }
      values.push(value)
      if (at === record.length) return values
      if (record[at] !== COMMA)
        throw new BadLine(
          `expected ${JSON.stringify(COMMA)} after a closing quote, but got ${excerpt(record.slice(at))}`,
        )
      at++
    } else {
      const end = record.indexOf(COMMA, at)
      values.push(end === -1 ? record.slice(at) : record.slice(at, end))
      if (end === -1) return values
      at = end + 1
    }
  }
}
