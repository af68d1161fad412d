// `model2vec serve`: the real command, and real clients.

import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'

import test from 'ava'
import type { ExecutionContext } from 'ava'

import { ef, vectorOf } from '../server/serving.js'
import { modelPath, SMALL } from '../test-data.js'
import { emptyDirectory, MAIN, model2vec, run } from './run.js'
import type { Outcome } from './run.js'

interface Running {
  /** What it says where it listens. */
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<Outcome>
}

/** A server that runs until the test ends. */
function start(
  t: ExecutionContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...args], { env: { ...process.env, ...env } })
  t.teardown(() => child.kill('SIGKILL'))
  let [out, err] = ['', '']
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal, out, err })
    })
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
      const [, url] = /^model2vec: serving .* at (\S+)$/m.exec(err) ?? []
      if (url !== undefined) resolve({ url, child, ended })
    })
    void ended.then(() => {
      reject(new Error(err))
    })
  })
}

interface Reply {
  readonly status: number
  readonly text: string
}

interface Asked extends https.RequestOptions {
  readonly headers?: http.OutgoingHttpHeaders
}

/** A request by `node:http`, also to a Unix socket. */
function ask(options: Asked, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers }
    const client = options.ca === undefined ? http : https
    const method = body === undefined ? 'GET' : 'POST'
    const request = client.request({ agent: false, method, ...options, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text })
      })
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

function to(url: string, pathname: string): Asked {
  const { hostname, port } = new URL(url)
  return { hostname, port, path: pathname }
}

/** The first vector of an answer in base64. */
function firstVector({ text }: Reply): Float32Array {
  const { data } = JSON.parse(text) as { data: { embedding: string }[] }
  return vectorOf(data[0]?.embedding ?? '')
}

test('serve answers with the vectors of encode, and ends in order at SIGTERM and SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { url, child, ended } = await start(t, ['--model', SMALL, '--port', '0'])
    t.regex(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    const body = JSON.stringify({ input: 'some text', encoding_format: 'base64' })
    const reply = await ask(to(url, '/v1/embeddings'), body)
    t.is(reply.status, 200)
    t.deepEqual(firstVector(reply), (await ef.encode('some text')).row(0))
    child.kill(signal)
    const { code, out, err } = await ended
    t.is(code, 0)
    t.is(out, '')
    t.regex(err, /^model2vec: serving m8k-f32 at \S+\nmodel2vec: shutting down\n$/)
  }
})

test('several models have their names, and further ones', async (t) => {
  const { url } = await start(t, [
    ...['-m', SMALL, '-m', modelPath('m8k-dim3'), '-p', '0'],
    ...['--served-model-name', 'text-embedding-3-small', '--served-model-name', 'tiny=m8k-dim3'],
  ])
  const { text } = await ask(to(url, '/v1/models'))
  const { data } = JSON.parse(text) as { data: { id: string }[] }
  t.deepEqual(
    data.map(({ id }) => id),
    ['m8k-f32', 'm8k-dim3', 'text-embedding-3-small', 'tiny'],
  )
  for (const [model, dim] of [
    ['text-embedding-3-small', 32],
    ['tiny', 3],
  ] as const) {
    const body = JSON.stringify({ input: 'a', model, encoding_format: 'base64' })
    t.is(firstVector(await ask(to(url, '/v1/embeddings'), body)).length, dim)
  }
})

test('keys come from a file and from the environment, and are printed nowhere', async (t) => {
  const file = path.join(emptyDirectory(), 'keys')
  writeFileSync(file, '# who\n\nkey-of-file\n')
  const { url, child, ended } = await start(t, ['-m', SMALL, '-p', '0', '--api-key-file', file, '--log', 'json'], {
    MODEL2VEC_API_KEYS: 'key-of-environment, other-key',
  })
  for (const [key, status] of [
    ['key-of-file', 200],
    ['key-of-environment', 200],
    ['other-key', 200],
    ['wrong-key', 401],
    ['# who', 401],
  ] as const) {
    const headers = { authorization: `Bearer ${key}` }
    t.is((await ask({ ...to(url, '/v1/models?key=in-the-query'), headers })).status, status, key)
  }
  t.is((await ask(to(url, '/health'))).status, 200)
  child.kill('SIGTERM')
  const { out, err } = await ended
  t.notRegex(out + err, /key-of|other-key|wrong-key|in-the-query/)
  const lines = out.trimEnd().split('\n')
  t.is(lines.length, 6)
  for (const line of lines) {
    const entry = JSON.parse(line) as object
    t.deepEqual(Object.keys(entry), ['time', 'method', 'route', 'status', 'ms', 'texts', 'tokens'])
  }
})

test('a source of keys without a key is an error: the server would be open', async (t) => {
  const file = path.join(emptyDirectory(), 'keys')
  writeFileSync(file, '# none\n')
  const ofFile = await model2vec('serve', '-m', SMALL, '-p', '0', '--api-key-file', file)
  t.is(ofFile.code, 2)
  const ofVariable = await run(['serve', '-m', SMALL, '-p', '0'], { env: { MODEL2VEC_API_KEYS: ' ' } })
  t.is(ofVariable.code, 2)
  const spaced = await run(['serve', '-m', SMALL, '-p', '0'], { env: { MODEL2VEC_API_KEYS: 'se cret' } })
  t.is(spaced.code, 2)
  t.false(spaced.err.includes('cret'))
})

