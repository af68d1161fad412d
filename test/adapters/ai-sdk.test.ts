// model2vec-node/ai-sdk in the AI SDK itself: `ai` 5 and 6 in this Node, 7 in Node 22, which it
// asks for.

import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import { createModel2Vec, embeddingModel } from 'model2vec-node/ai-sdk'

import { headPath } from '../heads.js'
import { SMALL } from '../test-data.js'
import { nodeOf, runProgram, testWithPeers } from './peers.js'
import { documentEmbedder } from './programs/document-embedder.js'

const TEXTS = ['a dog in the park', 'a cat on the sofa', '', 'what the weather will be']

interface Failure {
  code: unknown
  name: unknown
  message: string
}
interface Result {
  one: { embedding: number[]; usage: { tokens: number }; warnings?: unknown[] }
  many: { embeddings: number[][]; usage: { tokens: number }; warnings?: unknown[] }
  rounded: number[][]
  shorter: number[]
  dimensions: number[]
  similarity: number
  registered: number[][]
  cached: string
  aborted: Failure
  invalid: Failure
  unknown: Failure
  language: Failure
  warnings: string[]
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

for (const [major, node] of [
  [5, 20],
  [6, 20],
  [7, 22],
] as const) {
  testWithPeers(
    `ai ${major} embeds with the model's own vectors, counts tokens, aborts and finds providers`,
    async (t) => {
      const ef = new Model2VecEmbeddingFunction(SMALL)
      const expected = await ef.encode(TEXTS)
      const result = await runProgram<Result>(
        'ai-sdk',
        { major, directory: SMALL, values: TEXTS },
        {
          node: nodeOf(node),
        },
      )

      t.deepEqual(result.many.embeddings, expected.toArray())
      t.is(
        result.many.usage.tokens,
        expected.tokens.reduce((sum, count) => sum + count, 0),
      )
      t.deepEqual(result.one.embedding, expected.toArray()[0])
      t.is(result.one.usage.tokens, expected.tokens[0] ?? -1)
      t.true(Math.abs(result.similarity - cosine(expected.row(0), expected.row(1))) < 1e-6)
      for (const embedding of result.registered) t.deepEqual(embedding, expected.toArray()[0])
      t.is(result.cached, SMALL)

      const options = { dtype: 'float16', dimensionality: 8, normalize: true } as const
      t.deepEqual(result.rounded, (await ef.encode(TEXTS, options)).toArray())
      t.deepEqual(result.shorter, (await ef.encode(TEXTS, { dimensionality: 5 })).toArray()[0])
      // A call's `dimensions` is above its provider options, and those above the model's: `ai`
      // before 7 has no `dimensions`.
      t.deepEqual(
        result.dimensions,
        TEXTS.map(() => (major === 7 ? 3 : 5)),
      )

      t.is(result.aborted.name, 'AbortError')
      t.is(result.invalid.code, 'ERR_INVALID_OPTION')
      t.regex(result.invalid.message, /dimensionality/)
      t.is(result.unknown.code, 'ERR_MODEL_NOT_FOUND')
      t.is(result.language.code, 'ERR_INVALID_OPTION')
      t.deepEqual([...result.warnings, ...(result.one.warnings ?? []), ...(result.many.warnings ?? [])], [])
    },
  )
}

test.serial('an abort ends the wait for a model that loads, and an aborted call loads nothing', async (t) => {
  let requests = 0
  const silent = (): Promise<never> => {
    requests++
    return new Promise(() => undefined)
  }
  const cacheDir = mkdtempSync(path.join(os.tmpdir(), 'model2vec-hub-'))
  const source = { model: 'org/never', cacheDir, fetch: silent }
  const reason = new Error('no longer wanted')
  const early = embeddingModel(source).doEmbed({ values: TEXTS, abortSignal: AbortSignal.abort(reason) })
  await t.throwsAsync(early, { is: reason })
  t.is(requests, 0)
  const controller = new AbortController()
  const waiting = embeddingModel(source).doEmbed({ values: TEXTS, abortSignal: controller.signal })
  controller.abort(reason)
  await t.throwsAsync(waiting, { is: reason })
})

test.serial('a model is loaded by the first call, once, and again after a load that failed', async (t) => {
  const load = Model2VecEmbeddingFunction.load.bind(Model2VecEmbeddingFunction)
  let loads = 0
  t.teardown(() => (Model2VecEmbeddingFunction.load = load as typeof Model2VecEmbeddingFunction.load))
  Model2VecEmbeddingFunction.load = (...args) => {
    loads++
    return load(...args) as never
  }
  const model = embeddingModel({ model: SMALL })
  t.is(model.modelId, SMALL)
  t.is(loads, 0)
  await Promise.all([model.doEmbed({ values: ['a dog'] }), model.doEmbed({ values: ['a cat'] })])
  await model.doEmbed({ values: ['a dog'] })
  t.is(loads, 1)
  const missing = embeddingModel({ model: '/no/such/model' })
  await t.throwsAsync(missing.doEmbed({ values: ['a dog'] }), { code: 'ERR_MODEL_NOT_FOUND' })
  await t.throwsAsync(missing.doEmbed({ values: ['a dog'] }), { code: 'ERR_MODEL_NOT_FOUND' })
  t.is(loads, 3)
})

test('a Proxy around a model embeds as the model does', async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const wrapped = new Proxy(embeddingModel(ef), {})
  t.deepEqual((await wrapped.doEmbed({ values: TEXTS })).embeddings, (await ef.encode(TEXTS)).toArray())
})

