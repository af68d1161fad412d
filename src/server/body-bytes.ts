// The bytes of a body as they arrive or are unpacked: no more than the limit, and counted before
// there is memory for them.

import { Buffer } from '../runtime/node-globals.js'
import { Fault, RETRY_AFTER } from './fault.js'

/**
 * A body of several chunks gets room for this many times as many bytes as have come: a client that
 * only says that it will send much gets little, and all copies together are a third of the body.
 */
const GROWTH = 4
const FIRST_BYTES = 4096

/** Whose bytes they are. */
export interface Holder {
  /** Counts bytes. @throws Fault when they are too many */
  hold(bytes: number): void
}

export class BodyBytes {
  readonly #holder: Holder
  readonly #most: number
  readonly #known: number
  #bytes: Buffer | null = null
  /** Whether there may be room after the bytes; the first chunk is kept as it came. */
  #isOwn = false
  size = 0

  /**
   * @param most bytes
   * @param known how many bytes there will be, as far as anybody says so; else 0
   */
  constructor(holder: Holder, most: number, known = 0) {
    this.#holder = holder
    this.#most = most
    this.#known = known
  }

  /** @throws Fault */
  append(chunk: Uint8Array): void {
    const before = this.size
    const size = before + chunk.length
    if (size > this.#most) throw tooLarge(this.#most)
    if (this.#bytes === null) {
      this.#holder.hold(size)
      this.#bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    } else {
      const room = this.#isOwn ? this.#bytes.length : 0
      if (size > room) this.#grow(this.#bytes, size, room)
      this.#bytes.set(chunk, before)
    }
    this.size = size
  }

  #grow(bytes: Buffer, size: number, room: number): void {
    const wanted = Math.max(FIRST_BYTES, GROWTH * size)
    const capacity = Math.min(this.#known >= size ? Math.min(this.#known, wanted) : wanted, this.#most)
    this.#holder.hold(capacity - (this.#isOwn ? room : bytes.length))
    let grown: Buffer
    try {
      grown = Buffer.allocUnsafeSlow(capacity)
    } catch {
      throw new Fault('unavailable', 'the server has no memory for this request', null, RETRY_AFTER)
    }
    grown.set(bytes.subarray(0, this.size))
    this.#bytes = grown
    this.#isOwn = true
  }

  /** The bytes, which are not kept here. */
  take(): Buffer {
    const bytes = this.#bytes?.subarray(0, this.size) ?? Buffer.alloc(0)
    this.#bytes = null
    return bytes
  }
}

export function tooLarge(most: number): Fault {
  return new Fault('body', `the body has more than ${most} bytes`)
}
