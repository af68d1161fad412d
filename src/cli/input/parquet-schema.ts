// The columns of a Parquet file that are read, found in its schema.

import type { ColumnMetaData, RowGroup, SchemaTree } from 'hyparquet'

import { FileError } from '../file-error.js'
import { keptNames, noColumn } from './column-format.js'
import type { WantedColumns } from './column-format.js'
import { fieldAt } from './fields.js'
import type { FieldPath } from './fields.js'
import { isId, isText, parquetType, typeName } from './parquet-types.js'

/** A column that is read. */
export interface WantedLeaf {
  readonly kind: 'text' | 'id' | 'kept'
  readonly name: FieldPath
  /** From the root on. */
  readonly path: readonly SchemaTree[]
  readonly leaf: SchemaTree
}

/** @throws FileError */
export function columnsOf(root: SchemaTree, { texts, id, keep }: WantedColumns, path: string): WantedLeaf[] {
  const names = root.children.map(({ element }) => element.name)
  const wanted = (kind: WantedLeaf['kind'], name: FieldPath, isFit: (leaf: SchemaTree) => boolean, what: string): WantedLeaf => {
    const leaf = fieldAt(root, name, ({ children }, key) => children.find(({ element }) => element.name === key))
    if (leaf === undefined) throw new FileError(`${path}: ${noColumn(name, names)}`)
    const schemaPath = pathTo(root, leaf)
    const isRepeated = schemaPath.some(({ element }) => element.repetition_type === 'REPEATED')
    if (isRepeated || !isFit(leaf)) {
      throw new FileError(`${path}: expected ${what} in the column ${JSON.stringify(name)}, but got ${isRepeated ? 'a list' : typeName(leaf)}`)
    }
    return { kind, name, path: schemaPath, leaf }
  }
  return [
    ...texts.map((name) => wanted('text', name, isText, 'strings')),
    ...(id === null ? [] : [wanted('id', id, isId, 'strings or integers')]),
    ...keptNames(keep, names).map((name) =>
      wanted('kept', name, (leaf) => parquetType(leaf) !== null, 'a type that can be kept'),
    ),
  ]
}

function pathTo(root: SchemaTree, leaf: SchemaTree): SchemaTree[] {
  const path = [root]
  for (let at = root; at !== leaf;) {
    const next = at.children.find((child) => child === leaf || child.path.every((name, i) => name === leaf.path[i]))
    if (next === undefined) throw new Error('expected a column of the schema')
    path.push(next)
    at = next
  }
  return path
}

/** Where a column is in a row group. */
export function chunkOf({ columns }: RowGroup, { leaf }: WantedLeaf): ColumnMetaData {
  const found = columns.find(({ meta_data }) => {
    const path = meta_data?.path_in_schema
    return path?.length === leaf.path.length && path.every((name, i) => name === leaf.path[i])
  })
  if (found?.file_path !== undefined) throw new Error('its columns are in other files')
  if (found?.meta_data === undefined) throw new Error(`no column ${JSON.stringify(leaf.path.join('.'))} in a row group`)
  return found.meta_data
}

