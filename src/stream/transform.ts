// `transform`: the same as `encodeStream`, as a TransformStream that texts or items are written
// into.

import type { Dtype } from '../dtype.js'
import { TransformStream } from '../runtime/node-globals.js'
import type { CheckedStreamOptions } from '../options/stream.js'
import { EncodeStream } from './encode-stream.js'
import type { EncodeBatch, StreamBatch } from './encode-stream.js'
import type { Reader, Step } from './stream-source.js'

/** Hands one item at a time from the writer to the reader. */
class HandOver<Item> implements Reader<Item> {
  #item: { readonly value: Item; readonly isTaken: () => void } | null = null
  #reader: ((step: Step<Item>) => void) | null = null
  #isOver = false

  /** Resolves when the item is taken, or nobody takes any more. */
  put(value: Item): Promise<void> {
    if (this.#isOver) return Promise.resolve()
    if (this.#reader !== null) {
      this.#reader({ value })
      this.#reader = null
      return Promise.resolve()
    }
    return new Promise((isTaken) => {
      this.#item = { value, isTaken }
    })
  }

  next(): Step<Item> | Promise<Step<Item>> {
    const item = this.#item
    if (item !== null) {
      this.#item = null
      item.isTaken()
      return { value: item.value }
    }
    if (this.#isOver) return { done: true }
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  /** No more items: after the one that waits. */
  end(): void {
    this.#isOver = true
    this.#reader?.({ done: true })
    this.#reader = null
  }

  stop(): Promise<void> {
    this.#item?.isTaken()
    this.#item = null
    this.end()
    return Promise.resolve()
  }
}

export function transformStream<Item>(
  encodeBatch: EncodeBatch,
  options: CheckedStreamOptions,
): TransformStream<Item, StreamBatch<Item, Dtype>> {
  const items = new HandOver<Item>()
  const batches = new EncodeStream(encodeBatch, () => items, options)
  // Nothing is enqueued without a bound: items are written only while somebody reads, and batches
  // come of items.
  const deliver = async (controller: TransformStreamDefaultController<StreamBatch<Item, Dtype>>): Promise<void> => {
    try {
      for await (const batch of batches) controller.enqueue(batch)
    } catch (error) {
      controller.error(error)
      throw error
    }
  }
  let delivered: Promise<void> = Promise.resolve()
  const transformer = {
    start(controller: TransformStreamDefaultController<StreamBatch<Item, Dtype>>): void {
      delivered = deliver(controller)
      delivered.catch(() => undefined)
    },
    transform: (item: Item): Promise<void> => items.put(item),
    async flush(): Promise<void> {
      items.end()
      await delivered
    },
    // Called when the readable side is cancelled or the writable side aborted (Node 20.14 and 21.5
    // on).
    async cancel(): Promise<void> {
      await batches.return()
    },
  }
  return new TransformStream<Item, StreamBatch<Item, Dtype>>(transformer)
}
