// Values of columns as JSON.

import type { Column, ColumnData, ColumnValue } from '../column.js'
import { listOf } from '../column-values.js'
import { dateText, timestampText } from '../time-text.js'
import { wellFormed, wellFormedJson } from '../well-formed.js'

/** What gives the member of the object of each row, with a comma after it; nothing where it is missing. */
export function jsonMember({ column, values }: ColumnData): (row: number) => string {
  const key = jsonKey(column)
  const all = listOf(values)
  return (row) => {
    const value = all[row] ?? null
    return value === null && column.type === 'any' ? '' : `${key}${jsonOf(column, value)},`
  }
}

/** With its colon. */
export function jsonKey({ name }: Column): string {
  return `${JSON.stringify(wellFormed(name))}:`
}

/** @throws Error for a date or a time that JavaScript has not */
export function jsonOf({ type, unit = 'us', isUtc = false }: Column, value: ColumnValue | null): string {
  if (value === null) return 'null'
  switch (type) {
    case 'json':
      return onOneLine(value as string)
    case 'any':
      return wellFormedJson(value as string)
    case 'bytes':
      return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'date':
      return `"${dateText(value as number)}"`
    case 'timestamp':
      return `"${timestampText(value as bigint | number, unit)}${isUtc ? 'Z' : ''}"`
    default:
      // JSON has no NaN and no infinities: they become null.
      if (typeof value === 'bigint') return String(value)
      return JSON.stringify(typeof value === 'string' ? wellFormed(value) : value)
  }
}

/**
 * JSON without line breaks, which stand between its values only; a string of what is no JSON. It is
 * not parsed and written again, as that would round large integers.
 */
function onOneLine(json: string): string {
  try {
    JSON.parse(json)
  } catch {
    return JSON.stringify(wellFormed(json))
  }
  return wellFormedJson(json.replaceAll(/[\r\n]+/g, ' '))
}
