// The same bits, however a text is encoded: threads, batch, sync or async, module format, worker
// thread, load.

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, manyTexts, POTION } from './test-data.js'
import { holdThread, whenRead } from './waiting.js'

const ef = new Model2VecEmbeddingFunction(POTION)
const texts = [...corpus('edge'), ...corpus('multilingual_300'), ...corpus('docs_en_300')]

test('one thread and eight give the same bits', async (t) => {
  const expected = (await ef.encode(texts)).data
  for (const threads of [1, 2, 8]) {
    const one = new Model2VecEmbeddingFunction(POTION, { threads })
    t.is(one.info.threads, threads)
    t.deepEqual((await one.encode(texts)).data, expected)
    t.deepEqual(one.encodeSync(texts).data, expected)
  }
})

test('a text alone gives what it gives among 10,000', async (t) => {
  const many = [...texts, ...manyTexts(10_000 - texts.length)]
  const matrix = await ef.encode(many)
  const synchronous = ef.encodeSync(many)
  t.deepEqual(synchronous.data, matrix.data)
  t.deepEqual(synchronous.tokens, matrix.tokens)
  t.is(synchronous.truncated, matrix.truncated)
  for (const i of [...texts.keys(), 5000, 9999]) {
    const text = many[i] ?? ''
    const alone = crc(ef.encodeSync(text).row(0))
    t.is(alone, crc(matrix.row(i)), text.slice(0, 50))
    if (i % 100 === 0) t.is(crc((await ef.encode([text])).row(0)), alone)
  }
})

test('calls that run at once do not disturb each other', async (t) => {
  const expected = (await ef.encode(texts)).data
  const normal = (await ef.encode(texts, { normalize: false })).data
  const calls = Array.from({ length: 20 }, (_, i) => ef.encode(texts, { normalize: i % 2 === 0 }))
  for (const [i, matrix] of (await Promise.all(calls)).entries())
    t.deepEqual(matrix.data, i % 2 === 0 ? expected : normal)
})

test('an out on shared, on plain and on no memory gives the same bits', async (t) => {
  const expected = await ef.encode(texts)
  for (const threads of [1, 2]) {
    const one = new Model2VecEmbeddingFunction(POTION, { threads })
    for (const memory of [SharedArrayBuffer, ArrayBuffer]) {
      const out = new Float32Array(new memory(texts.length * ef.dim * 4))
      for (const encode of ['encode', 'encodeSync'] as const) {
        out.fill(0)
        const matrix = await one[encode](texts, { out })
        t.deepEqual(Float32Array.from(matrix.data), expected.data)
        t.deepEqual(matrix.tokens, expected.tokens)
        t.is(matrix.truncated, expected.truncated)
      }
    }
  }
})

test('a call with an out that fails half-way leaves the next one as it should be', async (t) => {
  const expected = (await ef.encode(texts)).data
  const wrong: unknown[] = [...texts]
  wrong[texts.length >> 1] = 5
  for (const threads of [1, 2]) {
    const one = new Model2VecEmbeddingFunction(POTION, { threads })
    const out = new Float32Array(texts.length * ef.dim)
    const error = t.throws(() => one.encodeSync(wrong as string[], { out }), { code: 'ERR_INVALID_TEXT' })
    t.like(error, { index: texts.length >> 1 })
    t.deepEqual(one.encodeSync(texts, { out }).data, expected)
  }
})

test('import and require give one class', async (t) => {
  const imported = (await import('model2vec-node')) as Record<string, unknown>
  const required = createRequire(path.resolve('test/x.js'))('model2vec-node') as Record<string, unknown>
  t.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort())
  for (const [name, value] of Object.entries(imported)) t.is(required[name], value, name)
  t.is(required.Model2VecEmbeddingFunction, Model2VecEmbeddingFunction)
})

test('a worker thread gives the same bits, over the same table', async (t) => {
  const worker = new Worker(path.join(__dirname, 'children', 'encode-in-worker.js'), {
    workerData: { path: POTION, texts },
  })
  const { data, info } = await new Promise<{ data: Float32Array; info: object }>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  t.deepEqual(data, (await ef.encode(texts)).data)
  t.deepEqual(info, { ...ef.info })
})

test('a model that is loaded many times is in memory once', async (t) => {
  const script = path.join(__dirname, 'children', 'load-often.js')
  const { stdout } = await promisify(execFile)(process.execPath, [script, POTION])
  const { loads, grown } = JSON.parse(stdout) as { loads: number; grown: number }
  const table = 29_528 * 256 * 4
  t.is(loads, 19)
  // A worker thread takes some megabytes; that many tables would be 570.
  t.true(grown < 3 * table, `${grown} bytes`)
})

test('copied and mapped tables give the same bits', async (t) => {
  const expected = (await ef.encode(texts)).data
  for (const memory of ['copy', 'map'] as const) {
    using each = await Model2VecEmbeddingFunction.load(POTION, { memory })
    t.is(each.info.memory, memory)
    t.deepEqual((await each.encode(texts)).data, expected)
  }
})

test('a large call leaves the event loop to others', async (t) => {
  const order: string[] = []
  // Sixty milliseconds to read, and a call gives the event loop a turn after two.
  const places = Array.from({ length: 20 }, (_, i) => i * 5000)
  const list = whenRead(manyTexts(100_000), places, () => {
    holdThread(3)
  })
  const call = ef.encodeDocuments(list).then(() => order.push('encoded'))
  const timer = new Promise<void>((resolve) => {
    let ticks = 0
    const tick = (): void => {
      order.push('timer')
      ticks++
      if (ticks < 5) setTimeout(tick, 1)
      else resolve()
    }
    setTimeout(tick, 1)
  })
  await Promise.all([call, timer])
  t.is(order.at(-1), 'encoded')
})

// Alone, at the start of a turn: other calls may use up a turn's time, and then it waits.
test.serial('a small call is done before the event loop turns', async (t) => {
  const order: string[] = []
  await new Promise((resolve) => setImmediate(resolve))
  setImmediate(() => order.push('event loop'))
  await ef.encodeDocuments(['a dog', 'a cat'])
  order.push('encoded')
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(order, ['encoded', 'event loop'])
})
