// One account of the memory of requests: their bodies as they arrive and are unpacked, the rows
// that are made of them, and the answers until clients have read them. Bytes are counted before
// they are allocated, so that a server with too many of them refuses requests instead of running
// out.

import { Fault, RETRY_AFTER } from './fault.js'

export class MemoryBudget {
  readonly limit: number
  /** Bytes that are taken. */
  taken = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** @throws Fault when there is no room for so many bytes; else they are taken */
  take(bytes: number): void {
    if (this.taken + bytes > this.limit) {
      throw new Fault('overloaded', 'the server has no memory for this request now', null, RETRY_AFTER)
    }
    this.taken += bytes
  }

  give(bytes: number): void {
    this.taken -= bytes
  }
}
