// `encodeStream`: a source of any length in, batches of items and their vectors out, in order and a
// bounded number ahead.

import { onAbort, throwIfAborted } from '../runtime/abort.js'
import type { Dtype, FreshArray, TokenArray } from '../dtype.js'
import { atItem, isModel2VecError } from '../errors.js'
import { isTurnOver, nextTurn } from '../runtime/event-loop.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import { AbortController } from '../runtime/node-globals.js'
import { isThenable } from '../runtime/promise.js'
import type { CheckedStreamOptions } from '../options/stream.js'
import { Batcher } from './text-batches.js'
import type { Batch } from './text-batches.js'
import { readAhead } from './read-ahead.js'
import type { Reader, Step } from './stream-source.js'

/** Some items of a stream, and a row for each. */
export interface StreamBatch<Item, D extends Dtype = 'float32'> {
  /** The place of the first item in the source, from 0. */
  readonly index: number
  /** The items, as the source gave them. */
  readonly items: Item[]
  /** A row for each item; the memory is this batch's own. */
  readonly embeddings: EmbeddingMatrix<D, FreshArray<D>, TokenArray>
}

/** Encodes the texts of one batch. */
export type EncodeBatch = (
  texts: string[],
  signal: AbortSignal,
) => Promise<EmbeddingMatrix<Dtype, FreshArray<Dtype>, TokenArray>>

/**
 * How many items of a source that has them ready are read between two looks at the clock; fewer
 * with `text`, which may take long.
 */
const ITEMS_PER_LOOK = { given: 64, asked: 4 } as const

/** Reads batches from a source. */
class BatchReader<Item> {
  readonly #open: () => Reader<Item>
  readonly #batcher: Batcher<Item>
  #reader: Reader<Item> | null = null
  #isReading = false
  readonly #itemsPerLook: number
  #itemsSinceLook = 0
  /** The source has ended, failed, or was let go. */
  #isOver = false
  /** Thrown after the items that were read before it. */
  #failure: { readonly error: unknown } | null = null

  constructor(open: () => Reader<Item>, options: CheckedStreamOptions) {
    this.#open = open
    this.#batcher = new Batcher(options)
    this.#itemsPerLook = options.text === undefined ? ITEMS_PER_LOOK.given : ITEMS_PER_LOOK.asked
  }

  /** The next batch, null at the end. */
  async next(): Promise<Batch<Item> | null> {
    if (!this.#isOver && this.#failure === null) {
      try {
        await this.#fill((this.#reader ??= this.#open()))
      } catch (error) {
        this.#failure = { error }
      }
    }
    if (this.#batcher.count > 0) return this.#batcher.take()
    if (this.#failure !== null) throw this.#failure.error
    return null
  }

  /** Lets the source go, once. */
  async stop(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#reader?.stop(this.#isReading)
  }

  /** Adds items until the batch is full or the source is at its end. */
  async #fill(reader: Reader<Item>): Promise<void> {
    while (!this.#isOver) {
      const step = this.#read(reader)
      // A source that has its items ready is not awaited.
      const given = isThenable(step) ? await this.#arrived(step) : step
      if (given.done === true) {
        this.#isOver = true
        return
      }
      const isFull = this.#batcher.add(given.value)
      if (++this.#itemsSinceLook >= this.#itemsPerLook) {
        this.#itemsSinceLook = 0
        if (isTurnOver()) await nextTurn()
      }
      if (isFull) return
    }
  }

  #read(reader: Reader<Item>): Step<Item> | Promise<Step<Item>> {
    try {
      return reader.next()
    } catch (error) {
      this.#isOver = true
      throw error
    }
  }

  async #arrived(step: PromiseLike<Step<Item>>): Promise<Step<Item>> {
    this.#isReading = true
    try {
      return await step
    } catch (error) {
      this.#isOver = true
      throw error
    } finally {
      this.#isReading = false
    }
  }
}

/** The generator's batches; `stop` ends it from outside. */
async function* encodedBatches<Item>(
  encodeBatch: EncodeBatch,
  reader: BatchReader<Item>,
  { concurrency, signal, onProgress }: CheckedStreamOptions,
  stop: AbortController,
): AsyncGenerator<StreamBatch<Item, Dtype>, void, undefined> {
  const forget = onAbort([signal], () => {
    stop.abort()
    // The source is let go now, not when the next batch is asked for.
    reader.stop().catch(() => undefined)
  })
  const encodeNext = async (batch: Batch<Item>, stopped: AbortSignal): Promise<StreamBatch<Item, Dtype>> => {
    try {
      return { index: batch.index, items: batch.items, embeddings: await encodeBatch(batch.texts, stopped) }
    } catch (error) {
      throw isModel2VecError(error) ? atItem(error, batch.index) : error
    }
  }
  let hasFailed = false
  try {
    for await (const batch of readAhead(() => reader.next(), encodeNext, concurrency, stop)) {
      onProgress?.({ done: batch.index + batch.items.length })
      yield batch
    }
    throwIfAborted(signal)
  } catch (error) {
    hasFailed = true
    throw error
  } finally {
    forget()
    try {
      await reader.stop()
    } catch (error) {
      // As in a `for await`: what failed first is what the caller hears.
      if (!hasFailed) throw error
    }
  }
}

/**
 * The batches of a source. Nothing is read before the first is asked for.
 *
 * A class around the generator, as a generator's own `return` waits for the `next` that runs, which
 * waits for the source.
 */
export class EncodeStream<Item> implements AsyncGenerator<StreamBatch<Item, Dtype>, void, undefined> {
  readonly #batches: AsyncGenerator<StreamBatch<Item, Dtype>, void, undefined>
  readonly #stop = new AbortController()
  readonly #reader: BatchReader<Item>

  constructor(encodeBatch: EncodeBatch, open: () => Reader<Item>, options: CheckedStreamOptions) {
    this.#reader = new BatchReader(open, options)
    this.#batches = encodedBatches(encodeBatch, this.#reader, options, this.#stop)
  }

  next(): Promise<IteratorResult<StreamBatch<Item, Dtype>, void>> {
    return this.#batches.next()
  }

  async return(): Promise<IteratorResult<StreamBatch<Item, Dtype>, void>> {
    this.#stop.abort()
    return this.#batches.return()
  }

  throw(error: unknown): Promise<IteratorResult<StreamBatch<Item, Dtype>, void>> {
    this.#stop.abort()
    return this.#batches.throw(error)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
