// Items become batches: the text of each is read, and a batch is full by count or by the length of
// its texts.

import { isPromise } from 'node:util/types'

import { describe, InvalidTextError, messageOf } from '../errors.js'
import type { CheckedStreamOptions } from '../options/stream.js'

/** Items that are encoded in one call. */
export interface Batch<Item> {
  /** The place of the first item in the source. */
  readonly index: number
  readonly items: Item[]
  readonly texts: string[]
}

export class Batcher<Item> {
  readonly #text: ((item: Item) => unknown) | undefined
  readonly #size: number
  readonly #bytes: number
  #batch: Batch<Item> = { index: 0, items: [], texts: [] }
  #length = 0

  constructor(options: CheckedStreamOptions) {
    this.#text = options.text as ((item: Item) => unknown) | undefined
    this.#size = options.batchSize
    this.#bytes = options.batchBytes
  }

  /** How many items the batch has that is being filled. */
  get count(): number {
    return this.#batch.items.length
  }

  /**
   * Adds the next item.
   *
   * @returns whether the batch is full
   * @throws InvalidTextError with the item's place in the source
   */
  add(item: Item): boolean {
    const { items, texts } = this.#batch
    const text = this.#textOf(item)
    items.push(item)
    texts.push(text)
    this.#length += text.length
    return items.length >= this.#size || this.#length >= this.#bytes
  }

  /** The batch as it is; the next item starts another. */
  take(): Batch<Item> {
    const batch = this.#batch
    this.#batch = { index: batch.index + batch.items.length, items: [], texts: [] }
    this.#length = 0
    return batch
  }

  #textOf(item: Item): string {
    let text: unknown = item
    if (this.#text !== undefined) {
      try {
        text = this.#text(item)
      } catch (cause) {
        throw this.#invalid(`\`text\` threw for item ${this.#index}: ${messageOf(cause)}`, cause)
      }
    }
    if (typeof text === 'string') return text
    const what =
      this.#text === undefined ? `item ${this.#index} should be` : `\`text\` of item ${this.#index} should give`
    let hint = ''
    if (isPromise(text)) {
      hint = ': wait for it in the source, as an async generator'
      // It may reject, and nobody else listens.
      text.catch(() => undefined)
    }
    throw this.#invalid(`${what} a string, but got ${describe(text)}${hint}`)
  }

  get #index(): number {
    return this.#batch.index + this.count
  }

  #invalid(message: string, cause?: unknown): InvalidTextError {
    const options = { index: this.#index, ...(cause !== undefined && { cause }) }
    return new InvalidTextError(message, options)
  }
}
