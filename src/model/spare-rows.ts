// Memory for results of one row, made ahead of its use.

import type { Dtype } from '../dtype.js'

/** The most bytes that a model's spare rows take. */
const SPARE_BYTES = 128 * 1024

/**
 * Arrays for results of one float32 row, made many at a time. Making one array outside V8's heap
 * takes 0.6 µs after other work, which has pushed the allocators' code and lists out of the near
 * caches; many in a row take 0.2 µs each. There are never more spare rows than rows were taken
 * before, so that a program that encodes little allocates little.
 */
export class SpareRows {
  readonly #width: number
  readonly #rows: Float32Array[] = []
  #taken = 0

  /** @param width elements of a row */
  constructor(width: number) {
    this.#width = width
  }

  /**
   * An array of zeros that nothing else refers to; null for rows of another format. @throws
   * RangeError
   */
  take({ dtype, width }: { readonly dtype: Dtype; readonly width: number }): Float32Array | null {
    if (dtype !== 'float32' || width !== this.#width) return null
    const row = this.#rows.pop()
    if (row !== undefined) return row
    const count = Math.min(this.#taken, Math.floor(SPARE_BYTES / (width * 4)))
    for (let i = 0; i < count; i++) this.#rows.push(new Float32Array(width))
    this.#taken += count + 1
    return new Float32Array(width)
  }

  /** Frees the spare rows. */
  clear(): void {
    this.#rows.length = 0
  }
}
