// The table of input formats: a row for each, whose file says the rest.

import { UsageError } from '../command.js'
import { arrow } from './arrow.js'
import type { ColumnFormat } from './column-format.js'
import { csv } from './csv.js'
import type { LineFormat } from './format.js'
import { jsonLines } from './json-lines.js'
import { parquet } from './parquet.js'
import { plainLines } from './plain-lines.js'
import { tsv } from './tsv.js'
import { isUrl, shownUrl } from './url.js'

export type InputFormat = LineFormat | ColumnFormat

export const INPUT_FORMATS: readonly InputFormat[] = [jsonLines, plainLines, csv, tsv, parquet, arrow]

/** For names that don't say it. */
export const DEFAULT_FORMAT: LineFormat = plainLines

/** The endings of packed files of lines, which follow that of the format. */
export const PACKED_ENDINGS: readonly string[] = ['.gz', '.zst']

/** The format that a file's name says, null when it says none. */
export function formatOf(path: string): InputFormat | null {
  const name = (isUrl(path) ? shownUrl(path) : path).toLowerCase()
  const packed = PACKED_ENDINGS.find((ending) => name.endsWith(ending)) ?? ''
  const unpacked = name.slice(0, name.length - packed.length)
  return (
    INPUT_FORMATS.find(({ kind, endings }) =>
      endings.some((ending) => (kind === 'lines' ? unpacked : name).endsWith(ending)),
    ) ?? null
  )
}

/** For help texts: "JSON Lines, plain lines, CSV or TSV". */
export function inputTitles(): string {
  const titles = INPUT_FORMATS.map(({ title }) => title)
  return `${titles.slice(0, -1).join(', ')} or ${titles.at(-1) ?? ''}`
}

/**
 * The formats of inputs whose rows are written as the lines that they are.
 *
 * @param given the format of all inputs; null = each has the one that its name says
 * @throws UsageError when one has columns, or they have not all the same format
 */
export function oneLineFormat(paths: readonly string[], given: InputFormat | null): LineFormat {
  let found: LineFormat | null = null
  for (const path of paths) {
    const format = given ?? formatOf(path) ?? DEFAULT_FORMAT
    if (format.kind === 'columns') {
      throw new UsageError(
        `rows are written as the lines that they are, but ${path} is ${format.title}, which has none`,
      )
    }
    if (found !== null && found !== format)
      throw new UsageError('the output has the format of the files: expected files of one format')
    found = format
  }
  return found ?? DEFAULT_FORMAT
}

/** Whether fields beside text and id can be kept. */
export function canKeep(format: InputFormat): boolean {
  return format.hasFields
}