test('a pipeline is a model, also behind a Proxy, whose tokens its embedder counts', async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const wrapped = new Proxy(embeddingModel(documentEmbedder(ef)), {})
  const { embeddings, usage } = await wrapped.doEmbed({ values: TEXTS })
  const expected = await ef.encode(TEXTS)
  t.deepEqual(
    embeddings,
    expected.toArray().map((row) => row.map((value) => -value)),
  )
  t.is(
    usage.tokens,
    ef.countTokens(TEXTS).reduce((sum, count) => sum + count, 0),
  )
  const counting = { ...documentEmbedder(ef), embedder: undefined }
  t.is((await embeddingModel(counting).doEmbed({ values: TEXTS })).usage.tokens, 0)
})

test('a Model2VecPipeline is a model, loaded or by its name, alone and in a provider', async (t) => {
  const pipeline = new Model2VecPipeline(headPath('projection'))
  const expected = await pipeline.encode(TEXTS)
  const name = headPath('projection')
  for (const model of [
    embeddingModel(pipeline),
    embeddingModel({ model: name, pipeline: true }),
    createModel2Vec({ models: { own: pipeline } }).embeddingModel('own'),
    createModel2Vec({ pipeline: true }).embeddingModel(name),
  ]) {
    const { embeddings, usage } = await model.doEmbed({ values: TEXTS })
    t.deepEqual(embeddings, expected.toArray())
    t.is(usage.tokens, expected.totalTokens)
  }
  const classifier = embeddingModel(new Model2VecPipeline(headPath('kind')))
  await t.throwsAsync(classifier.doEmbed({ values: TEXTS }), { code: 'ERR_BAD_HEAD' })
})

test('an abort ends the wait for an embedder that passes signals over', async (t) => {
  const never = { encode: () => new Promise<never>(() => undefined) }
  const controller = new AbortController()
  const waiting = embeddingModel(never).doEmbed({ values: TEXTS, abortSignal: controller.signal })
  // Once it waits for the vectors.
  await new Promise((resolve) => setImmediate(resolve))
  const reason = new Error('no longer wanted')
  controller.abort(reason)
  await t.throwsAsync(waiting, { is: reason })
})

test('what is no source, no option or no model id is refused at once', (t) => {
  const refused = (make: () => unknown): void => {
    const error = t.throws(make, undefined)
    t.true(isModel2VecError(error) && error.code === 'ERR_INVALID_OPTION', String(error))
  }
  refused(() => embeddingModel('minishlab/potion-base-8M' as never))
  refused(() => embeddingModel({ modle: SMALL } as never))
  refused(() => embeddingModel({ model: SMALL }, { spec: 'v4' as never }))
  refused(() => embeddingModel({ model: SMALL }, { dimensionality: 0 }))
  refused(() => embeddingModel({ model: SMALL }, { dtype: 'float64' as never }))
  refused(() => embeddingModel({ model: SMALL }, { dimension: 3 } as never))
  refused(() => createModel2Vec({ modelId: SMALL } as never))
  refused(() => createModel2Vec({ model: SMALL } as never))
  refused(() => createModel2Vec({ models: { a: null as never } }))
  refused(() => createModel2Vec({ models: { a: { modle: SMALL } as never } }))
  refused(() => createModel2Vec().embeddingModel(''))
  refused(() => createModel2Vec().languageModel('gpt'))
})
