// The server for the web's Request and Response gives the answers of the one for node:http; and both take
// what frameworks give them.

import http from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { createHandler, createListener } from 'model2vec-node/server'
import type { ListenerRequest, ListenerResponse, ServerOptions } from 'model2vec-node/server'

import { SMALL } from '../test-data.js'
import { connect, ef, GatedModel, MANY_TEXTS, post, request, serve, until } from './serving.js'

const ORIGIN = 'http://localhost'

function json(path: string, body: unknown, init: RequestInit = {}): Request {
  const headers = { 'content-type': 'application/json' }
  return new Request(ORIGIN + path, { method: 'POST', headers, body: JSON.stringify(body), ...init })
}

test('a handler gives the bytes, statuses and headers of a listener', async (t) => {
  const options = { maxBatch: 400, aliases: { other: 'small' } }
  const handler = createHandler({ small: ef }, options)
  const { url } = await serve(t, options)
  for (const [path, body] of [
    ['/v1/embeddings', { input: 'a' }],
    ['/v1/embeddings', { input: MANY_TEXTS, encoding_format: 'base64' }],
    ['/v1/embeddings', { input: MANY_TEXTS }],
    ['/v1/embeddings', { input: '' }],
    ['/embed', { inputs: ['a', 'word '.repeat(1000)], truncate: true }],
    ['/embed', { inputs: 'word '.repeat(1000) }],
    ['/embed?x=1', { inputs: 'a' }],
    ['/tokenize', { inputs: 'a b c' }],
    ['/predict', { inputs: 'a' }],
    ['/none', {}],
  ] as const) {
    const response = await handler(json(path, body))
    const expected = await post(url + path, body)
    t.is(response.status, expected.status, path)
    t.is(await response.text(), expected.text)
    for (const name of ['content-type', 'content-length', 'x-truncated-texts', 'allow']) {
      t.is(response.headers.get(name), expected.headers.get(name), name)
    }
  }
  for (const path of ['/v1/models', '/info', '/health', '/openapi.json']) {
    const response = await handler(new Request(ORIGIN + path))
    const expected = await fetch(url + path)
    t.is(await response.text(), await expected.text(), path)
  }
  const head = await handler(new Request(`${ORIGIN}/health`, { method: 'HEAD' }))
  t.is(head.status, 200)
  t.is(head.headers.get('content-length'), '15')
  t.is(await head.text(), '')
})

test('a handler reads no more of a body than the limit', async (t) => {
  const handler = createHandler(ef, { maxBody: 1000 })
  let given = 0
  const body = new ReadableStream({
    pull(controller) {
      given += 500
      controller.enqueue(new Uint8Array(500))
    },
  })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit
  const response = await handler(new Request(`${ORIGIN}/embed`, init))
  t.is(response.status, 413)
  t.true(given < 10_000)
})

test('a handler stops to read a body when the client has gone away, and when the time is over', async (t) => {
  const stalled = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{'))
      },
    })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, duplex: 'half' } as RequestInit
  const handler = createHandler(ef, { timeout: 20 })
  const late = await handler(new Request(`${ORIGIN}/embed`, { ...init, body: stalled() }))
  t.is(late.status, 503)
  const controller = new AbortController()
  const patient = createHandler(ef)
  const { signal } = controller
  const gone = patient(new Request(`${ORIGIN}/embed`, { ...init, body: stalled(), signal }))
  controller.abort()
  t.is((await gone).status, 499)
  await patient.drain()
})

test("a request's signal ends its work", async (t) => {
  const model = new GatedModel()
  const handler = createHandler({ model })
  const controller = new AbortController()
  const response = handler(json('/embed', { inputs: MANY_TEXTS }, { signal: controller.signal }))
  await until(() => model.waiting.length === 1)
  controller.abort()
  t.is((await response).status, 499)
  t.true(model.waiting[0]?.aborted)
  await handler.drain()
  t.is((await handler(new Request(`${ORIGIN}/health`))).status, 503)
})

