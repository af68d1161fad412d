// `encodeStream` and `transform`: every kind of source, the order of batches, how far they read
// ahead, and what ends them.

import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

import test from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
import type { StreamBatch } from 'model2vec-node'

import { manyTexts, SMALL } from './test-data.js'
import { until } from './waiting.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const texts = manyTexts(5000)
const expected = ef.encodeSync(texts)

async function* asynchronously<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    if (Math.random() < 0.01) await turn()
    yield item
  }
}

async function collect<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

/** What a promise or an iteration fails with. */
async function failure(of: Promise<unknown>): Promise<unknown> {
  return of.then(
    () => null,
    (error: unknown) => error,
  )
}

/** The vectors of all batches in one array. */
function rowsOf(batches: readonly StreamBatch<unknown>[]): Float32Array {
  const rows = new Float32Array(batches.reduce((sum, { embeddings }) => sum + embeddings.data.length, 0))
  let at = 0
  for (const { embeddings } of batches) {
    rows.set(embeddings.data, at)
    at += embeddings.data.length
  }
  return rows
}

function webStream<T>(items: readonly T[]): ReadableStream<T> {
  let next = 0
  return new ReadableStream<T>({
    pull(controller) {
      const item = items[next++]
      if (item === undefined) controller.close()
      else controller.enqueue(item)
    },
  })
}

for (const [name, source] of [
  ['an array', () => texts],
  ['a Set', () => new Set(texts)],
  ['a generator', () => texts.values()],
  ['an async generator', () => asynchronously(texts)],
  ['a Node stream', () => Readable.from(texts)],
  ['a Web stream', () => webStream(texts)],
  ['a Web stream with nothing but a reader', () => ({ getReader: () => webStream(texts).getReader() })],
] as const) {
  test(`${name} comes out in order, with the vectors of encode`, async (t) => {
    const batches = await collect(ef.encodeStream(source(), { batchSize: 300 }))
    t.deepEqual(
      batches.flatMap(({ items }) => items),
      texts,
    )
    t.deepEqual(rowsOf(batches), expected.data)
    t.deepEqual(
      batches.map(({ index, items, embeddings }) => [index, items.length, embeddings.rows]),
      Array.from({ length: 17 }, (_, i) => [i * 300, i < 16 ? 300 : 200, i < 16 ? 300 : 200]),
    )
  })
}

test('text gives the text of an item, called once for each', async (t) => {
  let calls = 0
  const text = ({ body }: { body: string }): string => {
    calls++
    return body
  }
  const items = texts.map((body, id) => ({ id, body }))
  const batches = await collect(ef.encodeStream(items, { text }))
  t.is(calls, items.length)
  t.deepEqual(
    batches.flatMap((batch) => batch.items),
    items,
  )
  t.deepEqual(rowsOf(batches), expected.data)
})

test('the options of encode hold for every batch', async (t) => {
  const options = { dtype: 'int8', dimensionality: 16, maxLength: 8, normalize: true } as const
  const [batch] = await collect(ef.encodeStream(texts.slice(0, 100), options))
  t.deepEqual(batch?.embeddings, ef.encodeSync(texts.slice(0, 100), options))
})

test('a batch is full by count, or by the length of its texts', async (t) => {
  const words = ['aa', 'bb', 'cc', 'a long one', 'dd', '', '', '', 'ee']
  const sizes = async (options: object): Promise<number[]> =>
    (await collect(ef.encodeStream(words, options))).map(({ items }) => items.length)
  t.deepEqual(await sizes({ batchSize: 4 }), [4, 4, 1])
  t.deepEqual(await sizes({ batchBytes: 4 }), [2, 2, 5])
  t.deepEqual(await sizes({ batchBytes: 1 }), [1, 1, 1, 1, 1, 4])
  t.deepEqual(await sizes({ batchSize: 2, batchBytes: 4 }), [2, 2, 2, 2, 1])
})

