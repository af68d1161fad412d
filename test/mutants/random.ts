// Random choices, the same for the same seed (mulberry32).

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** From 0 to `end` − 1; 0 where there is none. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0]
  }

  /** A place in `0..length`, half of the time near the ends, where headers and settings are. */
  place(length: number): number {
    const near = this.below(Math.min(length, 256) + 1)
    return this.pick([near, length - near, this.below(length + 1), this.below(length + 1)])
  }
}
