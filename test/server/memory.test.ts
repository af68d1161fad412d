// The memory of requests: bodies as they arrive and are unpacked, rows, and answers that nobody reads are
// counted before they are allocated, and `maxBuffered` bounds them all.

import net from 'node:net'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { POTION } from '../test-data.js'
import { connect, ef, GatedModel, MANY_TEXTS, metric, post, request, serve, until } from './serving.js'

const BUFFERED = 'model2vec_buffered_bytes'

/** The headers of a request whose body has this many bytes. */
function head(path: string, length: number, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`
}

test('a body for which there is no memory is 429, and its bytes are free again when work is over', async (t) => {
  const model = new GatedModel()
  const { url, port } = await serve(t, { maxBuffered: 600_000 }, { model, free: ef })
  const large = (of: string): object => ({ inputs: Array.from({ length: 300 }, () => 'word '.repeat(200)), model: of })
  const running = post(`${url}/embed`, large('model'))
  await until(() => model.waiting.length === 1)
  t.true((await metric(url, BUFFERED)) > 300_000)
  t.is((await post(`${url}/embed`, large('free'))).status, 429)
  t.is((await post(`${url}/embed`, { inputs: 'a', model: 'free' })).status, 200)
  model.open()
  t.is((await running).status, 200)
  await until(async () => (await metric(url, BUFFERED)) === 0)
  t.is((await post(`${url}/embed`, large('free'))).status, 200)
  // Of a client that goes away in the middle, too.
  const socket = net.connect(port, '127.0.0.1')
  socket.write(request('/embed', JSON.stringify(large('free'))).slice(0, 200_000))
  await until(async () => (await metric(url, BUFFERED)) > 0)
  socket.destroy()
  await until(async () => (await metric(url, BUFFERED)) === 0)
  t.pass()
})

test('a request that needs more memory than there is for all is 413: trying again would not help', async (t) => {
  const { url } = await serve(t, { maxBuffered: 50_000 })
  t.is((await post(`${url}/embed`, { inputs: 'x'.repeat(60_000) })).status, 413)
  t.is((await post(`${url}/v1/embeddings`, { input: MANY_TEXTS })).json.error.code, 'request_too_large')
  t.is((await post(`${url}/embed`, { inputs: 'a' })).status, 200)
})

test('a client that announces a large body gets no memory for what it does not send', async (t) => {
  const { url, port } = await serve(t)
  const before = process.memoryUsage().arrayBuffers
  const clients = Array.from({ length: 50 }, () => connect(port))
  for (const { socket } of clients) socket.write(head('/embed', 16_000_000, 'Expect: 100-continue\r\n'))
  await until(() => clients.every(({ reply }) => reply().includes('100 Continue')))
  for (const { socket } of clients) socket.write('{"')
  // The server has them when it has counted them.
  await until(async () => (await metric(url, BUFFERED)) >= 2 * clients.length)
  for (const { socket } of clients) socket.write('in')
  await until(async () => (await metric(url, BUFFERED)) >= 4096 * clients.length)
  t.true(process.memoryUsage().arrayBuffers - before < 100_000_000)
  t.true((await metric(url, BUFFERED)) <= 4096 * clients.length)
  for (const { socket } of clients) socket.destroy()
  await until(async () => (await metric(url, BUFFERED)) === 0)
})

test('a packed body is unpacked in a slot, and not at all when its client goes away before', async (t) => {
  const model = new GatedModel()
  const { url, port } = await serve(t, {}, { model })
  const large = [1, 2].map(() => post(`${url}/embed`, { inputs: MANY_TEXTS }))
  // As many as there are slots: two for the one thread of the model.
  await until(() => model.waiting.length === 2)
  const before = await metric(url, BUFFERED)
  const packed = gzipSync(`{"inputs":"${'a'.repeat(16_000_000)}"}`)
  const client = connect(port)
  client.socket.write(head('/embed', packed.length, 'Content-Encoding: gzip\r\n'))
  client.socket.write(packed)
  await until(async () => (await metric(url, 'model2vec_requests_waiting')) === 1)
  t.true((await metric(url, BUFFERED)) - before <= 4 * packed.length)
  client.socket.destroy()
  await until(async () => (await metric(url, 'model2vec_requests_waiting')) === 0)
  model.open()
  for (const { status } of await Promise.all(large)) t.is(status, 200)
})

test('bodies that unpack to much are refused before there is memory for all of them', async (t) => {
  const limit = 40_000_000
  const { url } = await serve(t, { maxBuffered: limit })
  const packed = gzipSync(`{"inputs":"${'a'.repeat(16_000_000)}"}`)
  const bombs = Array.from({ length: 20 }, () => post(`${url}/embed`, packed, { 'content-encoding': 'gzip' }))
  let [most, isOver] = [0, false]
  const all = Promise.all(bombs).finally(() => (isOver = true))
  while (!isOver) most = Math.max(most, await metric(url, BUFFERED))
  for (const { status } of await all) t.true(status === 413 || status === 429, String(status))
  t.true(most <= limit)
  t.is(await metric(url, BUFFERED), 0)
})

test('answers that nobody reads are bounded: then requests are 429 until they are read or given up', async (t) => {
  const limit = 30_000_000
  const { url, port } = await serve(t, { maxBuffered: limit }, { potion: new Model2VecEmbeddingFunction(POTION) })
  const body = JSON.stringify({ input: Array(2048).fill('a') })
  const answered = (status: number): Promise<number> =>
    metric(url, `model2vec_requests_total{route="/v1/embeddings",status="${status}"}`)
  const clients: net.Socket[] = []
  t.teardown(() => {
    for (const client of clients) client.destroy()
  })
  while (clients.length < 60 && (await answered(429)) === 0) {
    const client = net.connect(port, '127.0.0.1')
    client.pause()
    client.on('error', () => undefined)
    client.write(request('/v1/embeddings', body))
    clients.push(client)
    await until(async () => (await answered(200)) + (await answered(429)) === clients.length)
    // What is counted before numbers are written is about what they take.
    t.true((await metric(url, BUFFERED)) < 1.2 * limit)
  }
  t.true((await answered(429)) > 0)
  t.true((await metric(url, BUFFERED)) > 0)
  for (const client of clients) client.destroy()
  await until(async () => (await metric(url, BUFFERED)) === 0)
})

test('short answers that nobody reads are counted too', async (t) => {
  const { url, port } = await serve(t)
  const client = net.connect(port, '127.0.0.1')
  client.pause()
  client.on('error', () => undefined)
  const one = request('/embed', JSON.stringify({ inputs: MANY_TEXTS.slice(0, 100) }))
  await until(async () => {
    // In the end more than the buffers of a connection hold: then the server reads no more of them.
    if (client.writableLength < 1_000_000) client.write(one.repeat(50))
    return (await metric(url, 'model2vec_requests_in_work')) === 0 && (await metric(url, BUFFERED)) > 20_000
  })
  client.destroy()
  await until(async () => (await metric(url, BUFFERED)) === 0)
  t.pass()
})
