// Dates and times as text, with all digits of their unit.

import type { TimeUnit } from './column.js'

const DAY_MS = 86_400_000
const PER_SECOND = { ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n } as const

/** 2024-01-31. @param days since 1970-01-01 @throws Error beyond what JavaScript has */
export function dateText(days: number): string {
  return isoText(days * DAY_MS).slice(0, -'T00:00:00.000Z'.length)
}

/** 2024-01-31T12:00:00.000001. @param time since 1970-01-01 @throws as {@link dateText} */
export function timestampText(time: bigint | number, unit: TimeUnit): string {
  const perSecond = PER_SECOND[unit]
  const value = BigInt(time)
  const fraction = ((value % perSecond) + perSecond) % perSecond
  const seconds = isoText(1000 * Number((value - fraction) / perSecond)).slice(0, -'.000Z'.length)
  return `${seconds}.${String(fraction).padStart(String(perSecond).length - 1, '0')}`
}

/** 12:00:00.000001. @param time since midnight */
export function timeOfDayText(time: bigint | number, unit: TimeUnit): string {
  return timestampText(time, unit).slice('1970-01-01T'.length)
}

function isoText(ms: number): string {
  const date = new Date(ms)
  if (!Number.isNaN(date.getTime())) return date.toISOString()
  throw new Error('expected a time within 100,000,000 days of 1970, as JavaScript has them, but got another')
}