test('a source without items gives no batch', async (t) => {
  t.deepEqual(await collect(ef.encodeStream([])), [])
  t.deepEqual(await collect(ef.encodeStream(asynchronously([] as string[]))), [])
})

/** Counts what is read from it, and whether it was let go. */
class Counted implements AsyncIterator<string> {
  read = 0
  returned = 0
  readonly #end: number

  constructor(end = Infinity) {
    this.#end = end
  }

  async next(): Promise<IteratorResult<string>> {
    if (this.read % 100 === 0) await turn()
    if (this.read >= this.#end) return { done: true, value: undefined }
    return { done: false, value: texts[this.read++ % texts.length] ?? '' }
  }

  return(): Promise<IteratorResult<string>> {
    this.returned++
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

for (const concurrency of [1, 2, 5]) {
  test(`a slow consumer stops the reader ${concurrency} + 2 batches ahead`, async (t) => {
    const source = new Counted()
    const limit = 64 * (concurrency + 2)
    let taken = 0
    for await (const { items } of ef.encodeStream(source, { batchSize: 64, concurrency })) {
      taken += items.length
      // It reads this far, and then no further.
      const alreadyTaken = taken
      await until(() => source.read - alreadyTaken >= limit, `${limit} items read ahead`)
      await sleep(5)
      t.is(source.read - taken, limit)
      if (taken === 64 * 20) break
    }
    t.is(source.returned, 1)
  })
}

test('nothing is read before the first batch is asked for', async (t) => {
  const source = new Counted()
  const stream = ef.encodeStream(source, { batchSize: 10 })
  await sleep(5)
  t.is(source.read, 0)
  await stream.return()
  t.is(source.read, 0)
  t.deepEqual(await stream.next(), { done: true, value: undefined })
})

test('several calls of next at once get the batches in order', async (t) => {
  const stream = ef.encodeStream(texts, { batchSize: 1000 })
  const results = await Promise.all(Array.from({ length: 7 }, () => stream.next()))
  t.deepEqual(
    results.map(({ value, done }) => (done === true ? 'end' : value.index)),
    [0, 1000, 2000, 3000, 4000, 'end', 'end'],
  )
})

test('a text that is no string fails in its place, after the batches before it, with its index', async (t) => {
  const items: unknown[] = [...texts]
  items[1234] = 17
  const batches: StreamBatch<string>[] = []
  const error = await failure(
    (async () => {
      for await (const batch of ef.encodeStream(items as string[], { batchSize: 500 })) batches.push(batch)
    })(),
  )
  t.true(isModel2VecError(error))
  t.like(error, { code: 'ERR_INVALID_TEXT', index: 1234, message: 'item 1234 should be a string, but got 17' })
  t.deepEqual(
    batches.flatMap((batch) => batch.items),
    texts.slice(0, 1234),
  )
})

test('when text throws or gives no string, the error has the index of the item', async (t) => {
  const thrown = new Error('no body')
  const source = new Counted()
  const throwing = (item: string): string => {
    if (source.read === 42) throw thrown
    return item
  }
  t.like(await failure(collect(ef.encodeStream(source, { text: throwing }))), {
    code: 'ERR_INVALID_TEXT',
    index: 41,
    cause: thrown,
    message: '`text` threw for item 41: no body',
  })
  t.is(source.returned, 1)
  const missing = (item: { body?: unknown }): string => item.body as string
  t.like(await failure(collect(ef.encodeStream([{ body: 'a' }, {}], { text: missing }))), {
    index: 1,
    message: '`text` of item 1 should give a string, but got undefined',
  })
})

test('what a source fails with comes out as it is, after the items before it', async (t) => {
  const reason = new Error('the disk is gone')
  async function* failing(): AsyncGenerator<string> {
    yield* asynchronously(texts.slice(0, 750))
    throw reason
  }
  const counts: number[] = []
  const iteration = (async () => {
    for await (const { items } of ef.encodeStream(failing(), { batchSize: 500 })) counts.push(items.length)
  })()
  t.is(await failure(iteration), reason)
  t.deepEqual(counts, [500, 250])
})

test('closing the model fails the stream with ERR_CLOSED and the index of a batch', async (t) => {
  const own = new Model2VecEmbeddingFunction(SMALL)
  const source = new Counted()
  let taken = 0
  const iteration = (async () => {
    for await (const { items } of own.encodeStream(source, { batchSize: 100 })) {
      taken += items.length
      own.close()
    }
  })()
  const error = await failure(iteration)
  t.like(error, { code: 'ERR_CLOSED', index: taken })
  t.is(source.returned, 1)
})

test('break lets the source go, and what its return throws is heard', async (t) => {
  const source = new Counted()
  for await (const batch of ef.encodeStream(source, { batchSize: 100 })) {
    t.is(batch.index, 0)
    break
  }
  t.is(source.returned, 1)
  const node = Readable.from(texts)
  for await (const batch of ef.encodeStream(node, { batchSize: 100 })) {
    t.is(batch.items.length, 100)
    break
  }
  t.true(node.destroyed)
  const reason = new Error('not to be closed')
  function* stubborn(): Generator<string> {
    try {
      yield* texts
    } finally {
      throw reason
    }
  }
  const iteration = (async () => {
    for await (const batch of ef.encodeStream(stubborn(), { batchSize: 100 })) if (batch.index === 0) break
  })()
  t.is(await failure(iteration), reason)
})

test('return ends a next that waits for a source that never answers', async (t) => {
  const states = { cancelled: false, destroyed: false }
  const silentWeb = new ReadableStream<string>({
    cancel() {
      states.cancelled = true
    },
  })
  const silentNode = new Readable({
    objectMode: true,
    read: () => undefined,
    destroy(error, done) {
      states.destroyed = true
      done(error)
    },
  })
  const silent: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }
  for (const source of [silentWeb, silentNode, silent]) {
    const stream = ef.encodeStream<string>(source as AsyncIterable<string>, { text: String })
    const next = stream.next()
    await sleep(2)
    t.deepEqual(await stream.return(), { done: true, value: undefined })
    t.deepEqual(await next, { done: true, value: undefined })
  }
  t.deepEqual(states, { cancelled: true, destroyed: true })
})

test('signal stops a stream at any moment with its reason, lets the source go, and leaves the model free', async (t) => {
  for (const delay of [0, 1, 5, 20]) {
    const controller = new AbortController()
    const reason = new Error('enough')
    const source = new Counted()
    const iteration = collect(ef.encodeStream(source, { signal: controller.signal, batchSize: 1000 }))
    await sleep(delay)
    controller.abort(reason)
    t.is(await failure(iteration), reason)
    t.is(source.returned, 1)
  }
  const silent: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }
  t.is(
    ((await failure(collect(ef.encodeStream(silent, { signal: AbortSignal.timeout(5) })))) as DOMException).name,
    'TimeoutError',
  )
  const unread = new Counted()
  const reason = new Error('too late')
  t.is(await failure(collect(ef.encodeStream(unread, { signal: AbortSignal.abort(reason) }))), reason)
  t.is(unread.read, 0)
})

test('signal lets the source go also while the consumer is busy', async (t) => {
  const controller = new AbortController()
  const source = new Counted()
  const stream = ef.encodeStream(source, { signal: controller.signal, batchSize: 10 })
  await stream.next()
  controller.abort(new Error('enough'))
  await until(() => source.returned > 0, 'the source let go')
  t.is(source.returned, 1)
  t.like(await failure(stream.next()), { message: 'enough' })
})

test('onProgress gets the number of items given out, and what it throws ends the stream', async (t) => {
  const reported: number[] = []
  await collect(ef.encodeStream(texts, { batchSize: 2000, onProgress: ({ done }) => reported.push(done) }))
  t.deepEqual(reported, [2000, 4000, 5000])
  const reason = new Error('no more')
  const source = new Counted()
  const onProgress = (): void => {
    throw reason
  }
  t.is(await failure(collect(ef.encodeStream(source, { onProgress }))), reason)
  t.is(source.returned, 1)
})

test('a source that never waits leaves the event loop its turns', async (t) => {
  function* endless(): Generator<string> {
    for (;;) yield ''
  }
  const stream = ef.encodeStream(endless(), { batchSize: 5_000_000 })
  const next = stream.next()
  let turns = 0
  while (turns < 20) {
    await turn()
    turns++
  }
  await stream.return()
  t.is((await next).done, true)
})

test('what is no source and what is no option is refused at once', (t) => {
  for (const [source, what] of [
    ['a text', 'a string'],
    [null, 'null'],
    [17, '17'],
    [{}, 'an object'],
  ] as const) {
    t.throws(() => ef.encodeStream(source as unknown as string[]), {
      code: 'ERR_INVALID_TEXT',
      message: `\`source\` should be an iterable or a stream of texts or items, but got ${what}`,
    })
  }
  for (const [options, message] of [
    [{ batchSize: 0 }, '`batchSize` should be an integer ≥ 1, but got 0'],
    [{ batchBytes: 1.5 }, '`batchBytes` should be an integer ≥ 1, but got 1.5'],
    [{ concurrency: '2' }, '`concurrency` should be an integer ≥ 1, but got "2"'],
    [{ text: 'body' }, '`text` should be a function, but got "body"'],
    [{ maxLength: -1 }, '`maxLength` should be a safe integer ≥ 0, or null for no truncation, but got -1'],
    [{ out: new Float32Array(1) }, /^`out` is no option of `encodeStream`, which knows `text`, /],
  ] as const) {
    t.throws(() => ef.encodeStream([], options as object), { code: 'ERR_INVALID_OPTION', message })
  }
  t.throws(() => ef.transform({ out: 1 } as object), { message: /^`out` is no option of `transform`/ })
})

test('a batch that is kept is never written to again', async (t) => {
  const kept: StreamBatch<string>[] = []
  for await (const batch of ef.encodeStream(texts, { batchSize: 100 })) kept.push(batch)
  t.deepEqual(rowsOf(kept), expected.data)
  t.is(new Set(kept.map(({ embeddings }) => embeddings.data.buffer)).size, kept.length)
})

test('four times as many texts take no more memory', (t) => {
  const script = path.resolve('build/test/children/stream-memory.js')
  const flags = ['--expose-gc', '--single-threaded-gc']
  const growth = 20
  const options = [SMALL, String(growth), '250000', '1000000']
  const output = execFileSync(process.execPath, [...flags, script, ...options], { encoding: 'utf8' })
  const [few = NaN, many = NaN] = output.trim().split(' ').map(Number)
  t.log(`${few} MB, then ${many} MB`)
  t.true(many <= few + growth, `${few} MB, then ${many} MB`)
})

test('using lets a stream go', async (t) => {
  const source = new Counted()
  {
    await using stream = ef.encodeStream(source, { batchSize: 10 })
    t.false((await stream.next()).done)
  }
  t.is(source.returned, 1)
})

test('transform gives what encodeStream gives', async (t) => {
  const batches = await collect(webStream(texts).pipeThrough(ef.transform({ batchSize: 300 })))
  t.deepEqual(
    batches.flatMap(({ items }) => items),
    texts,
  )
  t.deepEqual(rowsOf(batches), expected.data)
  t.deepEqual(await collect(webStream<string>([]).pipeThrough(ef.transform())), [])
})

test('transform reads no further ahead of a slow reader than encodeStream, except for what pipes hold', async (t) => {
  let read = 0
  const source = new ReadableStream<string>(
    {
      pull(controller) {
        controller.enqueue(texts[read++ % texts.length] ?? '')
      },
    },
    { highWaterMark: 0 },
  )
  let [taken, most] = [0, 0]
  for await (const { items } of source.pipeThrough(ef.transform({ batchSize: 64, concurrency: 2 }))) {
    taken += items.length
    // Time to read too far.
    await sleep(20)
    most = Math.max(most, read - taken)
    if (taken === 64 * 20) break
  }
  t.true(most <= 64 * 4 + 3, `${most}`)
})

test('an error of an item fails both sides of a transform', async (t) => {
  const { writable, readable } = ef.transform({ batchSize: 10 })
  const writer = writable.getWriter()
  const read = collect(readable)
  void writer.write(17 as unknown as string).catch(() => undefined)
  t.like(await failure(read), { code: 'ERR_INVALID_TEXT', index: 0 })
  t.like(await failure(writer.closed), { code: 'ERR_INVALID_TEXT', index: 0 })
})

test('a transform whose reader goes away lets its source go', async (t) => {
  let cancelled = 0
  const source = new ReadableStream<string>({
    pull(controller) {
      controller.enqueue('a dog')
    },
    cancel() {
      cancelled++
    },
  })
  for await (const batch of source.pipeThrough(ef.transform({ batchSize: 100 }))) {
    t.is(batch.items.length, 100)
    break
  }
  await until(() => cancelled > 0, 'the source cancelled')
  t.is(cancelled, 1)
})

test('a transform stops with its signal', async (t) => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const { writable, readable } = ef.transform({ signal: controller.signal })
  const writer = writable.getWriter()
  const read = collect(readable)
  await writer.write('a dog')
  controller.abort(reason)
  t.is(await failure(read), reason)
})

