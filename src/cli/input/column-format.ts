// The interface of the input formats that have columns instead of lines, such as Parquet.

import { isUtf8 } from 'node:buffer'

import type { ColumnData, Utf8Values } from '../column.js'
import { compactValues } from '../column-values.js'
import { FileError } from '../file-error.js'
import type { ByteCount, BytesOptions } from './bytes.js'
import type { FieldPath, KeptFields } from './fields.js'
import { BadLine, stringOfUtf8 } from './format.js'
import type { FormatName } from './format.js'

export interface ColumnFormat extends FormatName {
  readonly kind: 'columns'
  /**
   * Opens a file.
   *
   * @param from the row to begin with
   * @param options of a URL
   * @throws BadHeader when the file has no such columns; other errors when it can't be read
   */
  open(path: string, wanted: WantedColumns, from: number, read: ByteCount, options?: BytesOptions): Promise<ColumnFile>
}

/** The columns that are read of a file. */
export interface WantedColumns {
  /** Where texts are; at least one. */
  readonly texts: readonly FieldPath[]
  /** Where ids are, strings or integers; null = no ids. */
  readonly id: FieldPath | null
  readonly keep: KeptFields
}

export interface ColumnFile {
  /** The next rows, null at the end. */
  next(): Promise<ColumnRun | null>
  close(): Promise<void>
}

/** Consecutive rows, column by column. */
export interface ColumnRun {
  readonly count: number
  /** One for each of the wanted texts. */
  readonly texts: readonly Utf8Values[]
  readonly id: ColumnData | null
  readonly kept: readonly ColumnData[]
}

/** The string of a row that is not null. @throws BadLine */
export function stringAt({ bytes, offsets, gap }: Utf8Values, row: number): string {
  const [start, end] = [offsets[row] ?? 0, (offsets[row + 1] ?? 0) - gap]
  if (end < start || end > bytes.length) throw new BadLine('expected a string, but got an offset outside of the data')
  return stringOfUtf8(bytes, start, end)
}

/** The same strings, one after the other, and certainly UTF-8. @throws BadLine */
export function checkedStrings(values: Utf8Values): Utf8Values {
  const { bytes, offsets, gap, nulls } = values
  for (let row = 0; row < offsets.length - 1; row++) {
    const end = (offsets[row + 1] ?? 0) - gap
    if (nulls?.[row] === 1 || ((offsets[row] ?? 0) <= end && end <= bytes.length)) continue
    throw new BadLine('expected a string, but got an offset outside of the data')
  }
  const strings = compactValues(values)
  const isCut = strings.offsets.some((offset) => ((strings.bytes[offset] ?? 0) & 0xc0) === 0x80)
  if (isCut || !isUtf8(strings.bytes)) throw new BadLine('expected UTF-8, but got other bytes')
  return strings
}

/** The message about a column that is not there. */
export function noColumn(path: FieldPath, names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => JSON.stringify(name))
  const more = names.length > shown.length ? ', …' : ''
  return `expected a column ${JSON.stringify(path)}, but there is only ${shown.join(', ') || 'a file without columns'}${more}`
}

/** What a column is read for. */
export interface ColumnUse {
  readonly kind: 'text' | 'id' | 'kept'
  readonly path: FieldPath
}

/**
 * What is read of a file with columns of these names.
 *
 * @throws FileError where a name could be one of two columns
 */
export function columnUses({ texts, id, keep }: WantedColumns, names: readonly string[], file: string): ColumnUse[] {
  const uses: ColumnUse[] = [
    ...texts.map((path) => ({ kind: 'text' as const, path })),
    ...(id === null ? [] : [{ kind: 'id' as const, path: id }]),
    ...(keep === 'all' ? names : keep).map((path) => ({ kind: 'kept' as const, path })),
  ]
  for (const { path } of uses) {
    if (names.indexOf(path) === names.lastIndexOf(path)) continue
    throw new FileError(`${file} has several columns ${JSON.stringify(path)}`)
  }
  return uses
}

/** What the columns of each use hold, for messages. */
export const EXPECTED: Readonly<Record<ColumnUse['kind'], string>> = {
  text: 'strings',
  id: 'strings or integers',
  kept: 'values that can be kept',
}
