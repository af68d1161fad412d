// How `model2vec serve` ends: in time, with what has begun finished, and not for what has not begun. A
// server here may take ten minutes to end, so that one that waits for nothing fails its test.

import { readFileSync } from 'node:fs'

import test from 'ava'

import { POTION, SMALL } from '../test-data.js'
import { until } from '../waiting.js'
import { ask, certificate, client, halfSent, start, terminate, to } from './serve-process.js'

const SERVE = ['-m', SMALL, '-p', '0', '--drain', '600']

test('at SIGTERM a request whose body is on its way is still answered', async (t) => {
  // More seconds than a timer takes are no fewer.
  for (const drain of ['600', '3000000']) {
    const server = await start(t, ['-m', SMALL, '-p', '0', '--drain', drain])
    const { socket, closed } = await halfSent(server.url)
    await terminate(server)
    socket.write('"a"}')
    t.regex(await closed, /\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n/)
    t.is((await server.ended).code, 0)
  }
})

test('meanwhile /health is 503', async (t) => {
  const server = await start(t, SERVE)
  const { socket } = await halfSent(server.url)
  await terminate(server)
  t.is((await ask(to(server.url, '/health'))).status, 503)
  socket.destroy()
  t.is((await server.ended).code, 0)
})

test('--drain is how long the end may take: then requests are cut off, and the exit code says so', async (t) => {
  const server = await start(t, ['-m', SMALL, '-p', '0', '--drain', '1'])
  const { closed } = await halfSent(server.url)
  await terminate(server)
  t.regex(await closed, /^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  const { code, err } = await server.ended
  t.is(code, 1)
  t.regex(err, /requests were cut off after 1 s\n$/)
})

test('a second SIGTERM ends the server at once', async (t) => {
  const server = await start(t, SERVE)
  await halfSent(server.url)
  await terminate(server)
  server.child.kill('SIGTERM')
  t.is((await server.ended).signal, 'SIGTERM')
})

test('connections without a request do not keep the server: idle, unused, with half a header', async (t) => {
  const server = await start(t, SERVE)
  const idle = client(server.url)
  idle.socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await until(() => idle.reply().includes('200 OK'), 'the answer')
  const unused = client(server.url)
  const half = client(server.url)
  half.socket.write('GET /health HTT')
  // Later than these it is connected, so that the server has them.
  t.is((await ask(to(server.url, '/health'))).status, 200)
  await terminate(server)
  t.is((await server.ended).code, 0)
  for (const { closed } of [idle, unused, half]) await closed
})

test('a connection in the handshake of TLS does not keep the server', async (t) => {
  const tls = certificate()
  if (tls === null) {
    t.log('skipped: there is no openssl')
    t.pass()
    return
  }
  const server = await start(t, [...SERVE, '--tls-cert', tls.cert, '--tls-key', tls.key])
  const bare = client(server.url)
  t.is((await ask({ ...to(server.url, '/health'), ca: readFileSync(tls.cert) })).status, 200)
  await terminate(server)
  t.is((await server.ended).code, 0)
  await bare.closed
})

test('an answer that began before SIGTERM is read to its end, however slowly', async (t) => {
  const server = await start(t, ['-m', POTION, '-p', '0', '--drain', '600'])
  const { socket, reply, closed } = client(server.url)
  // Some 50 MB, on a connection that is kept.
  const body = JSON.stringify({ inputs: Array(40).fill('a '.repeat(400)), truncate: true })
  socket.pause()
  socket.write(
    `POST /embed_all HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  const answered = 'model2vec_requests_total{route="/embed_all",status="200"} 1'
  let metrics = ''
  while (!metrics.includes(answered)) metrics = (await ask(to(server.url, '/metrics'))).text
  await terminate(server)
  socket.resume()
  await closed
  const [, length] = /\r\nContent-Length: (\d+)\r\n/.exec(reply()) ?? []
  t.is(reply().length - reply().indexOf('\r\n\r\n') - 4, Number(length))
  t.is((await server.ended).code, 0)
})

test('a server whose log nobody reads serves on', async (t) => {
  for (const format of ['json', 'text']) {
    const server = await start(t, [...SERVE, '--log', format])
    server.child.stdout?.destroy()
    // Lines of the first requests may be written before the pipe is closed.
    const isSaid = (): boolean => server.said().includes('not logged any more')
    for (let i = 0; i < 10_000 && !isSaid(); i++) t.is((await ask(to(server.url, '/health'))).status, 200)
    t.true(isSaid())
    for (let i = 0; i < 3; i++) t.is((await ask(to(server.url, '/health'))).status, 200)
    await terminate(server)
    const { code, err } = await server.ended
    t.is(code, 0)
    t.is(err.match(/not logged any more/g)?.length, 1)
  }
})
