// The keys that open a server. Only digests are kept and compared, in the same time for every key.

import { createHash, timingSafeEqual } from 'node:crypto'

import type { Buffer } from '../runtime/node-globals.js'

/** Headers by their names in lower case, as `node:http` gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

export class ApiKeys {
  readonly #digests: readonly Buffer[]

  constructor(keys: readonly string[]) {
    this.#digests = keys.map(digest)
  }

  /** Whether a request may be answered: always where there are no keys. */
  admits(headers: Headers): boolean {
    if (this.#digests.length === 0) return true
    const given = keyOf(headers)
    if (given === null) return false
    const found = digest(given)
    let isKnown = false
    // Every one is compared, so that the time says nothing about which it was.
    for (const known of this.#digests) if (timingSafeEqual(known, found)) isKnown = true
    return isKnown
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

function keyOf({ authorization, 'x-api-key': apiKey }: Headers): string | null {
  if (typeof authorization === 'string') {
    const [, key = null] = /^bearer +(\S+) *$/i.exec(authorization) ?? []
    if (key !== null) return key
  }
  return typeof apiKey === 'string' ? apiKey : null
}
