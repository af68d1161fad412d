// Who may ask and how much: keys, origins, methods, the limit of requests, time, and the end of a server.

import net from 'node:net'

import test from 'ava'

import { ef, GatedModel, get, MANY_TEXTS, post, raw, request, serve, until } from './serving.js'

const KEYS = { apiKeys: ['first-key', 'second-key'] }

test('with keys a request needs one of them, but for /health', async (t) => {
  const { url } = await serve(t, KEYS)
  t.is((await get(`${url}/health`)).status, 200)
  for (const path of ['/info', '/metrics', '/v1/models', '/openapi.json', '/none']) {
    t.is((await get(url + path)).status, 401, path)
  }
  const body = { input: 'a' }
  for (const [headers, status] of [
    [{}, 401],
    [{ authorization: 'Bearer first-key' }, 200],
    [{ authorization: 'bearer second-key' }, 200],
    [{ 'x-api-key': 'second-key' }, 200],
    [{ authorization: 'Bearer first-ke' }, 401],
    [{ authorization: 'Bearer first-key2' }, 401],
    [{ authorization: 'Basic first-key' }, 401],
    [{ authorization: 'Bearer ' }, 401],
    [{ 'x-api-key': '' }, 401],
  ] as const) {
    const reply = await post(`${url}/v1/embeddings`, body, headers)
    t.is(reply.status, status, JSON.stringify(headers))
    if (status === 401) {
      t.is(reply.headers.get('www-authenticate'), 'Bearer')
      t.is(reply.json.error.code, 'invalid_api_key')
      t.false(reply.text.includes('key2'))
    }
  }
  t.is((await post(`${url}/embed`, { inputs: 'a' })).json.error_type, 'Unauthorized')
})

test('keys that can not be keys are refused without showing them', async (t) => {
  const error = await t.throwsAsync(serve(t, { apiKeys: ['secret', ''] }), { code: 'ERR_INVALID_OPTION' })
  t.false(error.message.includes('secret'))
})

test('pages of other origins may ask only where the options say so', async (t) => {
  const asked = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
  const none = await serve(t)
  t.is((await get(`${none.url}/embed`, { method: 'OPTIONS', headers: asked })).status, 405)
  t.is((await get(`${none.url}/info`, { headers: asked })).headers.get('access-control-allow-origin'), null)

  const one = await serve(t, { cors: ['https://a.example'], ...KEYS })
  const preflight = await get(`${one.url}/embed`, { method: 'OPTIONS', headers: asked })
  t.is(preflight.status, 204)
  t.is(preflight.headers.get('access-control-allow-origin'), 'https://a.example')
  t.regex(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/)
  for (const name of ['content-length', 'content-type']) t.is(preflight.headers.get(name), null)
  t.is(
    (await get(`${one.url}/info`, { headers: asked })).headers.get('access-control-allow-origin'),
    'https://a.example',
  )
  const other = { ...asked, origin: 'https://b.example' }
  for (const method of ['GET', 'OPTIONS']) {
    const { headers } = await get(`${one.url}/info`, { method, headers: other })
    t.is(headers.get('access-control-allow-origin'), null)
    t.is(headers.get('vary'), 'Origin')
  }
  const all = await serve(t, { cors: ['*'] })
  t.is((await get(`${all.url}/info`, { headers: other })).headers.get('access-control-allow-origin'), '*')
})

test("a page may send the headers that it asks for: OpenAI's client has some of its own", async (t) => {
  const { url } = await serve(t, { cors: ['https://a.example'] })
  const asked = async (names: string): Promise<string | null> => {
    const headers = {
      origin: 'https://a.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': names,
    }
    const { headers: given } = await get(`${url}/v1/embeddings`, { method: 'OPTIONS', headers })
    return given.get('access-control-allow-headers')
  }
  const names = 'authorization,content-type,x-stainless-arch,x-stainless-lang, x-stainless-retry-count'
  t.is(await asked(names), names)
  t.is(await asked('a b;c'), 'Authorization, Content-Type, X-Api-Key')
})

