// OpenAI's protocol: the vectors of `encode`, bit for bit, and errors in OpenAI's shape.

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, modelPath, POTION, reference, ROOTS, SMALL } from '../test-data.js'
import { ef, get, MANY_TEXTS, post, serve, vectorOf } from './serving.js'

interface Item {
  readonly object: string
  readonly index: number
  readonly embedding: string | readonly number[]
}

test('base64 vectors are those of Python, in every bit and in order', async (t) => {
  const model = new Model2VecEmbeddingFunction(POTION)
  const { url } = await serve(t, {}, { potion: model })
  const [root] = ROOTS
  const expected = root === undefined ? null : reference(root, 'potion-base-8M')
  const texts = corpus('edge')
  const digests = expected?.digests['edge.default']?.vector_crc32 ?? []
  t.is(digests.length, texts.length)
  // An empty text is an error of this protocol.
  const kept = texts.map((text, i) => ({ text, digest: digests[i] })).filter(({ text }) => text !== '')
  const input = kept.map(({ text }) => text)
  const { status, json } = await post(`${url}/v1/embeddings`, { input, model: 'potion', encoding_format: 'base64' })
  t.is(status, 200)
  const data = json.data as Item[]
  t.deepEqual(
    data.map(({ index }) => index),
    kept.map((_, i) => i),
  )
  const found = data.map(({ embedding }) => crc(vectorOf(embedding as string)))
  t.deepEqual(
    found,
    kept.map(({ digest }) => digest),
  )
})

test('numbers read back to the same float32, for few texts and for many', async (t) => {
  const { url } = await serve(t)
  for (const input of ['one text', ['a', 'b c'], MANY_TEXTS]) {
    const { json, status } = await post(`${url}/v1/embeddings`, { input, model: 'small' })
    t.is(status, 200)
    const expected = await ef.encode(input)
    const data = json.data as Item[]
    t.is(data.length, expected.rows)
    for (const [i, { embedding, object }] of data.entries()) {
      t.is(object, 'embedding')
      t.deepEqual(Float32Array.from(embedding as number[]), expected.row(i))
    }
    t.is(json.object, 'list')
    t.is(json.model, 'small')
    t.deepEqual(json.usage, { prompt_tokens: expected.totalTokens, total_tokens: expected.totalTokens })
  }
})

test('dimensions cuts as dimensionality does', async (t) => {
  const { url } = await serve(t)
  const body = { input: ['some text', 'more'], dimensions: 8, encoding_format: 'base64' }
  const { json } = await post(`${url}/v1/embeddings`, body)
  const expected = await ef.encode(body.input, { dimensionality: 8 })
  for (const [i, { embedding }] of (json.data as Item[]).entries()) {
    t.deepEqual(vectorOf(embedding as string), expected.row(i))
  }
  for (const dimensions of [0, 33, 1.5, '8', -1]) {
    const reply = await post(`${url}/v1/embeddings`, { ...body, dimensions })
    t.is(reply.status, 400, String(dimensions))
    t.is(reply.json.error.param, 'dimensions')
  }
})

test('what can not be embedded is 400 with the name of the field', async (t) => {
  const { url } = await serve(t)
  for (const [body, param] of [
    [{}, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['a', ''] }, 'input'],
    [{ input: null }, 'input'],
    [{ input: { a: 1 } }, 'input'],
    [{ input: ['a', 5] }, 'input[1]'],
    [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
    [{ input: 'a', model: 5 }, 'model'],
    [{ input: 'a', user: {} }, 'user'],
  ] as const) {
    const { status, json } = await post(`${url}/v1/embeddings`, body)
    t.is(status, 400, JSON.stringify(body))
    t.is(json.error.type, 'invalid_request_error')
    t.is(json.error.param, param, JSON.stringify(body))
    t.is(typeof json.error.message, 'string')
  }
})

test('token ids are refused with what a client of LangChain for Python has to set', async (t) => {
  const { url } = await serve(t)
  for (const input of [
    [1, 2],
    [[1, 2], [3]],
  ]) {
    const { status, json } = await post(`${url}/v1/embeddings`, { input, model: 'small' })
    t.is(status, 400)
    t.regex(json.error.message as string, /check_embedding_ctx_length=False/)
  }
})

