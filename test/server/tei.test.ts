// The protocol of text-embeddings-inference, and Ollama's.

import test from 'ava'
import { Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'

import { headPath, headReference } from '../heads.js'
import { corpus, modelPath } from '../test-data.js'
import { ef, get, MANY_TEXTS, post, serve } from './serving.js'
import type { Reply } from './serving.js'

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
    ['/predict', { inputs: [1] }, 422, 'Validation'],
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

test('TEI answers /, /ping and /health alike', async (t) => {
  const { url } = await serve(t, { apiKeys: ['key'] })
  for (const path of ['/', '/ping', '/health']) t.is((await get(url + path)).status, 200, path)
})

test('a fault of a text names the text', async (t) => {
  const pipeline = await Model2VecPipeline.load(headPath('topics'))
  const { url } = await serve(t, {}, { small: ef, pipeline })
  const long = 'word '.repeat(2000)
  for (const [path, body, name] of [
    ['/embed', { inputs: ['a', long] }, 'inputs[1]'],
    ['/embed_all', { inputs: ['a', 'b', long] }, 'inputs[2]'],
    ['/similarity', { inputs: { source_sentence: 'a', sentences: ['b', long] } }, 'inputs.sentences[1]'],
    ['/similarity', { inputs: { source_sentence: long, sentences: ['b'] } }, 'inputs.source_sentence'],
    ['/predict', { inputs: [['a'], [long]], model: 'pipeline' }, 'inputs[1][0]'],
    ['/predict', { inputs: long, model: 'pipeline' }, 'inputs'],
  ] as const) {
    const { status, json } = await post(url + path, body)
    t.is(status, 413, path)
    t.true((json.error as string).startsWith(`\`${name}\` should have`), json.error as string)
  }
})

interface Prediction {
  readonly score: number
  readonly label: string
}

test('/predict gives the probabilities of a head as Python has them, the most likely first', async (t) => {
  const texts = corpus('edge')
  for (const name of ['topics', 'language', 'kind-int']) {
    const { runs, tensors, classes } = headReference(name)
    const run = Object.entries(runs).find(([, each]) => each.corpus === 'edge' && each.max_length === undefined)
    if (run === undefined || classes === null) throw new Error(`no reference of ${name}`)
    const expected = tensors.get(`${run[0]}.proba`)
    const { url } = await serve(t, { maxBatch: texts.length }, await Model2VecPipeline.load(headPath(name)))
    const inputs = texts.map((text, index) => ({ text, index })).filter(({ text }) => text !== '')
    const { status, json } = await post(`${url}/predict`, { inputs: inputs.map(({ text }) => [text]), truncate: true })
    t.is(status, 200)
    const labels = classes.map(String)
    for (const [i, predictions] of (json as Prediction[][]).entries()) {
      const index = inputs[i]?.index ?? 0
      t.deepEqual(predictions.map(({ label }) => label).sort(), [...labels].sort())
      for (const [rank, { score, label }] of predictions.entries()) {
        const wanted = expected?.[index * labels.length + labels.indexOf(label)] ?? NaN
        t.true(Math.abs(score - wanted) < 1e-5, `${name}, text ${index}: ${score}, ${wanted}`)
        t.true(score <= (predictions[rank - 1]?.score ?? 1))
      }
    }
    // Clients that are given an address only ask here.
    t.is((await post(url, { inputs: 'a' })).json.length, labels.length)
    t.is((await post(`${url}/predict`, { inputs: ['a', 'pair'] })).status, 422)
    t.is((await post(`${url}/predict`, { inputs: [['a', 'pair']] })).status, 422)
    t.is((await post(`${url}/predict`, { inputs: 'a', raw_scores: true })).status, 424)
    t.is((await post(`${url}/v1/embeddings`, { input: 'a' })).status, 200)
    const { json: info } = await get(`${url}/info`)
    t.deepEqual(info.model_type.classifier.id2label, Object.fromEntries(labels.map((label, i) => [i, label])))
  }
})

test('a head that is a projection has no classes: /predict is 424, and the vectors are its rows', async (t) => {
  const errors: unknown[] = []
  for (const name of ['projection', 'measures', 'nothing']) {
    const pipeline = await Model2VecPipeline.load(headPath(name))
    const { url } = await serve(t, { onError: (error) => errors.push(error) }, pipeline)
    const reply = await post(`${url}/predict`, { inputs: 'a' })
    t.is(reply.status, 424, name)
    t.is(reply.json.error_type, 'Backend')
    const { json } = await post(url, { inputs: ['some text'], normalize: false })
    t.deepEqual(Float32Array.from(json[0] as number[]), (await pipeline.encode('some text')).row(0))
  }
  t.deepEqual(errors, [])
})

test('/ is for what the model of the request is for', async (t) => {
  const pipeline = await Model2VecPipeline.load(headPath('topics'))
  for (const models of [
    { small: ef, pipeline },
    { pipeline, small: ef },
  ]) {
    const { url } = await serve(t, {}, models)
    t.is(typeof (await post(url, { inputs: ['a'], model: 'small' })).json[0][0], 'number')
    t.is(typeof (await post(url, { inputs: ['a'], model: 'pipeline' })).json[0].label, 'string')
    const { json } = await get(`${url}/openapi.json`)
    t.is(json.components.schemas.RootRequest.anyOf.length, 2)
  }
})

test("Ollama's /api/embed gives normalized vectors, whatever the model's config says", async (t) => {
  const model = new Model2VecEmbeddingFunction(modelPath('m8k-nonorm'))
  const { url } = await serve(t, {}, { small: ef, nonorm: model })
  for (const name of ['small', 'nonorm']) {
    for (const input of ['one', ['a', ''], []]) {
      const { json, status } = await post(`${url}/api/embed`, { model: name, input })
      t.is(status, 200)
      const expected = await (name === 'small' ? ef : model).encode(input, { normalize: true })
      t.deepEqual(
        (json.embeddings as number[][]).map((row) => Float32Array.from(row)),
        [...expected],
      )
      t.is(json.prompt_eval_count, expected.totalTokens)
    }
  }
  const long = 'word '.repeat(2000)
  t.is((await post(`${url}/api/embed`, { input: long })).status, 200)
  const refused = await post(`${url}/api/embed`, { input: long, truncate: false })
  t.is(refused.status, 400)
  t.deepEqual(Object.keys(refused.json as object), ['error'])
  t.is((await post(`${url}/api/embed`, { model: 'none', input: 'a' })).status, 404)
})

test("what Ollama takes, /api/embed takes: an empty text, none, many dimensions, a tag, a curl's type", async (t) => {
  const { url } = await serve(t, {}, { small: ef })
  const ask = async (body: object): Promise<Reply> => post(`${url}/api/embed`, body)
  for (const input of ['', null, undefined, []]) t.deepEqual((await ask({ input })).json.embeddings, [])
  for (const dimensions of [64, 32, 1e30, 0, -1, null]) {
    t.is((await ask({ input: 'a', dimensions })).json.embeddings[0].length, 32, String(dimensions))
  }
  const cut = await ask({ input: 'a text', dimensions: 8 })
  const expected = await ef.encode('a text', { dimensionality: 8, normalize: true })
  t.deepEqual(Float32Array.from(cut.json.embeddings[0] as number[]), expected.row(0))
  t.is((await ask({ input: 'a', dimensions: 1.5 })).status, 400)
  for (const model of ['small', 'small:latest']) t.is((await ask({ input: 'a', model })).json.model, model)
  t.is((await ask({ input: 'a', model: 'other:latest' })).status, 404)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.is((await post(`${url}/api/embed`, '{"input":"a"}', form)).status, 200)
  // A page of any site could send it.
  t.is((await post(`${url}/api/embed`, '{"input":"a"}', { ...form, origin: 'https://a.example' })).status, 415)
})
