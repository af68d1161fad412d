// The table of output formats: a row for each, whose file says the rest.

import path from 'node:path'

import { UsageError } from '../command.js'
import { arrow } from './arrow.js'
import type { OutputFormat } from './format.js'
import { jsonLines } from './json-lines.js'
import { npy } from './npy.js'
import { parquet } from './parquet.js'

export const OUTPUT_FORMATS: readonly OutputFormat[] = [jsonLines, npy, arrow, parquet]

/** The endings of those formats that have columns for ids and texts. */
export const ENDINGS_WITH_COLUMNS: readonly string[] = OUTPUT_FORMATS.filter(({ columns }) => columns).map(
  ({ ending }) => ending,
)

/** The format that the ending of `--out` chooses. @throws UsageError */
export function outputFormatOf(out: string): OutputFormat {
  const ending = path.extname(out)
  const found = OUTPUT_FORMATS.find((format) => format.ending === ending)
  if (found !== undefined) return found
  const known = OUTPUT_FORMATS.map((format) => format.ending).join(', ')
  throw new UsageError(`--out should end with ${known}, but got ${out}`)
}
