// `signal`: running work stops, and the promise rejects with the signal's own reason.

import { createRequire } from 'node:module'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { installTools } from './consumers/tools.js'
import { manyTexts, SMALL } from './test-data.js'
import { whenRead } from './waiting.js'

const tools = installTools('tools')

const ef = new Model2VecEmbeddingFunction(SMALL)
const texts = manyTexts(50_000)
/**
 * The first text, one after some are encoded already, the last one: each is read while the call
 * runs.
 */
const MOMENTS = [0, 25_000, texts.length - 1]

/** Counts the listeners that are left on a signal. */
function countListeners(signal: AbortSignal): () => number {
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (type: string, listener: () => void, options?: object) => {
    listeners++
    add(type, listener, options)
  }
  signal.removeEventListener = (type: string, listener: () => void) => {
    listeners--
    remove(type, listener)
  }
  return () => listeners
}

test('a signal that is aborted already rejects before any text is read', async (t) => {
  const reason = { why: 'too late' }
  const signal = AbortSignal.abort(reason)
  const unread = new Proxy<string[]>([], {
    get: (target, key) => (key === 'length' ? 5 : t.fail(`read ${String(key)} of ${target.length}`)),
  })
  for (const call of [
    ef.encode(unread, { signal }),
    ef.encodeDocuments(unread, { signal }),
    ef.encodeAsSequence(unread, { signal }),
  ]) {
    t.is(
      await call.then(
        () => null,
        (error: unknown) => error,
      ),
      reason,
    )
  }
  t.is(
    await Model2VecEmbeddingFunction.load(SMALL, { signal }).then(
      () => null,
      (error: unknown) => error,
    ),
    reason,
  )
  t.throws(() => ef.encodeSync(unread, { signal }), { is: reason, any: true })
})

for (const method of ['encode', 'encodeDocuments', 'encodeQueries', 'encodeAsSequence'] as const) {
  test(`${method} stops when its signal is aborted while it runs`, async (t) => {
    for (const moment of MOMENTS) {
      const controller = new AbortController()
      const listeners = countListeners(controller.signal)
      const reason = new Error('enough')
      const list = whenRead(texts, [moment], () => {
        controller.abort(reason)
      })
      const outcome = ef[method](list, { signal: controller.signal }).then(
        () => null,
        (error: unknown) => error,
      )
      t.is(await outcome, reason)
      t.is(listeners(), 0)
    }
    t.is((await ef.encode(['a dog'])).rows, 1)
  })
}

test('encodeAsSequence with texts that are cut and texts that are not stops at any moment', async (t) => {
  const mixed = texts.map((text, i) => (i % 10 === 0 ? 'dog' : text))
  const reason = new Error('enough')
  const outcomeOf = (list: string[], signal: AbortSignal): Promise<unknown> =>
    ef.encodeAsSequence(list, { maxLength: 64, signal }).then(
      () => null,
      (error: unknown) => error,
    )
  for (const moment of MOMENTS) {
    const controller = new AbortController()
    const list = whenRead(mixed, [moment], () => {
      controller.abort(reason)
    })
    t.is(await outcomeOf(list, controller.signal), reason)
  }
  // Once all texts are read, every turn of the event loop is another moment. A call that is done
  // can't be aborted.
  for (let turns = 1; turns < 1000; turns *= 3) {
    const controller = new AbortController()
    const state = { read: false, settled: false }
    const list = whenRead(mixed, [mixed.length - 1], () => (state.read = true))
    const outcome = outcomeOf(list, controller.signal)
    void outcome.then(() => (state.settled = true))
    for (let i = 0; (i < turns || !state.read) && !state.settled; i++) await turn()
    if (state.settled) break
    controller.abort(reason)
    t.is(await outcome, reason)
  }
})

test('the default reason of an abort is its AbortError', async (t) => {
  const controller = new AbortController()
  const call = ef.encode(texts, { signal: controller.signal })
  controller.abort()
  const error = await t.throwsAsync(call, { any: true })
  t.is(error, controller.signal.reason)
})

test('a call that ends before the abort resolves, and leaves no listener', async (t) => {
  const controller = new AbortController()
  const listeners = countListeners(controller.signal)
  t.is((await ef.encode(texts.slice(0, 3000), { signal: controller.signal })).rows, 3000)
  t.is(listeners(), 0)
  controller.abort()
})

test('an out is not written to any more once the aborted promise has rejected', async (t) => {
  for (const buffer of [new ArrayBuffer(texts.length * ef.dim * 4), new SharedArrayBuffer(texts.length * ef.dim * 4)]) {
    const out = new Float32Array(buffer)
    const controller = new AbortController()
    const list = whenRead(texts, [texts.length - 1], () => {
      controller.abort()
    })
    await t.throwsAsync(ef.encode(list, { out, signal: controller.signal }), { any: true })
    out.fill(7)
    // The threads that could still write take up the work of another call.
    await ef.encode(texts)
    t.true(out.every((value) => value === 7))
  }
})

const polyfilled = "a polyfill's signal, which has no reason, rejects with an AbortError"
if (tools === null) {
  test.skip(`${polyfilled}: npm's registry can't be reached`, () => undefined)
} else {
  test(polyfilled, async (t) => {
    const polyfill = createRequire(path.join(tools, 'any.js'))('abort-controller') as typeof globalThis
    const rejects = async (call: Promise<unknown>, what: string): Promise<void> => {
      const error = await call.then(
        () => null,
        (reason: unknown) => reason as Error | undefined,
      )
      t.is(error?.name, 'AbortError', what)
      t.is(error?.message, 'This operation was aborted', what)
    }
    for (const method of ['encode', 'encodeDocuments', 'encodeAsSequence'] as const) {
      const controller = new polyfill.AbortController()
      const { signal } = controller
      t.false('reason' in signal)
      const call = ef[method](texts, { signal })
      controller.abort()
      await rejects(call, method)
      await rejects(ef[method](['a dog'], { signal }), method)
    }
    const controller = new polyfill.AbortController()
    const { signal } = controller
    const batches = ef.encodeStream(texts, { signal })
    await batches.next()
    controller.abort()
    await rejects(batches.next(), 'encodeStream')
    await rejects(Model2VecEmbeddingFunction.load(SMALL, { signal }), 'load')
  })
}
