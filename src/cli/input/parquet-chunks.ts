// Where columns are in a row group of a Parquet file.

import type { ColumnMetaData, RowGroup, SchemaTree } from 'hyparquet'

/** Where a column is in a row group. */
export function chunkOf({ columns }: RowGroup, leaf: SchemaTree): ColumnMetaData {
  const found = columns.find(({ meta_data }) => {
    const path = meta_data?.path_in_schema
    return path?.length === leaf.path.length && path.every((name, i) => name === leaf.path[i])
  })
  if (found?.file_path !== undefined) throw new Error('its columns are in other files')
  if (found?.meta_data === undefined) throw new Error(`no column ${JSON.stringify(leaf.path.join('.'))} in a row group`)
  return found.meta_data
}
