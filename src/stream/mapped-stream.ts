// The batches of a stream, each turned into something else when it is given out.

/**
 * As a class and not as a generator: a generator's own `return` waits for the `next` that runs,
 * which waits for the source.
 */
export class MappedStream<In, Out> implements AsyncGenerator<Out, void, undefined> {
  readonly #source: AsyncGenerator<In, void, undefined>
  readonly #map: (batch: In) => Out

  constructor(source: AsyncGenerator<In, void, undefined>, map: (batch: In) => Out) {
    this.#source = source
    this.#map = map
  }

  async next(): Promise<IteratorResult<Out, void>> {
    return this.#mapped(await this.#source.next())
  }

  async return(): Promise<IteratorResult<Out, void>> {
    return this.#mapped(await this.#source.return())
  }

  async throw(error: unknown): Promise<IteratorResult<Out, void>> {
    return this.#mapped(await this.#source.throw(error))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #mapped(step: IteratorResult<In, void>): IteratorResult<Out, void> {
    return step.done === true ? step : { done: false, value: this.#map(step.value) }
  }
}