test('a stream is a stage of a Node pipeline', async (t) => {
  let rows = 0
  await pipeline(
    Readable.from(texts),
    (source: AsyncIterable<string>) => ef.encodeStream(source, { batchSize: 1000 }),
    async (batches: AsyncIterable<StreamBatch<string>>) => {
      for await (const { embeddings } of batches) rows += embeddings.rows
    },
  )
  t.is(rows, texts.length)
})

test("a Web stream is its owner's again when the stream of batches has ended, was left, or has failed", async (t) => {
  const ended = webStream(texts)
  await collect(ef.encodeStream(ended))
  t.false(ended.locked)

  const left = webStream(texts)
  for await (const batch of ef.encodeStream(left, { batchSize: 2 })) {
    t.true(left.locked)
    t.is(batch.items.length, 2)
    break
  }
  t.false(left.locked)

  const silent = new ReadableStream<string>({})
  const controller = new AbortController()
  const stopped = ef.encodeStream(silent, { signal: controller.signal })
  const outcome = failure(stopped.next())
  setTimeout(() => {
    controller.abort()
  }, 5)
  t.is(await outcome, controller.signal.reason)
  t.false(silent.locked)

  const broken = new ReadableStream<string>({
    start(each) {
      each.error(new Error('broken'))
    },
  })
  t.like(await failure(collect(ef.encodeStream(broken))), { message: 'broken' })
  t.false(broken.locked)

  const wrong = new ReadableStream<unknown>({
    start(each) {
      each.enqueue(5)
    },
  })
  t.like(await failure(collect(ef.encodeStream(wrong as ReadableStream<string>))), { code: 'ERR_INVALID_TEXT' })
  t.false(wrong.locked)
})

test('the error of an async text says what to do instead, and its promise may reject', async (t) => {
  const text = (item: string): Promise<string> => Promise.reject(new Error(item))
  const stream = ef.encodeStream(texts, { text: text as unknown as (item: string) => string })
  t.like(await failure(collect(stream)), {
    code: 'ERR_INVALID_TEXT',
    message:
      '`text` of item 0 should give a string, but got a Promise: wait for it in the source, as an async generator',
    index: 0,
  })
  // An unhandled rejection would fail this file.
  await new Promise((resolve) => setTimeout(resolve, 10))
})