test('a server that others reach without a key warns', async (t) => {
  for (const [args, env, warns] of [
    [['--host', '0.0.0.0'], {}, true],
    [['--host', '0.0.0.0'], { MODEL2VEC_API_KEYS: 'key' }, false],
    [['--host', 'localhost'], {}, false],
  ] as const) {
    const { child, ended } = await start(t, ['-m', SMALL, '-p', '0', ...args], env)
    await new Promise((resolve) => setTimeout(resolve, 100))
    child.kill('SIGTERM')
    t.is(/^model2vec: warning: .*there is no API key$/m.test((await ended).err), warns)
  }
})

const onUnix = process.platform === 'win32' ? test.skip : test

onUnix('a Unix socket is listened on; a dead one is replaced, and one in use is an error', async (t) => {
  const socketPath = path.join(emptyDirectory(), 'socket')
  const first = await start(t, ['-m', SMALL, '--socket', socketPath])
  t.is(first.url, `unix:${socketPath}`)
  t.is((await ask({ socketPath, path: '/health' })).status, 200)
  const second = await model2vec('serve', '-m', SMALL, '--socket', socketPath)
  t.is(second.code, 1)
  t.regex(second.err, /^model2vec: .*EADDRINUSE[^\n]*\n$/)
  first.child.kill('SIGKILL')
  await first.ended
  t.true(existsSync(socketPath))
  const third = await start(t, ['-m', SMALL, '--socket', socketPath])
  t.is((await ask({ socketPath, path: '/health' })).status, 200)
  third.child.kill('SIGTERM')
  t.is((await third.ended).code, 0)
  t.false(existsSync(socketPath))
})

test('TLS', async (t) => {
  const directory = emptyDirectory()
  const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')]
  try {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  } catch {
    t.log('skipped: there is no openssl')
    t.pass()
    return
  }
  const { url } = await start(t, ['-m', SMALL, '-p', '0', '--tls-cert', cert, '--tls-key', key])
  t.regex(url, /^https:/)
  const { readFileSync } = await import('node:fs')
  t.is((await ask({ ...to(url, '/health'), ca: readFileSync(cert) })).status, 200)
})

/** Sends bytes, and more after `later`; resolves with what came back when the connection is closed. */
function converse(url: string, bytes: string, later?: Promise<string>): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    let reply = ''
    const socket = net.connect(Number(port), hostname, () => {
      socket.write(bytes)
      void later?.then((more) => socket.write(more))
    })
    socket.setEncoding('latin1').on('data', (text: string) => (reply += text))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve(reply)
    })
  })
}

const HEAD = 'POST /embed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n'

test('at SIGTERM a request whose body is on its way is still answered', async (t) => {
  const { url, child, ended } = await start(t, ['-m', SMALL, '-p', '0'])
  let send: (rest: string) => void = () => undefined
  const rest = new Promise<string>((resolve) => (send = resolve))
  const reply = converse(url, `${HEAD}{"inputs"`, rest)
  // The server has the connection when it answers another one.
  await ask(to(url, '/health'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 200))
  send(':"a"}')
  t.regex(await reply, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nConnection: close\r\n/)
  t.is((await ended).code, 0)
})

test('--drain is how long the end may take: then requests are cut off, and the exit code says so', async (t) => {
  const { url, child, ended } = await start(t, ['-m', SMALL, '-p', '0', '--drain', '1'])
  const reply = converse(url, `${HEAD}{"inputs"`)
  await ask(to(url, '/health'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  child.kill('SIGTERM')
  t.is(await reply, '')
  const { code, err } = await ended
  t.is(code, 1)
  t.regex(err, /requests were cut off after 1 s\n$/)
})

test('slow headers are 408, a flood of headers is 431, and what is no HTTP is 400', async (t) => {
  const { url } = await start(t, ['-m', SMALL, '-p', '0'])
  const [slow, silent, flood, long, noise] = await Promise.all([
    converse(url, 'POST /embed HTTP/1.1\r\nHost: x\r\nContent-'),
    converse(url, ''),
    converse(url, `GET /health HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(10_000)}\r\n`),
    converse(url, `GET /health HTTP/1.1\r\nHost: x\r\na: ${'b'.repeat(20_000)}\r\n\r\n`),
    converse(url, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP\r\n\r\n'),
  ])
  t.regex(slow, /^HTTP\/1\.1 408 /)
  t.notRegex(silent, /^HTTP\/1\.1 200/)
  t.regex(flood, /^HTTP\/1\.1 431 /)
  t.regex(long, /^HTTP\/1\.1 431 /)
  t.regex(noise, /^HTTP\/1\.1 400 /)
  t.is((await ask(to(url, '/health'))).status, 200)
})

test('wrong calls are exit code 2, before a model is loaded', async (t) => {
  for (const args of [
    ['positional'],
    ['--port', '70000'],
    ['--port', 'x'],
    ['--socket', '/tmp/x', '--port', '1'],
    ['--tls-cert', 'x'],
    ['--log', 'xml'],
    ['--max-batch', '0'],
    ['--drain', '-1'],
  ]) {
    const { code, err } = await model2vec('serve', '-m', '/no/such/model', ...args)
    t.is(code, 2, args.join(' '))
    t.regex(err, /^model2vec: [^\n]*\n$/)
  }
  for (const args of [
    ['--served-model-name', 'a=none'],
    ['--served-model-name', ''],
    ['-m', SMALL],
  ]) {
    t.is((await model2vec('serve', '-m', SMALL, ...args)).code, 2, args.join(' '))
  }
})

test('a port in use is one line and exit code 1', async (t) => {
  const { url } = await start(t, ['-m', SMALL, '-p', '0'])
  const { code, err } = await model2vec('serve', '-m', SMALL, '-p', new URL(url).port)
  t.is(code, 1)
  t.regex(err, /^model2vec: [^\n]*EADDRINUSE[^\n]*\n$/)
})
