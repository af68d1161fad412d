// Values of columns as JSON.

import type { Column, ColumnData, ColumnValue } from '../column.js'
import { wellFormed, wellFormedJson } from '../well-formed.js'

const DAY_MS = 86_400_000
const PER_SECOND = { ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n } as const

/** What gives the member of the object of each row, with a comma after it; nothing where it is missing. */
export function jsonMember({ column, values }: ColumnData): (row: number) => string {
  const key = JSON.stringify(wellFormed(column.name))
  return (row) => {
    const value = values[row] ?? null
    return value === null && column.type === 'any' ? '' : `${key}:${jsonOf(column, value)},`
  }
}

function jsonOf({ type, unit = 'us', isUtc = false }: Column, value: ColumnValue | null): string {
  if (value === null) return 'null'
  switch (type) {
    case 'json':
      return onOneLine(value as string)
    case 'any':
      return wellFormedJson(value as string)
    case 'bytes':
      return `"${Buffer.from(value as Uint8Array).toString('base64')}"`
    case 'date':
      return `"${new Date((value as number) * DAY_MS).toISOString().slice(0, -'T00:00:00.000Z'.length)}"`
    case 'timestamp':
      return `"${timeOf(BigInt(value as bigint | number), PER_SECOND[unit])}${isUtc ? 'Z' : ''}"`
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

/** 2024-01-31T12:00:00.000001, with as many digits as the unit has. */
function timeOf(value: bigint, perSecond: bigint): string {
  const fraction = ((value % perSecond) + perSecond) % perSecond
  const seconds = Number((value - fraction) / perSecond)
  const time = new Date(1000 * seconds).toISOString().slice(0, -'.000Z'.length)
  return `${time}.${String(fraction).padStart(String(perSecond).length - 1, '0')}`
}
