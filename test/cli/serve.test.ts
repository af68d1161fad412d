// `model2vec serve`: the real command, and real clients.

import { cpSync, existsSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecPipeline } from 'model2vec-node'

import { headPath } from '../heads.js'
import { ef } from '../server/serving.js'
import { modelPath, SMALL } from '../test-data.js'
import { emptyDirectory, model2vec, run } from './run.js'
import { ask, certificate, converse, firstVector, start, to } from './serve-process.js'
import type { Reply } from './serve-process.js'

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

test('two directories of one name are served by names of their own', async (t) => {
  const [one, two] = [path.join(emptyDirectory(), 'model'), path.join(emptyDirectory(), 'model')]
  cpSync(SMALL, one, { recursive: true })
  cpSync(modelPath('m8k-dim3'), two, { recursive: true })
  t.is((await model2vec('serve', '-m', one, '-m', two)).code, 2)
  const { url } = await start(t, [
    ...['-m', one, '-m', `__proto__=${two}`, '-p', '0'],
    ...['--served-model-name', 'constructor=__proto__'],
  ])
  for (const [model, dim] of [
    ['model', 32],
    ['__proto__', 3],
    ['constructor', 3],
  ] as const) {
    const body = JSON.stringify({ input: 'a', model, encoding_format: 'base64' })
    t.is(firstVector(await ask(to(url, '/v1/embeddings'), body)).length, dim, model)
  }
})

test('a directory with an equals sign is a directory', async (t) => {
  const parent = emptyDirectory()
  cpSync(SMALL, path.join(parent, 'a=b'), { recursive: true })
  const { url } = await start(t, ['-m', path.join(parent, 'a=b'), '-p', '0'])
  t.true((await ask(to(url, '/v1/models'))).text.includes('"id":"a=b"'))
})

test("the directory of a pipeline is served as a classifier, that of a projection's for its vectors", async (t) => {
  const { url, child, ended } = await start(t, ['-m', headPath('topics'), '-m', headPath('projection'), '-p', '0'])
  const pipeline = await Model2VecPipeline.load(headPath('topics'))
  const texts = ['a match of two teams', 'the bank of a river']
  const expected = await pipeline.predictProba(texts)
  const { classes } = pipeline
  const labels = (await pipeline.predict(texts)) as string[]
  const predict = async (body: object): Promise<Reply> => ask(to(url, '/predict'), JSON.stringify(body))
  const { status, text } = await predict({ inputs: texts.map((each) => [each]) })
  t.is(status, 200)
  const predictions = JSON.parse(text) as { score: number; label: string }[][]
  for (const [i, row] of predictions.entries()) {
    const scores = [...expected.row(i)].sort((a, b) => b - a)
    t.deepEqual(
      row.map(({ score }) => Math.fround(score)),
      scores,
    )
    t.deepEqual(row.map(({ label }) => label).sort(), classes?.map(String).sort())
    t.is(row[0]?.label, String(labels[i]))
  }
  t.is((await predict({ inputs: 'a', model: 'projection' })).status, 424)
  const vectors = await ask(to(url, '/'), JSON.stringify({ inputs: 'a', model: 'projection', normalize: false }))
  const projection = await Model2VecPipeline.load(headPath('projection'))
  t.deepEqual(
    Float32Array.from((JSON.parse(vectors.text) as number[][])[0] ?? []),
    (await projection.encode('a')).row(0),
  )
  child.kill('SIGTERM')
  t.notRegex((await ended).err, /internal error/)
})

