// JSON with integers of any size: `JSON.stringify` refuses those of more than 53 bits.

import { randomUUID } from 'node:crypto'

/** Marks an integer's digits while they are a string: no text has it, as it is new in each process. */
const MARK = randomUUID()
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g')

export function exactJson(value: unknown): string {
  const json = JSON.stringify(value, (_, each: unknown) => {
    return typeof each === 'bigint' ? `${MARK}${each}` : each
  })
  return json.includes(MARK) ? json.replace(MARKED, '$1') : json
}
