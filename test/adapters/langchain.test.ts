// model2vec-node/langchain in LangChain itself: a vector store, its retriever, and a text splitter.

import test from 'ava'
import { isModel2VecError, Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'
import { lengthFunction, Model2VecEmbeddings } from 'model2vec-node/langchain'

import { headPath } from '../heads.js'
import { corpus, modelPath, modelsOf, ROOTS, SMALL } from '../test-data.js'
import { runProgram, testWithPeers } from './peers.js'
import { documentEmbedder } from './programs/document-embedder.js'

const TEXTS = corpus('docs_en').slice(0, 200)
const QUERY = 'the history of a town'

interface Result {
  stored: number[][]
  lazily: number[][]
  found: [string, number][]
  retrieved: string[]
  diverse: string[]
  chunks: string[]
  chunksLazily: string[]
  large: string[]
}

/** The texts by their similarity to a query, the most similar first. */
function ranked(ef: Model2VecEmbeddingFunction): { text: string; score: number }[] {
  const [query = []] = ef.encodeSync([QUERY]).toArray()
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0)
  return ef
    .encodeSync(TEXTS)
    .toArray()
    .map((row, i) => ({
      text: TEXTS[i] ?? '',
      score: dot(row, query) / (Math.sqrt(dot(row, row)) * Math.sqrt(dot(query, query))),
    }))
    .sort((a, b) => b.score - a.score)
}

testWithPeers("LangChain's store, retriever, MMR and splitter work with our vectors and lengths", async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const result = await runProgram<Result>('langchain', { directory: SMALL, texts: TEXTS, query: QUERY })
  t.deepEqual(result.stored, ef.encodeSync(TEXTS).toArray())
  t.deepEqual(result.lazily, result.stored)

  const best = ranked(ef)
  t.deepEqual(
    result.found.map(([text]) => text),
    best.slice(0, 3).map(({ text }) => text),
  )
  for (const [i, [, score]] of result.found.entries()) t.true(Math.abs(score - (best[i]?.score ?? NaN)) < 1e-9)
  t.deepEqual(
    result.retrieved,
    best.slice(0, 2).map(({ text }) => text),
  )
  t.is(result.diverse.length, 3)
  const nearest = best.slice(0, 10).map(({ text }) => text)
  for (const text of result.diverse) t.true(nearest.includes(text))

  t.true(result.chunks.length > 500)
  for (const chunk of result.chunks) t.true(tokensOf(ef, chunk) <= 64, chunk)
  t.deepEqual(result.chunksLazily, result.chunks)
  // Longer than the 512 tokens at which a count that is cut would stop.
  t.true(result.large.some((chunk) => tokensOf(ef, chunk) > 512))
  for (const chunk of result.large) t.true(tokensOf(ef, chunk) <= 600, chunk)
})

function tokensOf(ef: Model2VecEmbeddingFunction, text: string): number {
  return ef.countTokens([text])[0] ?? NaN
}

test('a length is the number of all token ids, for every model', (t) => {
  const [root] = ROOTS
  const texts = [...corpus('edge'), 'a dog in the park. '.repeat(2000)]
  for (const name of root === undefined ? [] : modelsOf(root)) {
    const folder = name === 'm8k-subfolder' ? { subfolder: 'sub' } : {}
    const ef = new Model2VecEmbeddingFunction(modelPath(name), folder)
    const length = lengthFunction(ef)
    const expected = [...ef.countTokens(texts)]
    t.deepEqual(texts.map(length), expected, name)
    t.deepEqual(texts.map(length), expected, `${name}, again`)
    ef.close()
  }
})

test('lengths of ever new texts are not all kept', async (t) => {
  const { collected, grown } = await runProgram<{ collected: boolean; grown: number }>(
    'memory',
    { directory: SMALL },
    {
      flags: ['--expose-gc'],
    },
  )
  t.true(collected)
  // 200,000 texts of 60 letters, with their places in a map, would be more than 20 MB.
  t.true(grown < 4_000_000, `${grown}`)
})

test('a Proxy around the embeddings embeds as they do', async (t) => {
  const embeddings = new Model2VecEmbeddings(new Model2VecEmbeddingFunction(SMALL), {
    dimensionality: 4,
    dtype: 'int8',
  })
  const wrapped = new Proxy(embeddings, {})
  t.deepEqual(await wrapped.embedQuery('a dog'), (await embeddings.embedDocuments(['a dog']))[0])
  t.is((await wrapped.embedQuery('a dog')).length, 4)
  t.deepEqual(await wrapped.embedDocuments([]), [])
})

test('a pipeline embeds by its own method, and counts by its embedder', async (t) => {
  const ef = new Model2VecEmbeddingFunction(SMALL)
  const options = { dimensionality: 4, dtype: 'float16' } as const
  const expected = (await ef.encode(TEXTS, options)).toArray().map((row) => row.map((value) => -value))
  const turned = await new Model2VecEmbeddings(documentEmbedder(ef)).embedQuery('a dog')
  t.deepEqual(
    turned,
    [...(await ef.encodeOne('a dog'))].map((value) => -value),
  )
  const halves = { ...documentEmbedder(ef), encodeDocuments: ef.encodeDocuments.bind(ef) }
  const embeddings = new Model2VecEmbeddings(halves, options)
  t.deepEqual(
    await embeddings.embedDocuments(TEXTS),
    expected.map((row) => row.map((value) => -value)),
  )
  t.deepEqual(await embeddings.embedDocuments([]), [])
  t.is(lengthFunction(ef)('a dog'), ef.countTokens('a dog'))
})

test('a Model2VecPipeline embeds, and counts by its embedder', async (t) => {
  const pipeline = new Model2VecPipeline(headPath('projection'))
  const expected = (await pipeline.encode(TEXTS)).toArray()
  t.deepEqual(await new Model2VecEmbeddings(pipeline).embedDocuments(TEXTS), expected)
  const source = { model: headPath('projection'), pipeline: true }
  t.deepEqual(await new Model2VecEmbeddings(source).embedDocuments(TEXTS), expected)
  const counts = [...pipeline.embedder.countTokens(TEXTS)]
  t.deepEqual(TEXTS.map(lengthFunction(pipeline)), counts)
  t.deepEqual(await Promise.all(TEXTS.map(lengthFunction(source))), counts)
  t.throws(() => lengthFunction({ encode: () => undefined, embedder: {} } as never)('a dog'), {
    code: 'ERR_INVALID_OPTION',
  })
})

test('what is no source, no option and no text is refused', async (t) => {
  const refused = (make: () => unknown): void => {
    const error = t.throws(make, undefined)
    t.true(isModel2VecError(error) && error.code === 'ERR_INVALID_OPTION', String(error))
  }
  refused(() => new Model2VecEmbeddings('minishlab/potion-base-8M' as never))
  refused(() => new Model2VecEmbeddings({ model: SMALL }, { dimension: 3 } as never))
  refused(() => lengthFunction({ modle: SMALL } as never))
  refused(() => lengthFunction({ encode: () => undefined } as never))
  const ef = new Model2VecEmbeddingFunction(SMALL)
  t.throws(() => lengthFunction(ef)(undefined as never), { code: 'ERR_INVALID_TEXT' })
  await t.throwsAsync(new Model2VecEmbeddings(ef).embedQuery(undefined as never), { code: 'ERR_INVALID_TEXT' })
  await t.throwsAsync(lengthFunction({ model: '/no/such/model' })('a dog'), { code: 'ERR_MODEL_NOT_FOUND' })
})
