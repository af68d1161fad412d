// The types of columns whose values have each their own, as in JSON Lines, for outputs whose columns
// have one. The first rows decide: a column is of the first type of the list that all their values fit
// without being changed. As JSON fits every value, so no value is ever rounded.

import type { Column, ColumnData, ColumnType, ColumnValue } from '../column.js'
import { countOf, listOf } from '../column-values.js'
import { wellFormedJson } from '../well-formed.js'
import type { OutputRows } from './format.js'

/** The value that some JSON is; undefined = it is of another type. */
type Read = (json: string) => ColumnValue | undefined

/** Of no value at all, strings: what is missing from all of the first rows is most often one. */
const TYPES: readonly (readonly [type: ColumnType, title: string, read: Read])[] = [
  ['string', 'a string', (json) => (json.startsWith('"') ? (JSON.parse(json) as string) : undefined)],
  ['boolean', 'a boolean', (json) => (json === 'true' ? true : json === 'false' ? false : undefined)],
  ['int64', 'an integer of 64 bits', (json) => integerOf(json, (value) => BigInt.asIntN(64, value))],
  ['uint64', 'an unsigned integer of 64 bits', (json) => integerOf(json, (value) => BigInt.asUintN(64, value))],
  ['float64', 'a number that float64 has', numberOf],
  ['json', 'JSON', wellFormedJson],
]

function integerOf(json: string, ofType: (value: bigint) => bigint): bigint | undefined {
  // None of 64 bits has more than 20 digits.
  if (!/^-?\d{1,20}$/.test(json)) return undefined
  const value = BigInt(json)
  return ofType(value) === value ? value : undefined
}

function numberOf(json: string): number | undefined {
  if (!/^[-\d]/.test(json)) return undefined
  const value = Number(json)
  const isRounded = !Number.isFinite(value) || (/^-?\d+$/.test(json) && BigInt(value) !== BigInt(json))
  return isRounded ? undefined : value
}

/**
 * The column with a type.
 *
 * @param before as it is in the rows before; undefined = these are the first
 * @throws Error with the line, for a value that is not of the type
 */
export function inferredColumn(data: ColumnData, before: Column | undefined, { placeOf }: OutputRows): ColumnData {
  const { name } = data.column
  const candidates = TYPES.filter(([type]) => before === undefined || type === before.type)
  for (const [type, title, read] of candidates) {
    const values: (ColumnValue | null)[] = []
    for (const json of listOf(data.values) as readonly (string | null)[]) {
      const value = json === null || json === 'null' ? null : read(json)
      if (value !== undefined) {
        values.push(value)
        continue
      }
      if (before === undefined) break
      const found = json !== null && json.length > 40 ? `${json.slice(0, 40)}…` : json
      throw new Error(
        `${placeOf(values.length)}: expected ${title} in ${JSON.stringify(name)}, but got ${found}: ` +
          'in this format a column has one type, which its first rows decide',
      )
    }
    if (values.length === countOf(data.values)) return { column: { name, type, isNullable: true }, values }
  }
  // The rows before are of another input, with a type that JSON does not have: the caller says so.
  return { column: { name, type: 'json', isNullable: true }, values: data.values }
}

/**
 * The columns in the order that they have in the output, where rows may lack some.
 *
 * @throws Error with the line, for a column that the output does not have
 */
export function alignedColumns(
  columns: readonly Column[],
  { columns: found, matrix, placeOf }: OutputRows,
): ColumnData[] {
  const byName = new Map(found.map((data) => [data.column.name, data]))
  const aligned = columns.map((column) => {
    const data = byName.get(column.name)
    byName.delete(column.name)
    return data ?? { column, values: new Array<null>(matrix.rows).fill(null) }
  })
  for (const [name, { values }] of byName) {
    const row = listOf(values).findIndex((value: unknown) => value !== null)
    throw new Error(
      `${placeOf(row)}: expected the fields of the first rows, but got ${JSON.stringify(name)} too: ` +
        'in this format the columns are those of the first rows, so name them to --keep',
    )
  }
  return aligned
}
