// `npm run test:server -- [minutes]`: `model2vec serve` under all kinds of clients at once, good and bad,
// for ten minutes or as many as are given. Prints the memory of the server after a minute and at the
// end, and fails on a status of 5xx, an answer that is not the right one, memory that grows, or a
// server that does not end in order. With Python at hand Schemathesis asks besides.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'

import { root } from './setup.mjs'

process.chdir(root)
const minutes = Number(process.argv[2] ?? 10)
const MODEL = 'test/fixtures/unpacked/models/potion-base-8M'
const KEY = 'a-key-of-the-trial'
/** Growth that is not a leak: heaps of V8 and of malloc settle within it. */
const MOST_GROWTH = 1.3
const MOST_GROWTH_MB = 64

const texts = readFileSync('examples/documents.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line).text)

const folder = mkdtempSync(path.join(os.tmpdir(), 'm2v-server-'))
const args = ['dist/cli/main.js', 'serve', '--model', MODEL, '--port', '0', '--max-body', '8000000', '--log', 'json']
const server = spawn(process.execPath, args, {
  env: { ...process.env, MODEL2VEC_API_KEYS: KEY },
  stdio: ['ignore', 'ignore', 'pipe'],
})
process.on('exit', () => server.kill('SIGKILL'))
let said = ''
const port = await new Promise((resolve, reject) => {
  server.once('exit', () => reject(new Error(`the server ended: ${said}`)))
  server.stderr.on('data', (data) => {
    said += data
    const [, found] = /:(\d+)\n/.exec(said) ?? []
    if (found !== undefined) resolve(Number(found))
  })
})

const agent = new http.Agent({ keepAlive: true, maxSockets: 32 })
const statuses = new Map()
const faults = []

function record(what, status) {
  const key = `${what} ${status}`
  statuses.set(key, (statuses.get(key) ?? 0) + 1)
  if (status >= 500) faults.push(`${what}: ${status}`)
}

/** @param cut after this many milliseconds the client goes away */
function send(what, { method = 'POST', target = '/v1/embeddings', body, headers = {}, cut }) {
  return new Promise((resolve) => {
    const request = http.request(
      { agent, port, method, path: target, headers: headersOf(body, headers) },
      (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', () => resolve(null))
        response.on('end', () => {
          record(what, response.statusCode)
          resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() })
        })
      },
    )
    request.on('error', () => resolve(null))
    if (cut !== undefined) setTimeout(() => request.destroy(), cut)
    request.end(body)
  })
}

function headersOf(body, more) {
  const sent =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return { authorization: `Bearer ${KEY}`, ...sent, ...more }
}

/** Bytes as they are; resolves when the server has closed the connection, or after `most` milliseconds. */
function raw(what, bytes, most = 500) {
  return new Promise((resolve) => {
    let reply = ''
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(most, () => socket.destroy())
    socket.setEncoding('latin1').on('data', (data) => (reply += data))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      for (const [, status] of reply.matchAll(/HTTP\/1\.1 (\d+) /g)) record(what, Number(status))
      resolve(reply)
    })
  })
}

