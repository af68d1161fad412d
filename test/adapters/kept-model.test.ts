// What a collection keeps of a model: the function that Chroma makes of it embeds as the one that it
// was made with. chroma.test.ts does it with the server.

import { createRequire } from 'node:module'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'

import type * as chromaModule from '../../build/modules/adapters/chroma-function.js'
import { headPath } from '../heads.js'
import { modelPath, POTION, SMALL } from '../test-data.js'

// The entry registers it in `chromadb`, which is not here.
const { Model2VecEmbedding } = createRequire(path.resolve('package.json'))(
  './dist/adapters/chroma-function.js',
) as typeof chromaModule

type Embedding = InstanceType<typeof Model2VecEmbedding>
type Source = ConstructorParameters<typeof Model2VecEmbedding>[0]

const TEXTS = ['a dog in the park', 'seven ships', '', 'a dog '.repeat(600) + 'the vote of a parliament '.repeat(600)]

/** What another process makes of what a collection keeps. */
function reopened(embedding: Embedding): Embedding {
  return Model2VecEmbedding.buildFromConfig(JSON.parse(JSON.stringify(embedding.getConfig())) as { model: string })
}

const sources: Record<string, () => Source | Promise<Source>> = {
  'a name with options': () => ({ model: SMALL, normalize: true, dimensionality: 8, quantizeTo: 'float16' }),
  'a name without a limit of the length': () => ({ model: SMALL, maxLength: null }),
  'a function without a limit of the length': () => new Model2VecEmbeddingFunction(SMALL, { maxLength: null }),
  'a function of a subfolder': () =>
    new Model2VecEmbeddingFunction(modelPath('m8k-subfolder'), { subfolder: 'sub', normalize: false }),
  'a function whose table is int8': () => new Model2VecEmbeddingFunction(SMALL, { quantizeTo: 'int8' }),
  'a function whose vocabulary is quantized': () =>
    Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 50, dimensionality: 16 }),
  'a pipeline': () => new Model2VecPipeline(headPath('projection'), { maxLength: null }),
  'the name of a pipeline': () => ({ model: headPath('projection'), pipeline: true }),
}

for (const [title, make] of Object.entries(sources)) {
  test(`what is kept of ${title} embeds the same`, async (t) => {
    const source = await make()
    const embedding = new Model2VecEmbedding(source)
    const vectors = await embedding.generate(TEXTS)
    t.deepEqual(await reopened(embedding).generate(TEXTS), vectors)
    t.deepEqual(await reopened(reopened(embedding)).generate(TEXTS), vectors, 'twice')
    if (source !== undefined && 'encode' in source) {
      t.deepEqual((await source.encode(TEXTS)).toArray(), vectors)
      return
    }
    // The options do something: the base model has other vectors.
    const plain = await new Model2VecEmbeddingFunction((source as { model: string }).model).encode(TEXTS)
    t.notDeepEqual(plain.toArray(), vectors)
  })
}

test('the name of the default model is kept, so that another default is no other model', (t) => {
  t.deepEqual(new Model2VecEmbedding().getConfig(), { model: 'minishlab/potion-base-8M' })
  t.deepEqual(new Model2VecEmbedding({ normalize: true }).getConfig(), {
    model: 'minishlab/potion-base-8M',
    normalize: true,
  })
})

test('what belongs to a machine or is a secret is not kept', (t) => {
  const { signal } = new AbortController()
  const machine = { cacheDir: '/tmp', endpoint: 'https://example.org', threads: 1, memory: 'copy', signal } as const
  const embedding = new Model2VecEmbedding({ model: POTION, token: 'hf_secret', ...machine })
  t.deepEqual(embedding.getConfig(), { model: POTION })
})

test('an embedder that only the application can make has to be passed again', async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const own = { encode: (texts: readonly string[]) => ef.encode(texts.map((text) => `passage: ${text}`)) }
  const documents = {
    info: ef.info,
    dim: ef.dim,
    encodeDocuments: (texts: readonly string[]) => ef.encodeDocuments(texts),
  }
  for (const source of [own, documents]) {
    const embedding = new Model2VecEmbedding(source)
    t.deepEqual(embedding.getConfig(), { passed: true })
    const opened = reopened(embedding)
    await t.throwsAsync(opened.generate(TEXTS), { code: 'ERR_INVALID_OPTION', message: /has to be passed/ })
    t.deepEqual(opened.getConfig(), embedding.getConfig())
  }
})

test('a config of another version says what of it is not known, when it embeds', async (t) => {
  const config = { model: SMALL, prompt: 'query: ', endpoint: 'https://example.org' }
  const opened = Model2VecEmbedding.buildFromConfig(config)
  await t.throwsAsync(opened.generate(TEXTS), { code: 'ERR_INVALID_OPTION', message: /`prompt`, `endpoint`/ })
  t.deepEqual(opened.getConfig(), config)
  for (const none of [undefined, null, 'model']) {
    t.throws(() => Model2VecEmbedding.buildFromConfig(none as never), { code: 'ERR_INVALID_OPTION' })
  }
})

test('a function that is not loaded does not say what would be kept, and one without a name is refused', (t) => {
  const pending = new Model2VecEmbeddingFunction(SMALL, { vocabularyQuantization: 50 })
  t.throws(() => new Model2VecEmbedding(pending).getConfig(), { code: 'ERR_MODEL_NOT_READY' })
  t.throws(() => new Model2VecEmbedding({ pipeline: true }), { code: 'ERR_INVALID_OPTION', message: /`model`/ })
})