test('on loopback without keys only names of this machine are answered, and those that are allowed', async (t) => {
  for (const [args, env, statuses] of [
    [[], {}, [200, 200, 403]],
    [['--allowed-host', 'my.example'], {}, [200, 200, 200]],
    [[], { MODEL2VEC_API_KEYS: 'key' }, [200, 200, 200]],
    [['--host', '0.0.0.0'], {}, [200, 200, 200]],
  ] as const) {
    const { url, child } = await start(t, ['-m', SMALL, '-p', '0', ...args], env)
    const replies = ['127.0.0.1', 'localhost:80', 'my.example'].map((host) =>
      ask({ ...to(url.replace('0.0.0.0', '127.0.0.1'), '/health'), headers: { host } }),
    )
    t.deepEqual(
      (await Promise.all(replies)).map(({ status }) => status),
      [...statuses],
      args.join(' '),
    )
    child.kill('SIGKILL')
  }
})

test('keys come from a file and from the environment, and are printed nowhere', async (t) => {
  const file = path.join(emptyDirectory(), 'keys')
  writeFileSync(file, '# who\n\nkey-of-file\n')
  const { url, child, ended } = await start(t, ['-m', SMALL, '-p', '0', '--api-key-file', file, '--log', 'json'], {
    MODEL2VEC_API_KEYS: 'key-of-environment, other-key,#key-of-none',
  })
  for (const [key, status] of [
    ['key-of-file', 200],
    ['key-of-environment', 200],
    ['other-key', 200],
    ['#key-of-none', 200],
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
  t.is(lines.length, 7)
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
    const { url, child, ended } = await start(t, ['-m', SMALL, '-p', '0', ...args], env)
    // It has said all that it says at the start when it answers.
    t.is((await ask(to(url.replace('0.0.0.0', '127.0.0.1'), '/health'))).status, 200)
    child.kill('SIGTERM')
    t.is(/^model2vec: warning: .*there is no API key$/m.test((await ended).err), warns)
  }
})

const onUnix = process.platform === 'win32' ? test.skip : test

onUnix('a file in the place of a Unix socket is left as it is', async (t) => {
  const file = path.join(emptyDirectory(), 'notes.txt')
  writeFileSync(file, 'notes')
  const { code, err } = await model2vec('serve', '-m', SMALL, '--socket', file)
  t.is(code, 1)
  t.regex(err, /EADDRINUSE/)
  t.is(readFileSync(file, 'utf8'), 'notes')
  const link = path.join(emptyDirectory(), 'link')
  symlinkSync(file, link)
  t.is((await model2vec('serve', '-m', SMALL, '--socket', link)).code, 1)
  t.is(readlinkSync(link), file)
})

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
  const tls = certificate()
  if (tls === null) {
    t.log('skipped: there is no openssl')
    t.pass()
    return
  }
  const { url } = await start(t, ['-m', SMALL, '-p', '0', '--tls-cert', tls.cert, '--tls-key', tls.key])
  t.regex(url, /^https:/)
  t.is((await ask({ ...to(url, '/health'), ca: readFileSync(tls.cert) })).status, 200)
})

test('slow headers are 408, a flood of headers is 431, and what is no HTTP is 400', async (t) => {
  const { url } = await start(t, ['-m', SMALL, '-p', '0'])
  const [slow, silent, flood, long, noise] = await Promise.all([
    converse(url, 'POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-'),
    converse(url, ''),
    converse(url, `GET /health HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(10_000)}\r\n`),
    converse(url, `GET /health HTTP/1.1\r\nHost: localhost\r\na: ${'b'.repeat(20_000)}\r\n\r\n`),
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
    ['--cors', 'https://a.example/'],
  ]) {
    const { code, err } = await model2vec('serve', '-m', '/no/such/model', ...args)
    t.is(code, 2, args.join(' '))
    t.regex(err, /^model2vec: [^\n]*\n$/)
  }
  for (const args of [
    ['--served-model-name', 'a=none'],
    ['--served-model-name', 'a=m8k-f32=c'],
    ['-m', modelPath('m8k-dim3'), '--served-model-name', 'm8k-dim3'],
    ['-m', modelPath('m8k-dim3'), '--served-model-name', 'a', '--served-model-name', 'a=m8k-dim3'],
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
