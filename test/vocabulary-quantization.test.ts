// The option `vocabularyQuantization`: k-means that takes seconds to minutes, which the constructor
// leaves for later. crates/engine/tests/vocabulary_quantization.rs compares the clusters with
// scikit-learn's.
//
// A model that is in memory is not loaded again with the same options. So tests that need the work
// to be done ask for different numbers of clusters.

import { execFileSync } from 'node:child_process'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { DownloadProgress } from 'model2vec-node'

import { corpus, modelPath, POTION, SMALL } from './test-data.js'

test('the constructor does not quantize: the model is pending until a call or `ready` waits for it', async (t) => {
  using ef = new Model2VecEmbeddingFunction(SMALL, { vocabularyQuantization: 100 })
  const expected = { code: 'ERR_MODEL_NOT_READY', message: /it must be quantized; `await ready\(\)`/ }
  t.throws(() => ef.dim, expected)
  t.throws(() => ef.encodeSync('a dog'), expected)
  const [first] = await ef.encodeDocuments(['a dog'])
  t.is(first?.length, 32)
  t.is(ef.info.vocabSize, 8000)
  await ef.ready()
  // The same model with the same options: the table is found in memory and not computed again.
  using loaded = await Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 100 })
  t.deepEqual(loaded.encodeSync(corpus('edge')).data, ef.encodeSync(corpus('edge')).data)
})

test('progress counts the iterations of the quantization', async (t) => {
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

test('a signal ends the load with its reason, a progress callback that throws with its error', async (t) => {
  const reason = new Error('enough')
  const options = { vocabularyQuantization: 20_000 }
  const controller = new AbortController()
  const loading = Model2VecEmbeddingFunction.load(POTION, { ...options, signal: controller.signal })
  // The load would take minutes: it is aborted in the middle.
  setTimeout(() => {
    controller.abort(reason)
  }, 300)
  t.is(await t.throwsAsync(loading), reason)
  const throwing = () => {
    throw reason
  }
  // However short the work is, the callback is called once when it is done.
  const failing = Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 1501, onProgress: throwing })
  t.is(await t.throwsAsync(failing), reason)
})

test('close ends the quantization: `ready` rejects', async (t) => {
  const ef = new Model2VecEmbeddingFunction(POTION, { vocabularyQuantization: 20_001 })
  const ready = ef.ready()
  ef.close()
  await t.throwsAsync(ready, { code: 'ERR_CLOSED' })
})

test('a model with a mapping and too many clusters are refused, a missing model by the constructor', async (t) => {
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
  // No table has to be read for this, so the constructor throws already.
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

test('a process and a worker can end while a model is being quantized', (t) => {
  const child = path.join(__dirname, 'children', 'exit-in-quantization.js')
  t.is(execFileSync(process.execPath, [child], { encoding: 'utf8' }), 'worker ended\n')
})
