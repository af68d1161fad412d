// `vocabularyQuantization`: work that the constructor leaves for later. That its clusters are as good as scikit-learn's is what
// crates/engine/tests/vocabulary_quantization.rs shows.

import { execFileSync } from 'node:child_process'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { DownloadProgress } from 'model2vec-node'

import { corpus, modelPath, POTION, SMALL } from './test-data.js'

test('the constructor does not compute: the model is pending until it is waited for', async (t) => {
  using ef = new Model2VecEmbeddingFunction(SMALL, { vocabularyQuantization: 100 })
  const expected = { code: 'ERR_MODEL_NOT_READY', message: /it must be quantized; `await ready\(\)`/ }
  t.throws(() => ef.dim, expected)
  t.throws(() => ef.encodeSync('a dog'), expected)
  const [first] = await ef.encodeDocuments(['a dog'])
  t.is(first?.length, 32)
  t.is(ef.info.vocabSize, 8000)
  await ef.ready()
  // The same load again: one table in memory, and one computation.
  using loaded = await Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 100 })
  t.deepEqual(loaded.encodeSync(corpus('edge')).data, ef.encodeSync(corpus('edge')).data)
})

test('progress is reported by iterations', async (t) => {
  const seen: DownloadProgress[] = []
  using ef = await Model2VecEmbeddingFunction.load(SMALL, {
    vocabularyQuantization: 1500,
    onProgress: (progress) => seen.push(progress),
  })
  t.is(ef.dim, 32)
  t.true(seen.length > 0)
  t.true(seen.every(({ file, total }) => file === 'vocabulary quantization' && total === 300))
  t.true(seen.every(({ loaded }, index) => loaded > (seen[index - 1]?.loaded ?? 0) && loaded <= 300))
})

test('a signal ends the work with its reason, a callback that throws with its error', async (t) => {
  const reason = new Error('enough')
  const options = { vocabularyQuantization: 20_000 }
  const controller = new AbortController()
  const loading = Model2VecEmbeddingFunction.load(POTION, { ...options, signal: controller.signal })
  // In the middle of work that takes minutes.
  setTimeout(() => {
    controller.abort(reason)
  }, 300)
  t.is(await t.throwsAsync(loading), reason)
  const throwing = () => {
    throw reason
  }
  // There is a last report when the work is done.
  const failing = Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 1501, onProgress: throwing })
  t.is(await t.throwsAsync(failing), reason)
})

test('close ends the work of a model that is being quantized', async (t) => {
  const ef = new Model2VecEmbeddingFunction(POTION, { vocabularyQuantization: 20_001 })
  const ready = ef.ready()
  ef.close()
  await t.throwsAsync(ready, { code: 'ERR_CLOSED' })
})

test('what can not be quantized is refused: by the constructor where no work is needed to know', async (t) => {
  const refused = { code: 'ERR_INVALID_OPTION' }
  await t.throwsAsync(Model2VecEmbeddingFunction.load(modelPath('m8k-vq'), { vocabularyQuantization: 10 }), {
    ...refused,
    message: /`vocabularyQuantization` needs a model whose vocabulary is not quantized yet, found a `mapping`/,
  })
  using many = new Model2VecEmbeddingFunction(SMALL, { vocabularyQuantization: 8001 })
  await t.throwsAsync(many.ready(), {
    ...refused,
    message: /must be from 1 to 8000, the rows of the table, found 8001/,
  })
  t.throws(() => new Model2VecEmbeddingFunction('./nowhere', { vocabularyQuantization: 10 }), {
    code: 'ERR_MODEL_NOT_FOUND',
  })
})

test('a process stays alive until the model that it waits for is quantized', (t) => {
  const program = `
    const { Model2VecEmbeddingFunction } = require(${JSON.stringify(path.resolve('dist/index.js'))})
    const options = { vocabularyQuantization: 1400 }
    Model2VecEmbeddingFunction.load(${JSON.stringify(SMALL)}, options).then((ef) => console.log(ef.dim))`
  t.is(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }), '32\n')
})

test('a process and a worker end while a model is quantized', (t) => {
  const child = path.join(__dirname, 'children', 'exit-in-quantization.js')
  t.is(execFileSync(process.execPath, [child], { encoding: 'utf8' }), 'worker ended\n')
})
