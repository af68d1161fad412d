// The interface of the input formats that have lines, and what they share with the others
// (`column-format.ts`). Each format is defined in its own file and listed in `formats.ts`;
// `row-batches.ts` reads files with them.

import { isUtf8 } from 'node:buffer'

import type { NativeRecordFormat } from '../../native/interface.js'
import type { Column, Id } from '../column.js'
import type { Fields, KeptFields } from './fields.js'
import type { Line } from './line.js'
import type { LineRules } from './lines.js'

/** What every input format has. */
export interface FormatName {
  /** The name that `--format` takes. */
  readonly name: string
  /** The name in help texts. */
  readonly title: string
  /** The endings of its files' names, in lower case. Of lines, `.gz` or `.zst` may follow them. */
  readonly endings: readonly string[]
  /** Whether a row has fields, so that options such as `--id-field` can name them. */
  readonly hasFields: boolean
  /** Whether it has a header and records, to which {@link TableOptions} apply. */
  readonly isTable: boolean
}

/** A format whose rows are lines. */
export interface LineFormat extends FormatName {
  readonly kind: 'lines'
  /**
   * How the native module (`NativeTexts` of `native/interface`) can read this format itself,
   * without a JavaScript string per text: each line is a text ('lines'), an object with the text in a
   * field ('json'), or a record of a table ('records': {@link RowReader.record}).
   */
  readonly native: 'lines' | 'json' | 'records'
  /** What columns of other fields are: {@link Row.kept}. Null = it has no fields. */
  readonly kept: Pick<Column, 'type' | 'isNullable'> | null
  /**
   * What reads one file.
   *
   * @param header that of the file when reading resumes after it; null at the start of a file, and
   *   for formats without a header
   */
  open(options: ReadOptions, header: Header | null): LineReading
}

/** What the user says of all tables, CSV and TSV; null = as the format has it. */
export interface TableOptions {
  /** One ASCII character. */
  readonly delimiter: string | null
  readonly quotes: boolean | null
}

/** What is read of the inputs. */
export interface ReadOptions {
  readonly fields: Fields
  /** The other fields that rows have. */
  readonly keep: KeptFields
  readonly table: TableOptions
}

/** Splits one file into lines, and reads these. Both may keep state. */
export interface LineReading {
  readonly rules: LineRules
  readonly reader: RowReader
}

/** The header of CSV or TSV, and what is between its fields. */
export interface Header {
  readonly names: readonly string[]
  readonly delimiter: string
}

/** What is read from a line, or from one CSV record. */
export interface Row {
  readonly text: string
  readonly id: Id | null
  /** Other fields, where the caller wants some; null = it is missing. */
  readonly kept?: ReadonlyMap<string, string | null>
}

/** A row that is left out because it has no text, as the fields' `onNull` says. */
export const NO_TEXT: unique symbol = Symbol('no text')

/** Turns the lines of one file into rows, in order. */
export interface RowReader {
  /**
   * Reads a line. Null = the line is correct and has nothing to embed: a header, or, except in
   * plain lines, an empty line.
   *
   * @throws BadLine, BadHeader
   */
  read(line: Line): Row | typeof NO_TEXT | null
  /** Null before it was read, and in formats without one. */
  readonly header: Header | null
  /** How the native module reads the records of a table; null = the header was not read yet. */
  readonly record?: NativeRecordFormat | null
}

/**
 * A line can't be read. The user can have such lines skipped. The message says what was expected
 * and what was found, without the file and the line number, which the caller adds.
 */
export class BadLine extends Error {}

/**
 * The header can't be read, or does not name the fields, so no line of the file can be read. It
 * ends the run even when bad lines are skipped.
 */
export class BadHeader extends Error {}

const BYTE_ORDER_MARK = '\ufeff'

/**
 * The line as a string, without the byte order mark that the first line may have.
 *
 * @throws BadLine when the line has a {@link Line.problem} or is not UTF-8
 */
export function stringOf({ bytes, start, end, isFirst, problem }: Line): string {
  if (problem !== null) throw new BadLine(problem)
  const text = stringOfUtf8(bytes, start, end)
  return isFirst && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/** @throws BadLine */
export function stringOfUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = buffer.toString('utf8', start, end)
  // Decoding turns invalid bytes into U+FFFD. Valid strings may have that character too, so only
  // those that have it are checked.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end)))
    throw new BadLine('expected UTF-8, but got other bytes')
  return text
}

/** The start of the text that was found, quoted and on one line, for a message. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`)
}
