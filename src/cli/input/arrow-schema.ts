// The columns of an Arrow file that are read, found in its schema.

import type { DataType, Field, Schema } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'
import { FileError } from '../file-error.js'
import { arrowType, isText } from './arrow-types.js'
import { columnUses, EXPECTED, noColumn } from './column-format.js'
import type { ColumnUse, WantedColumns } from './column-format.js'
import { fieldAt } from './fields.js'

/** A column that is read. */
export interface WantedField {
  readonly kind: ColumnUse['kind']
  /** As the user names it. */
  readonly name: string
  /** Indexes of the children from the schema on. */
  readonly path: readonly number[]
  readonly field: Field
  readonly isNullable: boolean
}

interface Node {
  readonly fields: readonly Field[]
  readonly field: Field | null
  readonly path: readonly number[]
  readonly isNullable: boolean
}

/** @throws FileError */
export function columnsOf(library: Arrow, schema: Schema, wanted: WantedColumns, file: string): WantedField[] {
  const names = schema.fields.map(({ name }) => name)
  const root: Node = { fields: schema.fields, field: null, path: [], isNullable: false }
  const childOf = ({ fields, path, isNullable }: Node, key: string): Node | undefined => {
    const index = fields.findIndex(({ name }) => name === key)
    const field = fields[index]
    if (field === undefined) return undefined
    const type = field.type as DataType
    const inner = library.DataType.isStruct(type) ? type.children : []
    return { fields: inner, field, path: [...path, index], isNullable: isNullable || field.nullable }
  }
  return columnUses(wanted, names, file).map(({ kind, path: name }) => {
    const found = fieldAt(root, name, childOf)
    if (found === undefined || found.field === null) throw new FileError(`${file}: ${noColumn(name, names)}`)
    if (isFit(library, kind, found.field))
      return { kind, name, path: found.path, field: found.field, isNullable: found.isNullable }
    const type = String(found.field.type)
    throw new FileError(`${file}: expected ${EXPECTED[kind]} in the column ${JSON.stringify(name)}, but got ${type}`)
  })
}

/** Whether a column can be read for this. */
function isFit(library: Arrow, kind: ColumnUse['kind'], field: Field): boolean {
  const type = field.type as DataType
  if (kind === 'text') return isText(library, type)
  const found = arrowType(library, field)
  if (kind === 'kept') return found !== null
  return ['string', 'int32', 'int64', 'uint64'].includes(found?.type ?? '') && !library.DataType.isDecimal(type)
}
