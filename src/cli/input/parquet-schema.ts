// The columns of a Parquet file that are read, found in its schema.

import type { SchemaTree } from 'hyparquet'

import { FileError } from '../file-error.js'
import { columnUses, EXPECTED, noColumn } from './column-format.js'
import type { ColumnUse, WantedColumns } from './column-format.js'
import { fieldAt } from './fields.js'
import { isNested } from './parquet-nested.js'
import { isId, isText, parquetType, typeName } from './parquet-types.js'

/** A column that is read. */
export interface WantedLeaf {
  readonly kind: ColumnUse['kind']
  /** As the user names it. */
  readonly name: string
  /** From the root on. */
  readonly path: readonly SchemaTree[]
  readonly leaf: SchemaTree
}

/** Whether a column can be read for this. */
const IS_FIT: Readonly<Record<ColumnUse['kind'], (leaf: SchemaTree) => boolean>> = {
  text: isText,
  id: isId,
  kept: (leaf) => parquetType(leaf) !== null || isNested(leaf),
}

/** @throws FileError */
export function columnsOf(root: SchemaTree, wanted: WantedColumns, file: string): WantedLeaf[] {
  const names = root.children.map(({ element }) => element.name)
  return columnUses(wanted, names, file).map(({ kind, path: name }) => {
    const childOf = (nodes: readonly SchemaTree[], key: string): readonly SchemaTree[] | undefined => {
      const child = nodes.at(-1)?.children.find(({ element }) => element.name === key)
      return child && [...nodes, child]
    }
    const path = fieldAt<readonly SchemaTree[]>([root], name, childOf)
    const leaf = path?.at(-1)
    if (path === undefined || leaf === undefined) throw new FileError(`${file}: ${noColumn(name, names)}`)
    const isList = path.some(({ element }) => element.repetition_type === 'REPEATED')
    const isInner = path.length > 2 && leaf.children.length > 0
    if (!isList && !isInner && IS_FIT[kind](leaf)) return { kind, name, path, leaf }
    const found = isList ? 'a list' : typeName(leaf)
    throw new FileError(`${file}: expected ${EXPECTED[kind]} in the column ${JSON.stringify(name)}, but got ${found}`)
  })
}