test('a server that says by which names it is known answers no other', async (t) => {
  const { port } = await serve(t, { hosts: ['My.Example'] })
  const status = async (host: string): Promise<string> =>
    (await raw(port, `GET /health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)).slice(9, 12)
  for (const host of [
    'localhost',
    'LOCALHOST:8080',
    'a.localhost',
    '127.0.0.1:1',
    '10.0.0.1',
    '[::1]:80',
    'my.example:5',
  ]) {
    t.is(await status(`Host: ${host}\r\n`), '200', host)
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example:8080', '']) {
    t.is(await status(`Host: ${host}\r\n`), '403', host)
  }
  const every = await serve(t, { hosts: ['*'] })
  t.regex(await raw(every.port, 'GET /health HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

test('another method is 405 and another path is 404, each in the words of its protocol', async (t) => {
  const { url, port } = await serve(t)
  const wrong = await get(`${url}/v1/embeddings`)
  t.is(wrong.status, 405)
  t.is(wrong.headers.get('allow'), 'POST')
  t.is(wrong.json.error.type, 'invalid_request_error')
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const reply = await get(`${url}/health`, { method })
    t.is(reply.status, 405)
    t.is(reply.headers.get('allow'), 'GET, HEAD')
  }
  t.is((await get(`${url}/health`, { method: 'HEAD' })).status, 200)
  t.is((await get(`${url}/v1/none`)).json.error.type, 'invalid_request_error')
  for (const path of ['/none', '//', '/v1/models/', '/v1/models/*', '/embed/', '//embed', '/%65mbed']) {
    t.is((await get(url + path)).status, 404, path)
  }
  t.regex(await raw(port, 'GET /../embed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 404 /)
  t.is((await post(`${url}/embed?a=b`, { inputs: 'a' })).status, 200)
  // As a client sends it to what may be a proxy (RFC 9112, 3.2.2).
  for (const [target, status] of [
    ['http://x/health', 200],
    ['HTTP://x:8080/health?a=b', 200],
    ['http://x', 200],
    ['http://x/none', 404],
  ] as const) {
    const reply = await raw(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.is(reply.slice(9, 12), String(status), target)
  }
})

test('a base path stands before all paths', async (t) => {
  const { url } = await serve(t, { basePath: '/api/vectors' })
  t.is((await post(`${url}/api/vectors/embed`, { inputs: 'a' })).status, 200)
  t.is((await get(`${url}/api/vectors/openapi.json`)).json.servers[0].url, '/api/vectors')
  for (const path of ['/embed', '/api/vectorsembed', '/api/vectors']) {
    t.is((await post(url + path, { inputs: 'a' })).status, 404)
  }
})

test('one request too many is 429 with Retry-After, and others are answered all the same', async (t) => {
  const model = new GatedModel()
  const { url } = await serve(t, { maxConcurrency: 2 }, { model })
  const running = [post(`${url}/embed`, { inputs: 'a' }), post(`${url}/embed`, { inputs: MANY_TEXTS })]
  await until(() => model.waiting.length === 2)
  for (const path of ['/embed', '/v1/embeddings', '/api/embed']) {
    const reply = await post(url + path, { inputs: 'a', input: 'a' })
    t.is(reply.status, 429)
    t.is(reply.headers.get('retry-after'), '1')
  }
  model.open()
  t.deepEqual(
    (await Promise.all(running)).map(({ status }) => status),
    [200, 200],
  )
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 200)
})

test('/health and /metrics answer while the server is overloaded', async (t) => {
  const model = new GatedModel()
  const { url } = await serve(t, { maxConcurrency: 1 }, { model })
  const running = post(`${url}/embed`, { inputs: 'a' })
  await until(() => model.waiting.length === 1)
  t.is((await get(`${url}/health`)).status, 200)
  t.regex((await get(`${url}/metrics`)).text, /^model2vec_requests_in_work 1$/m)
  model.open()
  t.is((await running).status, 200)
})

test('large requests wait for a slot, of which a thread has two, in their order, and small ones do not wait for them', async (t) => {
  const model = new GatedModel()
  const { url } = await serve(t, {}, { model, free: ef })
  const large = Array.from({ length: 40 }, () => post(`${url}/embed`, { inputs: MANY_TEXTS, model: 'model' }))
  const waiting = async (): Promise<number> =>
    Number(/^model2vec_requests_waiting (\d+)$/m.exec((await get(`${url}/metrics`)).text)?.[1])
  await until(async () => model.waiting.length + (await waiting()) === 40)
  t.is(await waiting(), 40 - 2 * ef.info.threads)
  t.is((await post(`${url}/embed`, { inputs: 'a', model: 'free' })).status, 200)
  model.open()
  for (const { status } of await Promise.all(large)) t.is(status, 200)
  t.is(await waiting(), 0)
})

test('a request that takes too long is 503, and its work is ended', async (t) => {
  const model = new GatedModel()
  const { url } = await serve(t, { timeout: 50 }, { model })
  const reply = await post(`${url}/v1/embeddings`, { input: MANY_TEXTS })
  t.is(reply.status, 503)
  t.is(reply.json.error.code, 'timeout')
  t.true(model.waiting[0]?.aborted)
})

test('a client that goes away cancels its work, also while it waits for a slot', async (t) => {
  const model = new GatedModel()
  const { url, port } = await serve(t, {}, { model })
  const sockets = Array.from({ length: 40 }, () => net.connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.write(request('/embed', JSON.stringify({ inputs: MANY_TEXTS })))
  const inWork = async (): Promise<number> =>
    Number(/^model2vec_requests_in_work (\d+)$/m.exec((await get(`${url}/metrics`)).text)?.[1])
  await until(async () => (await inWork()) === 40)
  for (const socket of sockets) socket.destroy()
  await until(async () => (await inWork()) === 0)
  t.true(model.waiting.every((signal) => signal?.aborted))
  t.regex((await get(`${url}/metrics`)).text, /^model2vec_requests_total\{route="\/embed",status="499"\} 40$/m)
})

test('a client that goes away cancels all the work of its connection', async (t) => {
  const model = new GatedModel()
  const { port } = await serve(t, {}, { model })
  const socket = net.connect(port, '127.0.0.1')
  socket.write(request('/embed', JSON.stringify({ inputs: MANY_TEXTS })).repeat(2))
  await until(() => model.waiting.length === 2)
  socket.destroy()
  await until(() => model.waiting.every((signal) => signal?.aborted))
  t.is(model.waiting.length, 2)
})

test('clients that go away in the middle of a body or of an answer leave nothing in work', async (t) => {
  const { url, port } = await serve(t)
  const whole = request('/embed', JSON.stringify({ inputs: Array.from({ length: 2000 }, (_, i) => `text ${i}`) }))
  for (let i = 1; i <= 20; i++) {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(whole.slice(0, Math.ceil((whole.length * i) / 20)))
    await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
  }
  await until(async () => /^model2vec_requests_in_work 0$/m.test((await get(`${url}/metrics`)).text))
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 200)
})

test('/metrics counts requests, texts, tokens and latencies of routes that there are', async (t) => {
  const { url } = await serve(t, {}, { 'a "name"': ef })
  await post(`${url}/embed`, { inputs: ['a b', 'c'] })
  await post(`${url}/embed`, { inputs: 'word '.repeat(2000), truncate: true })
  await post(`${url}/embed`, { inputs: 5 })
  await get(`${url}/some/path/of/a/client`)
  const { text, headers } = await get(`${url}/metrics`)
  t.regex(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'model2vec_requests_total{route="/embed",status="200"} 2',
    'model2vec_requests_total{route="/embed",status="422"} 1',
    'model2vec_requests_total{route="other",status="404"} 1',
    'model2vec_request_duration_seconds_bucket{route="/embed",le="+Inf"} 3',
    'model2vec_request_duration_seconds_count{route="/embed"} 3',
    'model2vec_texts_total{model="a \\"name\\""} 3',
    'model2vec_truncated_texts_total{model="a \\"name\\""} 1',
  ]) {
    t.true(text.includes(`\n${line}\n`), line)
  }
  t.false(text.includes('some/path'))
  // The text format of Prometheus: comments, or a name with labels and a number.
  for (const line of text.trimEnd().split('\n')) {
    t.regex(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\]|\\.)*",?)+\})? [\d.e+-]+)$/)
  }
})

test('onRequest is told of each request, and nothing that a client sent', async (t) => {
  const requests: object[] = []
  const { url } = await serve(t, { ...KEYS, onRequest: (each) => requests.push(each) })
  await post(`${url}/embed`, { inputs: 'secret text' }, { authorization: 'Bearer first-key' })
  await get(`${url}/secret/path?secret=1`)
  t.is(requests.length, 2)
  const json = JSON.stringify(requests)
  t.false(/secret|first-key/.test(json))
  t.like(requests[0], { method: 'POST', route: '/embed', status: 200, texts: 1, tokens: 2 })
  t.like(requests[1], { route: 'other', status: 401 })
})

test('an error that is not foreseen is 500 without details, which onError gets', async (t) => {
  const model = new GatedModel()
  const broken = Object.assign(model, { encode: () => Promise.reject(new Error('secret details')) })
  const errors: unknown[] = []
  const { url } = await serve(t, { onError: (error) => errors.push(error) }, { broken })
  const reply = await post(`${url}/embed`, { inputs: 'a' })
  t.is(reply.status, 500)
  t.false(reply.text.includes('secret'))
  t.is((errors[0] as Error).message, 'secret details')
})
