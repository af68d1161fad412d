// The protocol of text-embeddings-inference, and Ollama's.

import test from 'ava'
import type { ServedPipeline } from 'model2vec-node/server'

import { ef, get, MANY_TEXTS, post, serve } from './serving.js'

test('/embed gives normalized vectors unless it is asked not to', async (t) => {
  const { url } = await serve(t)
  for (const normalize of [undefined, true, false]) {
    for (const inputs of ['one text', ['a b', 'c'], MANY_TEXTS]) {
      const { json, status } = await post(`${url}/embed`, { inputs, normalize })
      t.is(status, 200)
      const expected = await ef.encode(inputs, { normalize: normalize ?? true })
      t.deepEqual(
        (json as number[][]).map((row) => Float32Array.from(row)),
        [...expected],
      )
    }
  }
})

test('/embed refuses a text that is too long, and cuts it where it may', async (t) => {
  const { url } = await serve(t)
  const long = 'word '.repeat(2000)
  const refused = await post(`${url}/embed`, { inputs: ['a', long] })
  t.is(refused.status, 413)
  t.is(refused.json.error_type, 'Validation')
  const cut = await post(`${url}/embed`, { inputs: ['a', long], truncate: true, truncation_direction: 'Right' })
  t.is(cut.status, 200)
  t.is(cut.headers.get('x-truncated-texts'), '1')
  // The start of a text is not cut: there is nothing that does it.
  t.is((await post(`${url}/embed`, { inputs: long, truncate: true, truncation_direction: 'Left' })).status, 413)
  t.is((await post(`${url}/embed`, { inputs: 'a', truncate: true, truncation_direction: 'Left' })).status, 200)
})

test('faults have the statuses of TEI', async (t) => {
  const { url } = await serve(t, { maxBatch: 2 })
  for (const [path, body, status, type] of [
    ['/embed', { inputs: '' }, 400, 'Empty'],
    ['/embed', { inputs: [] }, 400, 'Empty'],
    ['/embed', {}, 422, 'Validation'],
    ['/embed', { inputs: 5 }, 422, 'Validation'],
    ['/embed', { inputs: [[1]] }, 422, 'Validation'],
    ['/embed', { inputs: 'a', normalize: 'yes' }, 422, 'Validation'],
    ['/embed', { inputs: 'a', truncate: 1 }, 422, 'Validation'],
    ['/embed', { inputs: 'a', truncation_direction: 'Up' }, 422, 'Validation'],
    ['/embed', { inputs: 'a', prompt_name: 'query' }, 422, 'Validation'],
    ['/embed', { inputs: ['a', 'b', 'c'] }, 413, 'Validation'],
    ['/embed_sparse', { inputs: 'a' }, 424, 'Backend'],
    ['/rerank', { query: 'a', texts: ['b'] }, 424, 'Backend'],
    ['/rerank', { query: 'a' }, 422, 'Validation'],
    ['/predict', { inputs: 'a' }, 424, 'Backend'],
  ] as const) {
    const reply = await post(url + path, body)
    t.is(reply.status, status, JSON.stringify(body))
    t.is(reply.json.error_type, type, JSON.stringify(body))
    t.is(typeof reply.json.error, 'string')
  }
})

test('/embed_all gives a vector for each token', async (t) => {
  const { url } = await serve(t)
  const inputs = ['one text', 'word '.repeat(100)]
  const { json } = await post(`${url}/embed_all`, { inputs })
  const expected = await ef.encodeAsSequence(inputs, { maxLength: ef.info.maxLength })
  t.deepEqual(
    (json as number[][][]).map((rows) => rows.map((row) => Float32Array.from(row))),
    expected.map((matrix) => [...matrix]),
  )
  const many = Array.from({ length: 200 }, () => 'word '.repeat(100))
  t.is((await post(`${url}/embed_all`, { inputs: many })).status, 413)
  t.is((await post(`${url}/embed_all`, { inputs: 'word '.repeat(2000) })).status, 413)
  t.is((await post(`${url}/embed_all`, { inputs: 'word '.repeat(2000), truncate: true })).status, 200)
})

test('/tokenize gives the ids and their tokens', async (t) => {
  const { url } = await serve(t)
  const inputs = ['the café of words', 'x']
  const { json } = await post(`${url}/tokenize`, { inputs })
  const ids = ef.tokenize(inputs, { maxLength: null })
  t.deepEqual(
    json,
    ids.map((each) => [...each].map((id) => ({ id, text: ef.tokens[id], special: false, start: null, stop: null }))),
  )
})

