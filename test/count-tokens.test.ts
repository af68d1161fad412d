// countTokens and countTokensAsync: all ids of a text, as the `tokenizers` package of Python counts
// them.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { pythonEnvironment } from './python-environment.js'
import { committedModels, corpus, manyTexts, modelPath, POTION, SMALL } from './test-data.js'
import { holdThread, whenRead } from './waiting.js'

const python = pythonEnvironment('test/matrix/requirements.txt', 'tokenizers')
const ef = new Model2VecEmbeddingFunction(SMALL)
const texts = [
  ...corpus('edge').filter((text) => !/\p{Surrogate}/u.test(text)),
  ...corpus('docs_en').slice(0, 40),
  ...corpus('multilingual').slice(0, 200),
  // More than the 512 ids that `encode` keeps.
  corpus('docs_en').slice(0, 60).join(' '),
]

const title =
  'the counts of every committed model are those of the tokenizers package, by both methods, one text or many'
if (python.command === null) {
  test.skip(`${title}: ${python.reason}`, () => undefined)
} else {
  test(title, async (t) => {
    const models = committedModels().filter((model) => existsSync(path.join(modelPath(model), 'tokenizer.json')))
    t.true(models.length > 20)
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'model2vec-counts-')), 'texts.json')
    writeFileSync(file, JSON.stringify(texts))
    const files = models.map((model) => path.join(modelPath(model), 'tokenizer.json'))
    const printed = execFileSync(python.command, ['test/matrix/count_tokens.py', file, ...files], { encoding: 'utf8' })
    for (const [i, line] of printed.trimEnd().split('\n').entries()) {
      const expected = JSON.parse(line) as number[]
      using model = new Model2VecEmbeddingFunction(modelPath(models[i] ?? ''))
      const counts = model.countTokens(texts)
      t.deepEqual(Array.from(counts), expected, models[i])
      t.deepEqual(Array.from(await model.countTokensAsync(texts)), expected, models[i])
      for (const place of [0, 7, 60, texts.length - 1]) {
        t.is(model.countTokens(texts[place] ?? 'none'), expected[place] ?? -1, models[i])
        t.is(await model.countTokensAsync(texts[place] ?? 'none'), expected[place] ?? -1, models[i])
      }
    }
  })
}

test('an unknown id is counted, which tokenize drops', (t) => {
  const potion = new Model2VecEmbeddingFunction(POTION)
  t.is(potion.tokenize('𓀀 dog')[0]?.length, 1)
  t.is(potion.countTokens('𓀀 dog'), 2)
})

test("the model's own maxLength does not cut, and the option does", async (t) => {
  const text = 'dog '.repeat(3000)
  const limited = new Model2VecEmbeddingFunction(SMALL, { maxLength: 16 })
  t.is(limited.countTokens(text), 3000)
  for (const options of [{ maxLength: null }, {}, { maxLength: undefined }])
    t.is(limited.countTokens(text, options), 3000)
  t.is(limited.countTokens(text, { maxLength: 100 }), 100)
  t.is(await limited.countTokensAsync(text, { maxLength: 0 }), 0)
})

test('counts of no text, of many and of a long one: a Uint32Array of its own for an array, a number for a text', async (t) => {
  const many = manyTexts(20_000)
  const counts = ef.countTokens(many)
  t.true(counts instanceof Uint32Array && counts.byteOffset === 0 && counts.buffer.byteLength === 80_000)
  t.deepEqual(await ef.countTokensAsync(many), counts)
  const ids = ef.tokenize(many.slice(0, 300), { maxLength: null })
  t.true(ids.every(({ length }, i) => length <= (counts[i] ?? 0)))
  const [first, second] = [ef.countTokens(['a dog']), ef.countTokens(['a'])]
  t.deepEqual([...first, ...second], [2, 1])
  t.deepEqual(ef.countTokens([]), new Uint32Array())
  t.deepEqual(await ef.countTokensAsync([]), new Uint32Array())
  t.is(ef.countTokens(''), 0)
  const long = many.slice(0, 5000).join(' ')
  t.is(await ef.countTokensAsync(long), ef.countTokens([long])[0] ?? -1)
})

test('countTokensAsync leaves the event loop to others, and ends with its signal', async (t) => {
  const many = manyTexts(20_000)
  const state = { turns: 0, settled: false }
  const places = Array.from({ length: 20 }, (_, i) => i * 1000)
  const list = whenRead(many, places, () => {
    holdThread(3)
  })
  const call = ef.countTokensAsync(list)
  void call.then(() => (state.settled = true))
  const turn = (): void => {
    state.turns++
    if (!state.settled) setImmediate(turn)
  }
  setImmediate(turn)
  t.is((await call).length, many.length)
  t.true(state.turns > 5, String(state.turns))
  const reason = new Error('enough')
  t.is(await ef.countTokensAsync('a', { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error), reason)
  const controller = new AbortController()
  const aborted = whenRead(many, [many.length - 1], () => {
    controller.abort(reason)
  })
  t.is(await ef.countTokensAsync(aborted, { signal: controller.signal }).catch((error: unknown) => error), reason)
})

test('close lets a countTokensAsync that runs finish, and refuses the next', async (t) => {
  const closing = new Model2VecEmbeddingFunction(SMALL)
  const many = manyTexts(5000)
  const call = closing.countTokensAsync(many)
  closing.close()
  t.is((await call).length, many.length)
  await t.throwsAsync(closing.countTokensAsync('a'), { code: 'ERR_CLOSED' })
  t.throws(() => closing.countTokens('a'), { code: 'ERR_CLOSED' })
})
