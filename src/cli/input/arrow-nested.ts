// Lists, structs and maps of an Arrow file, as JSON.

import type { Data, DataType, Field } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'
import type { Column, ColumnValue } from '../column.js'
import { jsonOf } from '../output/column-json.js'
import { wellFormed } from '../well-formed.js'

/** The JSON of a row. */
type JsonAt = (data: Data, row: number) => string

/** What the values of a field are; null = there is no column for them. */
type TypeOf = (
  field: Field,
) => (Pick<Column, 'type' | 'unit' | 'isUtc'> & { readonly valueAt: (data: Data, row: number) => ColumnValue }) | null

/** Null for another type, and where the values in it are of one that there is no column for. */
export function nestedJson(
  { DataType: Types }: Pick<Arrow, 'DataType'>,
  type: DataType,
  typeOf: TypeOf,
): JsonAt | null {
  const fields: readonly Field[] = (type.children as Field[] | null) ?? []
  if (Types.isStruct(type)) {
    const members = fields.map((field) => memberJson(field, typeOf))
    const keys = fields.map(({ name }) => JSON.stringify(wellFormed(name)))
    if (members.includes(null)) return null
    return (data, row) => `{${keys.map((key, i) => `${key}:${members[i]?.(childOf(data, i), row) ?? ''}`).join(',')}}`
  }
  const [inner] = fields
  if (inner === undefined) return null
  if (Types.isMap(type)) {
    const [key, value] = (inner.type as DataType).children.map((field: Field) => memberJson(field, typeOf))
    if (key == null || value == null) return null
    return (data, row) => {
      const entries = childOf(data, 0)
      const members = rowsOf(data, row).map((i) => {
        const name = key(childOf(entries, 0), i)
        return `${name.startsWith('"') ? name : JSON.stringify(name)}:${value(childOf(entries, 1), i)}`
      })
      return `{${members.join(',')}}`
    }
  }
  const member = memberJson(inner, typeOf)
  if (member === null) return null
  const list = (rows: readonly number[], data: Data): string =>
    `[${rows.map((i) => member(childOf(data, 0), i)).join(',')}]`
  if (Types.isFixedSizeList(type)) {
    const { listSize } = type
    return (data, row) =>
      list(
        Array.from({ length: listSize }, (_, i) => row * listSize + i),
        data,
      )
  }
  return Types.isList(type) || Types.isLargeList(type) ? (data, row) => list(rowsOf(data, row), data) : null
}

function memberJson(field: Field, typeOf: TypeOf): JsonAt | null {
  const found = typeOf(field)
  if (found === null) return null
  const { valueAt, ...type } = found
  const column: Column = { name: field.name, isNullable: true, ...type }
  return (data, row) => jsonOf(column, data.getValid(row) ? valueAt(data, row) : null)
}

function childOf({ children }: Data, index: number): Data {
  const child = children[index]
  if (child === undefined) throw new Error('a column is missing')
  return child
}

/** Where the values of a row of lists, or of maps, are. @throws Error when they are not there */
function rowsOf({ valueOffsets, children: [values] }: Data, row: number): number[] {
  // Those of large lists have 64 bits.
  const offsets = valueOffsets as ArrayLike<number | bigint>
  const [from, to] = [Number(offsets[row]), Number(offsets[row + 1])]
  if (!(from >= 0 && from <= to && to <= (values?.length ?? 0))) throw new Error('a list is not in its values')
  return Array.from({ length: to - from }, (_, i) => from + i)
}