const some = (count) => Array.from({ length: count }, () => texts[Math.floor(Math.random() * texts.length)])
const json = (input, more = {}) => JSON.stringify({ input, ...more })
const head = (length) =>
  `POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

const [query] = texts
/** The same text has the same bits, whatever else is asked meanwhile. */
let expected = null

async function sameBits() {
  const answer = await send('one text', { body: json(query, { encoding_format: 'base64' }) })
  if (answer?.status !== 200) return
  const { embedding } = JSON.parse(answer.text).data[0]
  expected ??= embedding
  if (embedding !== expected) faults.push('one text: other bits than before')
}

const CLIENTS = {
  sameBits,
  'short texts': () => send('short texts', { body: json(some(1)[0].slice(0, 80)) }),
  'many texts': () => send('many texts', { body: json(some(256), { encoding_format: 'base64' }) }),
  numbers: () => send('numbers', { target: '/embed', body: JSON.stringify({ inputs: some(256), truncate: true }) }),
  'large body': () => send('large body', { body: json(some(2048)) }),
  gzip: () => send('gzip', { body: gzipSync(json(some(64))), headers: { 'content-encoding': 'gzip' } }),
  bomb: () => send('bomb', { body: gzipSync(Buffer.alloc(2 ** 24, 32)), headers: { 'content-encoding': 'gzip' } }),
  'too large': () => send('too large', { body: Buffer.alloc(9_000_000, 32) }),
  'no key': () => send('no key', { body: json('a'), headers: { authorization: 'Bearer x' } }),
  'wrong JSON': () => send('wrong JSON', { body: `{"input":${'['.repeat(50_000)}` }),
  'wrong UTF-8': () => send('wrong UTF-8', { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22]) }),
  tokens: () => send('tokens', { target: '/tokenize', body: JSON.stringify({ inputs: some(4) }) }),
  'each token': () =>
    send('each token', { target: '/embed_all', body: JSON.stringify({ inputs: some(4), truncate: true }) }),
  similarity: () =>
    send('similarity', {
      target: '/similarity',
      body: JSON.stringify({ inputs: { source_sentence: query, sentences: some(20) }, parameters: { truncate: true } }),
    }),
  'gone away': () => send('gone away', { body: json(some(2048)), cut: Math.random() * 60 }),
  metrics: () => send('metrics', { method: 'GET', target: '/metrics' }),
  'no path': () => send('no path', { method: 'GET', target: `/${Math.random()}` }),
  garbage: () => raw('garbage', Buffer.from(Array.from({ length: 200 }, () => Math.random() * 256))),
  'half open': () => raw('half open', head(100), 300),
  pipelined: () => raw('pipelined', `${head(13)}{"input":"a"}`.repeat(20), 400),
  'header flood': () => raw('header flood', `GET /health HTTP/1.1\r\n${'a: b\r\n'.repeat(5000)}\r\n`),
}

const end = Date.now() + minutes * 60_000
/** Of the process, in MB. */
function rss() {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

const loops = Object.entries(CLIENTS).map(async ([name, ask]) => {
  while (Date.now() < end && server.exitCode === null) {
    await ask()
    // Those that are many at once elsewhere don't need to be so here.
    if (name !== 'sameBits' && name !== 'short texts') await sleep(10 + Math.random() * 40)
  }
})

/** With `build/` of the tests: it is not made here. */
function schemathesis() {
  const python = path.resolve('build/python-schemathesis-4-32-5/bin/python')
  if (!existsSync(python) || spawnSync(python, ['-c', 'import schemathesis']).status !== 0) return null
  const options = ['--config-file', path.resolve('test/server/schemathesis.toml'), 'run', '--workers', '1']
  const budget = ['--max-time', String(Math.max(1, Math.round(minutes * 60) - 10)), '--no-color']
  const url = `http://127.0.0.1:${port}/openapi.json`
  const child = spawn(
    python,
    // 429 is an answer of a busy server.
    ['-m', 'schemathesis.cli', ...options, ...budget, '--header', `Authorization: Bearer ${KEY}`, url],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}
const schema = schemathesis()

const first = Math.min(60_000, (minutes * 60_000) / 2)
await sleep(first)
const before = rss()
console.log(`RSS after ${(first / 60_000).toFixed(1)} min: ${before.toFixed(0)} MB`)
await Promise.all(loops)
const after = rss()
console.log(`RSS after ${minutes} min: ${after.toFixed(0)} MB`)
const checked = await schema
if (checked !== null) {
  console.log(`Schemathesis: ${/^=+ (.*?) =+$/m.exec(checked.output.slice(-200))?.[1] ?? `ended with ${checked.code}`}`)
  if (checked.code !== 0) faults.push(`Schemathesis: ${checked.output.slice(-3000)}`)
}
for (const [key, count] of [...statuses].sort()) console.log(`${String(count).padStart(8)} ${key}`)

if (after > before * MOST_GROWTH && after > before + MOST_GROWTH_MB) faults.push('the memory grows')
server.removeAllListeners('exit')
if (server.exitCode === null) {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  agent.destroy()
  const code = await ended
  if (code !== 0) faults.push(`the server ended with ${code}`)
} else faults.push(`the server ended with ${server.exitCode}`)
if (/internal error/.test(said)) faults.push(said)
rmSync(folder, { recursive: true, force: true })
console.log(faults.length === 0 ? 'no faults' : [...new Set(faults)].slice(0, 20).join('\n'))
process.exitCode = faults.length === 0 ? 0 : 1