test('/similarity gives the cosines in the order of the sentences, and 0 for a text without tokens', async (t) => {
  const { url } = await serve(t)
  const sentences = ['a cat', 'dogs', '\u{10fffd}', 'a dog']
  const { json } = await post(`${url}/similarity`, { inputs: { source_sentence: 'a dog', sentences } })
  const [first, ...others] = (await ef.encode(['a dog', ...sentences])).toArray()
  const cosine = (a: readonly number[], b: readonly number[]): number => {
    const dot = (x: readonly number[], y: readonly number[]): number =>
      x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0)
    const norms = Math.sqrt(dot(a, a) * dot(b, b))
    return norms === 0 ? 0 : dot(a, b) / norms
  }
  const expected = others.map((row) => cosine(first ?? [], row))
  t.is((json as number[]).length, 4)
  for (const [i, score] of (json as number[]).entries()) t.true(Math.abs(score - (expected[i] ?? 9)) < 1e-6)
  t.is(json[2], 0)
  t.is((await post(`${url}/similarity`, { inputs: 'a' })).status, 422)
  t.is((await post(`${url}/similarity`, { inputs: { source_sentence: 'a', sentences: [] } })).status, 400)
})

test('/info describes the default model', async (t) => {
  const { url } = await serve(t, { defaultModel: 'second' }, { first: ef, second: ef })
  const { json } = await get(`${url}/info`)
  t.is(json.model_id, 'second')
  t.is(json.dimensions, 32)
  t.is(json.max_input_length, ef.info.maxLength)
  t.deepEqual(json.model_type, { embedding: { pooling: 'mean' } })
})

test('/predict gives the labels of a head, the most likely first', async (t) => {
  // A head as a pipeline has it, over the vectors of the real model.
  const pipeline: ServedPipeline = {
    embedder: ef,
    classes: ['no', 'yes', 3],
    activation: 'softmax',
    dim: 3,
    encode: (texts, options) => ef.encode(texts, options),
    predictProba: (texts, options) => ef.encode(texts, { ...options, dimensionality: 3 }),
  }
  const { url } = await serve(t, {}, { pipeline })
  const expected = await ef.encode(['some words', 'others'], { dimensionality: 3 })
  const predictions = (index: number): object[] =>
    ['no', 'yes', '3']
      .map((label, i) => ({ score: expected.row(index)[i] ?? 0, label }))
      .sort((a, b) => b.score - a.score)
      .map(({ score, label }) => ({ score: Math.fround(score), label }))
  const rounded = (list: { score: number; label: string }[]): object[] =>
    list.map(({ score, label }) => ({ score: Math.fround(score), label }))
  const single = await post(`${url}/predict`, { inputs: 'some words' })
  t.deepEqual(rounded(single.json), predictions(0))
  const batch = await post(`${url}/predict`, { inputs: [['some words'], ['others']] })
  t.deepEqual((batch.json as []).map(rounded), [predictions(0), predictions(1)])
  t.is((await post(`${url}/predict`, { inputs: ['a', 'pair'] })).status, 422)
  t.is((await post(`${url}/predict`, { inputs: [['a', 'pair']] })).status, 422)
  t.is((await post(`${url}/predict`, { inputs: 'a', raw_scores: true })).status, 424)
  t.is((await post(`${url}/v1/embeddings`, { input: 'a' })).status, 200)
  const { json } = await get(`${url}/info`)
  t.deepEqual(json.model_type.classifier.id2label, { 0: 'no', 1: 'yes', 2: '3' })
})

test("Ollama's /api/embed gives vectors of texts, of empty ones too, and of none", async (t) => {
  const { url } = await serve(t)
  for (const input of ['one', ['a', ''], []]) {
    const { json, status } = await post(`${url}/api/embed`, { model: 'small', input })
    t.is(status, 200)
    const expected = await ef.encode(input)
    t.deepEqual(
      (json.embeddings as number[][]).map((row) => Float32Array.from(row)),
      [...expected],
    )
    t.is(json.prompt_eval_count, expected.totalTokens)
  }
  const long = 'word '.repeat(2000)
  t.is((await post(`${url}/api/embed`, { input: long })).status, 200)
  const refused = await post(`${url}/api/embed`, { input: long, truncate: false })
  t.is(refused.status, 400)
  t.deepEqual(Object.keys(refused.json as object), ['error'])
  t.is((await post(`${url}/api/embed`, { model: 'none', input: 'a' })).status, 404)
})
