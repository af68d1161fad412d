// The table of output formats: a row for each, whose file says the rest.

import { UsageError } from '../command.js'
import { arrow } from './arrow.js'
import type { OutputFormat } from './format.js'
import { jsonLines, packedJsonLines } from './json-lines.js'
import { milvusJson } from './milvus-json.js'
import { npy } from './npy.js'
import { parquet } from './parquet.js'

export const OUTPUT_FORMATS: readonly OutputFormat[] = [jsonLines, ...packedJsonLines, npy, arrow, parquet]

/** The endings of those formats that have columns for ids and texts. */
export const ENDINGS_WITH_COLUMNS: readonly string[] = OUTPUT_FORMATS.filter(({ columns }) => columns).map(
  ({ ending }) => ending,
)

/** Those that Milvus imports. */
const MILVUS_FORMATS: readonly OutputFormat[] = [parquet, milvusJson, npy]

/** The format that the ending of `--out` chooses. @throws UsageError */
export function outputFormatOf(out: string, isForMilvus: boolean): OutputFormat {
  const formats = isForMilvus ? MILVUS_FORMATS : OUTPUT_FORMATS
  const found = formats.find(({ ending }) => out.endsWith(ending))
  if (found !== undefined) return found
  const known = formats.map((format) => format.ending).join(', ')
  throw new UsageError(`${isForMilvus ? 'with --milvus ' : ''}--out should end with ${known}, but got ${out}`)
}
