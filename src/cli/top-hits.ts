// Keeps the best of any number of scored items: a heap with the worst kept item at its root.

export class TopHits<Item> {
  readonly #size: number
  readonly #heap: { readonly score: number; readonly order: number; readonly item: Item }[] = []
  #seen = 0

  /** @param size how many are kept, at least 1 */
  constructor(size: number) {
    this.#size = size
  }

  /**
   * Between equal scores, the earlier item is the better one. `item` is called only if it is kept.
   */
  offer(score: number, item: () => Item): void {
    const order = this.#seen++
    const heap = this.#heap
    if (heap.length < this.#size) {
      heap.push({ score, order, item: item() })
      this.#rise(heap.length - 1)
    } else if (score > (heap[0]?.score ?? Infinity)) {
      heap[0] = { score, order, item: item() }
      this.#sink()
    }
  }

  /** The items that are kept, the best first. */
  sorted(): { readonly score: number; readonly item: Item }[] {
    return [...this.#heap].sort((a, b) => b.score - a.score || a.order - b.order)
  }

  #isWorse(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return one !== undefined
    return one.score < other.score || (one.score === other.score && one.order > other.order)
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    if (one === undefined || other === undefined) return
    this.#heap[a] = other
    this.#heap[b] = one
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1
      if (!this.#isWorse(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1
      const worst = this.#isWorse(left + 1, left) ? left + 1 : left
      if (!this.#isWorse(worst, at)) return
      this.#swap(worst, at)
      at = worst
    }
  }
}
