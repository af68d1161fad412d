// `quantizeTo` and `dimensionality`: the vectors of Python model2vec 0.10.0, in every bit
// (test/expected/load_options.py).

import { readFileSync } from 'node:fs'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { LoadOptions } from 'model2vec-node'

import { corpus, crc, modelPath, SMALL } from './test-data.js'
import { until } from './waiting.js'

interface Run {
  readonly quantize_to: LoadOptions['quantizeTo'] | null
  readonly dimensionality: number | null
  readonly dtype: string
  readonly shape: readonly [number, number]
  readonly vectors_crc32: number
  readonly flipnorm_crc32: number
}

const { models } = JSON.parse(readFileSync('test/expected/load_options.json', 'utf8')) as {
  models: Record<string, Run[]>
}

for (const [model, runs] of Object.entries(models)) {
  test(`${model}, quantized and reduced, gives the vectors of Python`, async (t) => {
    const texts = corpus('edge')
    for (const run of runs) {
      const options = { quantizeTo: run.quantize_to ?? undefined, dimensionality: run.dimensionality ?? undefined }
      const what = JSON.stringify(options)
      using ef = await Model2VecEmbeddingFunction.load(modelPath(model), options)
      t.is<string, string>(ef.info.tableDtype, run.dtype, what)
      t.is(ef.dim, run.shape[1], what)
      t.is(crc((await ef.encode(texts)).data), run.vectors_crc32, what)
      const flipped = await ef.encode(texts, { normalize: !ef.info.normalize })
      t.is(crc(flipped.data), run.flipnorm_crc32, `${what}: the other normalization`)
    }
  })
}

test('loads that make another table of one model do not share it, equal ones do', (t) => {
  const full = new Model2VecEmbeddingFunction(SMALL, { memory: 'map' })
  const reduced = new Model2VecEmbeddingFunction(SMALL, { memory: 'map', dimensionality: 5, quantizeTo: 'float16' })
  const again = new Model2VecEmbeddingFunction(SMALL, { memory: 'map', dimensionality: 5, quantizeTo: 'float16' })
  t.deepEqual([full.dim, reduced.dim, again.dim], [32, 5, 5])
  t.deepEqual([full.info.memory, reduced.info.memory], ['map', 'copy'])
  t.deepEqual([full.info.tableDtype, reduced.info.tableDtype], ['float32', 'float16'])
  t.deepEqual(again.embedding(100), reduced.embedding(100))
})

test("with `memory` 'auto' a table is copied while the function is used, and gives the same vectors before and after", async (t) => {
  const texts = corpus('edge')
  using ef = new Model2VecEmbeddingFunction(modelPath('m8k-f32'))
  const first = ef.encodeSync(texts)
  await until(() => ef.info.memory === 'copy', 'a copy of the table')
  const then = ef.encodeSync(texts)
  using copied = new Model2VecEmbeddingFunction(modelPath('m8k-f32'), { memory: 'copy' })
  t.is(copied.info.memory, 'copy')
  const expected = crc(copied.encodeSync(texts).data)
  t.deepEqual([crc(first.data), crc(then.data)], [expected, expected])
})
