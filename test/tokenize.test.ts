// tokenize, tokenizeSync and tokenizeAsync: the same ids, on this thread or off the event loop.
// test/parity.test.ts compares them with Python's.

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, manyTexts, SMALL } from './test-data.js'
import { holdThread, whenRead } from './waiting.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const many = manyTexts(20_000)

for (const [what, texts] of [
  ['one text', 'a dog in the park'],
  ['no text', []],
  ['some texts', corpus('edge')],
  ['a text without tokens', ['']],
  ['many texts', many],
  ['a long text', [many.slice(0, 5000).join(' ')]],
] as const) {
  test(`tokenizeSync and tokenizeAsync give the ids of tokenize for ${what}`, async (t) => {
    for (const options of [undefined, { maxLength: null }, { maxLength: 3 }, {}]) {
      const expected = ef.tokenize(texts, options)
      for (const ids of [ef.tokenizeSync(texts, options), await ef.tokenizeAsync(texts, options)]) {
        t.is(ids.length, expected.length)
        t.true(ids.every((each, i) => each instanceof Uint32Array && each.join() === expected[i]?.join()))
      }
    }
  })
}

test('tokenizeAsync leaves the event loop to others while it works', async (t) => {
  const state = { turns: 0, settled: false }
  // Sixty milliseconds to read, and a call gives the event loop a turn after two.
  const places = Array.from({ length: 20 }, (_, i) => i * 1000)
  const list = whenRead(many, places, () => {
    holdThread(3)
  })
  const call = ef.tokenizeAsync(list, { maxLength: null })
  void call.then(() => (state.settled = true))
  const turn = (): void => {
    state.turns++
    if (!state.settled) setImmediate(turn)
  }
  setImmediate(turn)
  t.is((await call).length, many.length)
  t.true(state.turns > 5, String(state.turns))
})

test('tokenizeAsync rejects with the reason of its signal, before and while it runs', async (t) => {
  const reason = new Error('enough')
  const outcomeOf = (signal: AbortSignal, list = many): Promise<unknown> =>
    ef.tokenizeAsync(list, { signal }).then(
      () => null,
      (error: unknown) => error,
    )
  t.is(await outcomeOf(AbortSignal.abort(reason)), reason)
  for (const moment of [0, many.length - 1]) {
    const controller = new AbortController()
    const list = whenRead(many, [moment], () => {
      controller.abort(reason)
    })
    t.is(await outcomeOf(controller.signal, list), reason)
  }
  t.is((await ef.tokenizeAsync(['a dog'])).length, 1)
})

test('close lets a tokenizeAsync that runs finish, and refuses the next', async (t) => {
  const closing = new Model2VecEmbeddingFunction(SMALL)
  const call = closing.tokenizeAsync(many)
  closing.close()
  t.is((await call).length, many.length)
  await t.throwsAsync(closing.tokenizeAsync('a'), { code: 'ERR_CLOSED' })
})