test('a listener leaves paths and methods that it does not have to the next handler, as in Express', async (t) => {
  const listener = createListener(ef)
  const server = http.createServer((request, response) => {
    listener(request, response, () => {
      response.end('next')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.is(await (await fetch(`${url}/none`)).text(), 'next')
  t.is((await fetch(`${url}/health`)).status, 200)
  // The page of an application, say: a path that takes another method is left to it, too.
  for (const path of ['/', '/embed']) t.is(await (await fetch(`${url}${path}`)).text(), 'next')
  const body = JSON.stringify({ inputs: 'a' })
  const headers = { 'content-type': 'application/json' }
  for (const path of ['/', '/embed'])
    t.is((await fetch(`${url}${path}`, { method: 'POST', headers, body })).status, 200)
})

test('a listener takes the body that a parser before it has read', async (t) => {
  const listener = createListener(ef)
  const server = http.createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      listener(Object.assign(request, { body: JSON.parse(text) as unknown }), response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 200)
  t.is((await post(`${url}/embed`, '[1]')).status, 422)
})

/** A server that reads bodies before it calls the listener. */
async function serveRead(
  t: ExecutionContext,
  options: ServerOptions,
  asBody: (bytes: Buffer) => unknown,
): Promise<string> {
  const listener = createListener(ef, options)
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      listener(Object.assign(request, { body: asBody(Buffer.concat(chunks)) }), response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a listener takes the bytes or the text of a body that is read already', async (t) => {
  const expected = await ef.encode('żółw', { normalize: true })
  for (const asBody of [(bytes: Buffer) => bytes, (bytes: Buffer) => bytes.toString()]) {
    const url = await serveRead(t, {}, asBody)
    // As `express.raw` and `express.text` give them: unpacked.
    const { status, json } = await post(`${url}/embed`, { inputs: 'żółw' }, { 'content-encoding': 'gzip' })
    t.is(status, 200)
    t.deepEqual(Float32Array.from(json[0] as number[]), expected.row(0))
  }
})

test('a body that is read already and kept nowhere is an error of the application, not a request that hangs', async (t) => {
  const errors: unknown[] = []
  const url = await serveRead(t, { onError: (error) => errors.push(error) }, () => undefined)
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 500)
  t.regex((errors[0] as Error).message, /read before the listener/)
  t.is((await post(`${url}/embed`, '')).status, 400)
})

test('an answer that the application has given instead is left alone', async (t) => {
  const model = new GatedModel()
  const listener = createListener({ model })
  let answer: () => void = () => undefined
  const server = http.createServer((request, response) => {
    answer = () => response.writeHead(504).end('too late')
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  // While the texts are embedded.
  const reply = post(`http://127.0.0.1:${port}/embed`, { inputs: MANY_TEXTS })
  await until(() => model.waiting.length === 1)
  answer()
  t.is((await reply).text, 'too late')
  model.open()
  // While the body is on its way.
  const [head, rest] = [request('/embed', '{"inputs":"a"}', 'Expect: 100-continue\r\n').slice(0, -9), '"inputs":"a"}']
  const slow = connect(port)
  server.on('checkContinue', (incoming, response) => {
    answer = () => response.writeHead(504).end('too late')
    listener.checkContinue(incoming, response)
  })
  slow.socket.write(head)
  await until(() => slow.reply().includes('100 Continue'))
  answer()
  await until(() => slow.reply().includes('too late'))
  slow.socket.end(rest.slice(-9))
  await listener.drain()
  t.pass()
})

test('the entry loads by import and require, and refuses what are no models', async (t) => {
  const required = createRequire(__filename)('model2vec-node/server') as { createListener: unknown }
  const imported = (await import('model2vec-node/server')) as unknown as typeof required
  t.is(imported.createListener, createListener)
  t.is(required.createListener, createListener)
  for (const models of [undefined, null, {}, 5, 'minishlab/potion-base-8M', [], { a: {} }, { a: null }]) {
    t.throws(() => createListener(models as never), { code: 'ERR_INVALID_OPTION' })
    t.throws(() => createHandler(models as never), { code: 'ERR_INVALID_OPTION' })
  }
  for (const options of [
    { maxBatch: 0 },
    { timeout: '5' },
    { basePath: 'api' },
    { aliases: { a: 'none' } },
    { aliases: { a: 5 } },
    { defaultModel: 'none' },
    { cors: '*' },
    { cors: ['https://a.example/'] },
    { cors: ['https://a.example:443'] },
    { cors: ['a.example'] },
    { apiKeys: ['a b'] },
    { basePath: '/a?b' },
    { basePath: '/' },
    { unknown: 1 },
  ]) {
    t.throws(() => createListener(ef, options as never), { code: 'ERR_INVALID_OPTION' }, JSON.stringify(options))
  }
})

test('a model that is pending is loaded, and answered with 503 until then', async (t) => {
  const model = new Model2VecEmbeddingFunction(SMALL, { vocabularyQuantization: 100 })
  t.throws(() => createListener(model), { code: 'ERR_MODEL_NOT_READY' })
  const { url } = await serve(t, {}, { model })
  const { status } = await post(`${url}/embed`, { inputs: 'a' })
  t.true(status === 503 || status === 200)
  await until(async () => (await fetch(`${url}/health`)).status === 200)
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 200)
})

test('a closed model is 503, and its server is not healthy', async (t) => {
  const model = new Model2VecEmbeddingFunction(ef.info.path)
  const { url } = await serve(t, {}, model)
  model.close()
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 503)
  t.is((await fetch(`${url}/health`)).status, 503)
})

test('requests and responses of node:http are what a listener takes', (t) => {
  // Checked by the compiler.
  const take = (request: http.IncomingMessage, response: http.ServerResponse): [ListenerRequest, ListenerResponse] => [
    request,
    response,
  ]
  t.is(typeof take, 'function')
})
