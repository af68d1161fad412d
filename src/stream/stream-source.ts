// Where a stream's items come from: anything that can be iterated, read one item at a time and let
// go at any moment.

import { describe, InvalidTextError } from '../errors.js'

/** A Web `ReadableStream`, of any realm or polyfill. */
export interface WebStream<Item> {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Item | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock?(): void
  }
}

/** What `encodeStream` reads: an array, a generator, a Node stream, a Web stream. */
export type StreamSource<Item> = Iterable<Item> | AsyncIterable<Item> | WebStream<Item>

export type Step<Item> = { readonly done?: false; readonly value: Item } | { readonly done: true }

/** One pass over a source. */
export interface Reader<Item> {
  next(): Step<Item> | Promise<Step<Item>>
  /**
   * Lets the source go before its end, as `break` does in a `for await`. A source that is being
   * read gets the call, but its answer is not awaited: a generator takes note only when what it
   * waits for has come.
   */
  stop(isReading: boolean): Promise<void>
}

/**
 * What opens the source: nothing of it is touched before.
 *
 * @throws InvalidTextError
 */
export function openerOf<Item>(source: StreamSource<Item>): () => Reader<Item> {
  const given: unknown = source
  // A string is iterable too: by characters, which nobody means.
  if (typeof given === 'object' && given !== null) {
    const { getReader } = given as Partial<WebStream<Item>>
    if (typeof getReader === 'function') return () => webReader(given as WebStream<Item>)
    const { [Symbol.asyncIterator]: asynchronous } = given as Partial<AsyncIterable<Item>>
    if (typeof asynchronous === 'function') return () => iteratorReader(asynchronous.call(given), given)
    const { [Symbol.iterator]: synchronous } = given as Partial<Iterable<Item>>
    if (typeof synchronous === 'function') return () => iteratorReader(synchronous.call(given), given)
  }
  const what = typeof given === 'string' ? 'a string' : describe(given)
  throw new InvalidTextError(`\`source\` should be an iterable or a stream of texts or items, but got ${what}`)
}

function webReader<Item>(stream: WebStream<Item>): Reader<Item> {
  const reader = stream.getReader()
  return {
    async next() {
      try {
        const step = (await reader.read()) as Step<Item>
        // The stream is its owner's again.
        if (step.done === true) reader.releaseLock?.()
        return step
      } catch (error) {
        reader.releaseLock?.()
        throw error
      }
    },
    async stop() {
      try {
        await reader.cancel()
      } finally {
        reader.releaseLock?.()
      }
    },
  }
}

function iteratorReader<Item>(iterator: Iterator<Item> | AsyncIterator<Item>, source: object): Reader<Item> {
  return {
    next: () => iterator.next() as Step<Item> | Promise<Step<Item>>,
    async stop(isReading) {
      if (!isReading) {
        await iterator.return?.()
        return
      }
      // A Node stream that waits for its next chunk would hear of it only then.
      const { destroy } = source as { destroy?: unknown }
      if (typeof destroy === 'function') Reflect.apply(destroy, source, [])
      Promise.resolve(iterator.return?.()).catch(() => undefined)
    },
  }
}
