// What an input format is. Each has a file of its own and a row in `formats.ts`.

import { isUtf8 } from 'node:buffer'

import type { Line } from './line.js'
import type { LineRules } from './lines.js'

export interface InputFormat {
  /** As `--format` takes it. */
  readonly name: string
  /** In help texts. */
  readonly title: string
  /** The endings of files, in lower case, each also with `.gz` or `.zst`. */
  readonly endings: readonly string[]
  /** Whether a line has fields: `--id-field` names one. */
  readonly hasFields: boolean
  /**
   * What the native module reads of this format (`NativeTexts` of `native/interface`): lines that
   * are texts, or JSON with the text in a field; null where it reads none.
   */
  readonly native: 'lines' | 'json' | null
  /** How one file's lines are split. */
  newLineRules(): LineRules
  /** @param header the header of a file that is read from the middle on */
  newReader(fields: Fields, header: readonly string[] | null): RowReader
}

/** The names of the fields that are read. */
export interface Fields {
  readonly text: string
  /** Null when the caller wants no ids. */
  readonly id: string | null
}

/** An id as JSON Lines has it; in CSV and TSV all ids are strings. */
export type Id = string | number

/** What a line holds. */
export interface Row {
  readonly text: string
  readonly id: Id | null
}

export interface RowReader {
  /**
   * Reads a line; null = there is nothing to embed and nothing wrong (an empty line, a header).
   *
   * @throws BadLine, BadHeader
   */
  read(line: Line): Row | null
  /** The names in the first line of CSV or TSV, null before it was read and in other formats. */
  readonly header: readonly string[] | null
}

/** A line is not what was expected: the message says what was expected and what was found. */
export class BadLine extends Error {}

/**
 * The header does not name the fields, so that no line of the file can be read. Skipping lines does
 * not help.
 */
export class BadHeader extends Error {}

const BYTE_ORDER_MARK = '\ufeff'

/** The text of a line. @throws BadLine */
export function stringOf({ bytes, start, end, number, problem }: Line): string {
  if (problem !== null) throw new BadLine(problem)
  const text = bytes.toString('utf8', start, end)
  // Decoding turns wrong bytes into U+FFFD, which a correct text may hold as well.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) {
    throw new BadLine('expected UTF-8, but got other bytes')
  }
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/** The start of what was found, for a message of one line. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`)
}
