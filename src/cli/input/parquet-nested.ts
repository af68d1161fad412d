// Lists, structs and maps of a Parquet file, as JSON: a row group of such a column at once.

import type * as hyparquetModule from 'hyparquet'
import type { FileMetaData, ParquetParsers, RowGroup, SchemaTree } from 'hyparquet'

import { exactJson } from '../exact-json.js'
import { dateText, timestampText } from '../time-text.js'
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

/** The JSON of a column in a row group, a string per row; null where a row has none. */
export async function nestedValues(
  file: RandomAccess,
  { readNested, compressors }: NestedReading,
  metadata: FileMetaData,
  group: RowGroup,
  { element }: SchemaTree,
): Promise<(string | null)[]> {
  const rows = await readNested({
    file: file.asyncBuffer,
    metadata: { ...metadata, row_groups: [group], num_rows: group.num_rows },
    columns: [element.name],
    compressors,
    parsers: AS_JSON,
    utf8: false,
  })
  return rows.map((row) => exactJson(row[element.name] ?? null, null)).map((json) => (json === 'null' ? null : json))
}
