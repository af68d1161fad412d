// The end of a server: what has begun is finished, whatever is left of it, and nothing else.

import net from 'node:net'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { POTION } from '../test-data.js'
import { connect, GatedModel, get, metric, post, raw, request, serve, until } from './serving.js'

test('a draining server is not healthy, takes no new work, finishes what it has, and closes connections', async (t) => {
  const model = new GatedModel()
  const { url, port, listener } = await serve(t, {}, { model })
  const running = post(`${url}/embed`, { inputs: 'a' })
  await until(() => model.waiting.length === 1)
  let isDrained = false
  const drained = listener.drain().then(() => (isDrained = true))
  for (const path of ['/health', '/ping', '/']) t.is((await get(url + path)).status, 503)
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 503)
  for (const target of ['/metrics', '/none']) {
    t.regex(await raw(port, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`), /\r\nConnection: close\r\n/)
  }
  t.false(isDrained)
  model.open()
  t.is((await running).status, 200)
  await drained
  t.true(isDrained)
})

test('drain waits for a request whose body is on its way', async (t) => {
  const { port, listener } = await serve(t)
  const whole = request('/embed', '{"inputs":"a"}', 'Expect: 100-continue\r\n')
  const client = connect(port)
  client.socket.write(whole.slice(0, -4))
  await until(() => client.reply().includes('100 Continue'))
  let isDrained = false
  const drained = listener.drain().then(() => (isDrained = true))
  t.regex(await raw(port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 503 /)
  t.false(isDrained)
  client.socket.write(whole.slice(-4))
  await drained
  await until(() => client.reply().includes('HTTP/1.1 200 OK'))
})

test('drain waits until an answer is read, or its client has gone away', async (t) => {
  for (const isRead of [true, false]) {
    const { url, port, listener } = await serve(t, {}, { potion: new Model2VecEmbeddingFunction(POTION) })
    const client = net.connect(port, '127.0.0.1')
    client.pause()
    // More than the buffers of a connection hold: 51 MB.
    const inputs = Array(40).fill('a '.repeat(400))
    client.write(request('/embed_all', JSON.stringify({ inputs, truncate: true }), 'Connection: close\r\n'))
    await until(async () => (await metric(url, 'model2vec_requests_total{route="/embed_all",status="200"}')) === 1)
    let isDrained = false
    const drained = listener.drain().then(() => (isDrained = true))
    t.regex(await raw(port, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'), /^HTTP\/1\.1 503 /)
    t.false(isDrained)
    if (isRead) client.resume()
    else client.destroy()
    await drained
  }
})

test('a client that goes away in a pipeline leaves nothing that drain waits for', async (t) => {
  const model = new GatedModel()
  const { port, listener } = await serve(t, {}, { model })
  const socket = net.connect(port, '127.0.0.1')
  socket.write(request('/embed', '{"inputs":"a"}').repeat(3))
  await until(() => model.waiting.length === 3)
  socket.destroy()
  model.open()
  await listener.drain()
  t.pass()
})