test('models have names and aliases; another name is 404, and never a path', async (t) => {
  const { url } = await serve(t, { aliases: { 'text-embedding-3-small': 'small' } })
  const { json } = await get(`${url}/v1/models`)
  t.is(json.object, 'list')
  t.deepEqual(
    (json.data as { id: string }[]).map(({ id }) => id),
    ['small', 'text-embedding-3-small'],
  )
  t.is((await get(`${url}/v1/models/small`)).json.id, 'small')
  t.is((await get(`${url}/v1/models/none`)).status, 404)
  t.is((await post(`${url}/v1/embeddings`, { input: 'a', model: 'text-embedding-3-small' })).status, 200)
  for (const model of ['other', SMALL, modelPath('m8k-f16'), '../small', '__proto__', 'constructor']) {
    const reply = await post(`${url}/v1/embeddings`, { input: 'a', model })
    t.is(reply.status, 404, model)
    t.is(reply.json.error.code, 'model_not_found')
  }
})

test('an alias can not take the place of a model, and every name can be an alias', async (t) => {
  const models = { small: ef, other: new Model2VecEmbeddingFunction(modelPath('m8k-dim3')) }
  const error = await t.throwsAsync(serve(t, { aliases: { other: 'small' } }, models), { code: 'ERR_INVALID_OPTION' })
  t.regex(error.message, /aliases\["other"\]` is the name of another model/)
  const names = JSON.parse('{"__proto__":"other","small":"small"}') as Record<string, string>
  const { url } = await serve(t, { aliases: names }, models)
  const { json } = await post(`${url}/v1/embeddings`, { input: 'a', model: '__proto__' })
  t.is(json.data[0].embedding.length, 3)
})

test('a model in a directory is called by its last name, not by its path', async (t) => {
  const { url } = await serve(t, {}, ef)
  const { json } = await get(`${url}/v1/models`)
  t.is(json.data[0].id, 'm8k-f32')
})

test('an id of the Hub in the path may have its slash as it is, or escaped', async (t) => {
  const { url } = await serve(t, {}, { 'org/name': ef })
  for (const id of ['org/name', 'org%2Fname']) t.is((await get(`${url}/v1/models/${id}`)).json.id, 'org/name')
})

test('a text that is longer than the model reads is cut as encode does, and counted in a header', async (t) => {
  const { url } = await serve(t)
  const long = 'word '.repeat(2000)
  const { json, headers } = await post(`${url}/v1/embeddings`, { input: ['a', long], encoding_format: 'base64' })
  const expected = await ef.encode(['a', long])
  t.is(expected.truncated, 1)
  t.is(headers.get('x-truncated-texts'), '1')
  t.deepEqual(vectorOf(json.data[1].embedding as string), expected.row(1))
})

test('a text that is longer than the model reads is 400 where the server is strict', async (t) => {
  const { url } = await serve(t, { strict: true })
  const long = 'word '.repeat(2000)
  for (const [input, name] of [
    [['a', long], 'input[1]'],
    [long, 'input'],
  ] as const) {
    const { status, json } = await post(`${url}/v1/embeddings`, { input })
    t.is(status, 400)
    t.is(json.error.code, 'context_length_exceeded')
    t.true((json.error.message as string).includes(`\`${name}\``))
  }
})

test('a lone surrogate is read as encode reads it, and a name in the answer is JSON all the same', async (t) => {
  const { url } = await serve(t, {}, { 'naïve \ud83d\ude00': ef })
  const { json, status } = await post(`${url}/v1/embeddings`, '{"input":"a \\ud800 b","encoding_format":"base64"}')
  t.is(status, 200)
  t.is(json.model, 'naïve \ud83d\ude00')
  t.deepEqual(vectorOf(json.data[0].embedding as string), (await ef.encode('a \ud800 b')).row(0))
  const other = await post(`${url}/v1/embeddings`, '{"input":"a","model":"\\ud800"}')
  t.is(other.status, 404)
})

test('a batch that is too large is 400, and so is a text', async (t) => {
  const { url } = await serve(t, { maxBatch: 3, maxText: 10 })
  t.is((await post(`${url}/v1/embeddings`, { input: ['a', 'b', 'c'] })).status, 200)
  t.is((await post(`${url}/v1/embeddings`, { input: ['a', 'b', 'c', 'd'] })).status, 400)
  t.is((await post(`${url}/v1/embeddings`, { input: '0123456789' })).status, 200)
  t.is((await post(`${url}/v1/embeddings`, { input: ['a', '0123456789a'] })).status, 400)
})
