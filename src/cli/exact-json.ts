// JSON with integers of any size, which `JSON.stringify` refuses, and with bytes as base64.

import { randomUUID } from 'node:crypto'

/** Marks an integer's digits while they are a string: no text has it, as it is new in each process. */
const MARK = randomUUID()
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g')

/** @param missing what members that are undefined become; not given = they are left out */
export function exactJson(value: unknown, missing?: null): string {
  const json = JSON.stringify(value, (_, each: unknown) => {
    if (each === undefined) return missing
    if (typeof each === 'bigint') return `${MARK}${each}`
    if (each instanceof Uint8Array) return Buffer.from(each).toString('base64')
    return ArrayBuffer.isView(each) ? Array.from(each as Float64Array | BigInt64Array, (x: number | bigint) => x) : each
  })
  return json.includes(MARK) ? json.replace(MARKED, '$1') : json
}
