// Lists, structs and maps of a Parquet file, as JSON: a row group of such a column at once.

import type * as hyparquetModule from 'hyparquet'
import type { ColumnMetaData, FileMetaData, ParquetParsers, RowGroup, SchemaTree } from 'hyparquet'

import { exactJson } from '../exact-json.js'
import { dateText, timestampText } from '../time-text.js'
import { chunkOf } from './parquet-chunks.js'
import { ColumnPages } from './parquet-pages.js'
import type { PageDecoder, PageReading } from './parquet-pages.js'
import { isText, parquetType } from './parquet-types.js'
import type { RandomAccess } from './random-access.js'
import { stringOfUtf8 } from './format.js'

export type ReadNested = typeof hyparquetModule.parquetReadObjects

/** Leaves as JSON has them. */
const AS_JSON: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => timestampText(value, 'ms'),
  timestampFromMicroseconds: (value) => timestampText(value, 'us'),
  timestampFromNanoseconds: (value) => timestampText(value, 'ns'),
  dateFromDays: dateText,
  stringFromBytes: stringOfUtf8,
  jsonFromBytes: stringOfUtf8,
}

/** Whether a column is of lists, structs or maps whose values all have an exact form in JSON. */
export function isNested({ element, children }: SchemaTree): boolean {
  return element.repetition_type !== 'REPEATED' && children.length > 0 && hasJson(element, children)
}

function hasJson(element: SchemaTree['element'], children: readonly SchemaTree[]): boolean {
  if (element.logical_type?.type === 'VARIANT') return false
  const isList = element.converted_type === 'LIST' || element.converted_type === 'MAP'
  return children.every((child) => {
    // Lists of old writers, which don't say that they are ones, have several forms.
    if (child.element.repetition_type === 'REPEATED' && !isList) return false
    if (child.children.length > 0) return hasJson(child.element, child.children)
    const leaf = { ...child, element: { ...child.element, repetition_type: 'OPTIONAL' as const } }
    const type = parquetType(leaf)
    return type !== null && (type.convert === null || isText(leaf))
  })
}

/** What {@link nestedValues} reads with. */
export interface NestedReading {
  readonly readNested: ReadNested
  readonly compressors: hyparquetModule.Compressors
}

/** Looks at the pages of all columns that a column is made of: the library looks at none. @throws Error */
async function checkPages(
  file: RandomAccess,
  reading: PageReading & NestedReading & Pick<PageDecoder, 'parsers'>,
  group: RowGroup,
  path: readonly SchemaTree[],
): Promise<void> {
  const { parsers, compressors } = reading
  const rows = Number(group.num_rows)
  for (const schemaPath of leavesOf(path)) {
    const leaf = schemaPath.at(-1)
    if (leaf === undefined) continue
    const { path_in_schema: pathInSchema, type, codec, ...meta } = chunkOf(group, leaf)
    const decoder = { pathInSchema, type, codec, element: leaf.element, schemaPath, parsers, compressors }
    const values = await new ColumnPages(file, reading, decoder, meta as ColumnMetaData, Infinity).check()
    if (values < rows) throw new Error(`expected ${rows} rows, but its pages have ${values} values`)
  }
}

/** The paths of all columns without children. */
function leavesOf(path: readonly SchemaTree[]): SchemaTree[][] {
  const { children = [] } = path.at(-1) ?? {}
  return children.length === 0 ? [[...path]] : children.flatMap((child) => leavesOf([...path, child]))
}

/** The JSON of a column in a row group, a string per row; null where a row has none. */
export async function nestedValues(
  file: RandomAccess,
  reading: PageReading & NestedReading & Pick<PageDecoder, 'parsers'>,
  metadata: FileMetaData,
  group: RowGroup,
  path: readonly SchemaTree[],
): Promise<(string | null)[]> {
  const { readNested, compressors } = reading
  const name = path.at(-1)?.element.name ?? ''
  await checkPages(file, reading, group, path)
  const rows = await readNested({
    file: file.asyncBuffer,
    metadata: { ...metadata, row_groups: [group], num_rows: group.num_rows },
    columns: [name],
    compressors,
    parsers: AS_JSON,
    utf8: false,
  })
  return rows.map((row) => exactJson(row[name] ?? null, null)).map((json) => (json === 'null' ? null : json))
}
