// A function whose model is still to be downloaded: what waits, what throws, what is tried again,
// and how it ends.

import { statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { LoadOptions } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { until } from '../waiting.js'
import { emptyCache, filesIn, forgetEnvironment } from './cache-folder.js'
import { filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()

const start = (): Promise<HubServer> => HubServer.start(repository('org/Name', filesOf(SMALL)))
const make = (server: HubServer, options: LoadOptions = {}): Model2VecEmbeddingFunction =>
  new Model2VecEmbeddingFunction('org/Name', { endpoint: server.endpoint, cacheDir: emptyCache(), ...options })
const texts = ['a dog in the park', 'a cat on the sofa']
const expected = new Model2VecEmbeddingFunction(SMALL)

/** Of files that are being fetched. */
function bytesOnDisk(cacheDir: string): number {
  const partial = filesIn(cacheDir).filter((name) => name.endsWith('.incomplete'))
  return partial.reduce((sum, name) => sum + statSync(path.join(cacheDir, name)).size, 0)
}

test('the constructor asks nothing, what needs the model at once throws ERR_MODEL_NOT_READY, and the others wait', async (t) => {
  const server = await start()
  const ef = make(server)
  const now = [
    () => ef.dim,
    () => ef.info,
    () => ef.tokens,
    () => ef.embedding(0),
    () => ef.tokenize('a'),
    () => ef.encodeSync(texts),
    () => ef.encodeDocumentsSync(texts),
    () => ef.encodeQueriesSync(texts),
    () => ef.encodeAsSequenceSync(texts),
  ]
  const notReady = {
    code: 'ERR_MODEL_NOT_READY',
    message: /is not loaded yet: it must be downloaded; `await ready\(\)`/,
  }
  for (const each of now) t.throws(each, notReady)
  await sleep(50)
  t.is(server.requests.length, 0)

  const waiting = [
    ef.encode(texts),
    ef.encodeDocuments(texts),
    ef.encodeQueries(texts),
    ef.encodeAsSequence(texts),
  ] as const
  t.throws(() => ef.dim, notReady)
  t.deepEqual((await waiting[0]).data, expected.encodeSync(texts).data)
  t.deepEqual(await waiting[1], expected.encodeDocumentsSync(texts))
  t.deepEqual(await waiting[2], expected.encodeDocumentsSync(texts))
  t.is((await waiting[3]).length, 2)
  for (const each of now) t.notThrows(each)
  await ef.ready()
  t.is(server.fetches('model.safetensors').length, 1)
})

test('wrong texts and options are refused before the model is fetched', async (t) => {
  const server = await start()
  const ef = make(server)
  await t.throwsAsync(ef.encode(5 as never), { code: 'ERR_INVALID_TEXT' })
  await t.throwsAsync(ef.encode(texts, { maxLength: -1 }), { code: 'ERR_INVALID_OPTION' })
  t.is(server.requests.length, 0)
})

test('two functions of one id download once', async (t) => {
  const server = await start()
  const cacheDir = emptyCache()
  const functions = [make(server, { cacheDir }), make(server, { cacheDir })]
  await Promise.all(functions.map((ef) => ef.ready()))
  t.deepEqual(
    functions.map(({ dim }) => dim),
    [32, 32],
  )
  for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) t.is(server.fetches(name).length, 1, name)
})

test('a failed download rejects all calls that wait, and the next call tries again', async (t) => {
  const server = await start()
  server.fault = () => ({ status: 418 })
  const ef = make(server)
  const waiting = [ef.ready(), ef.encode(texts), ef.ready()]
  for (const each of waiting) await t.throwsAsync(each, { code: 'ERR_HUB_HTTP' })
  t.is(server.requests.length, 1)
  t.throws(() => ef.dim, { code: 'ERR_MODEL_NOT_READY' })
  server.fault = () => null
  t.is((await ef.encode(texts)).dim, 32)
})

test('close ends the download, and rejects all calls that wait with ERR_CLOSED', async (t) => {
  const server = await start()
  server.fault = ({ host }) => (host === 'cdn' ? { stallAfter: 1000 } : null)
  const ef = make(server)
  const waiting = [ef.ready(), ef.encode(texts)]
  await until(() => server.fetches('model.safetensors').length === 1, 'a request for the table')
  ef.close()
  for (const each of waiting) await t.throwsAsync(each, { code: 'ERR_CLOSED' })
  await t.throwsAsync(ef.ready(), { code: 'ERR_CLOSED' })
  t.throws(() => ef.dim, { code: 'ERR_CLOSED' })
  await until(() => server.openFetches === 0, 'the request ended')
  const { length } = server.requests
  await sleep(100)
  t.is(server.requests.length, length)
})

test('a function that is closed before a call waits for it asks nothing', async (t) => {
  const server = await start()
  const ef = make(server)
  ef.close()
  await t.throwsAsync(ef.encode(texts), { code: 'ERR_CLOSED' })
  t.is(server.requests.length, 0)
})

test("a call's signal ends its wait and not the download, which the other calls get", async (t) => {
  const server = await start()
  server.fault = ({ host }) => (host === 'cdn' ? { slow: { bytes: 100_000, pauseMs: 20 } } : null)
  const ef = make(server)
  const ending = new AbortController()
  const reason = { why: 'too slow' }
  const given = ef.encode(texts, { signal: ending.signal })
  const other = ef.encode(texts)
  await until(() => server.fetches('model.safetensors').length === 1, 'a request for the table')
  ending.abort(reason)
  t.is(await given.catch((error: unknown) => error), reason)
  t.is((await other).dim, 32)
  t.is(server.fetches('model.safetensors').length, 1)
})

for (const moment of ['the first request', 'the bytes']) {
  test(`the load's signal ends the download at ${moment}, with its reason; the bytes that are there are not fetched again`, async (t) => {
    const server = await start()
    const isBytes = moment === 'the bytes'
    const cacheDir = emptyCache()
    const ending = new AbortController()
    const reason = { why: 'no more' }
    server.fault = ({ host }) => (host === 'cdn' ? { stallAfter: 300_000 } : isBytes ? null : { stallAfter: 0 })
    const options = { endpoint: server.endpoint, cacheDir, signal: ending.signal }
    const loading = Model2VecEmbeddingFunction.load('org/Name', options)
    const pending = make(server, { cacheDir, signal: ending.signal })
    const waiting = pending.ready()
    if (isBytes) await until(() => bytesOnDisk(cacheDir) === 300_000, '300,000 bytes of the table on disk')
    else await until(() => server.requests.length > 0, 'a request')
    ending.abort(reason)
    t.is(await loading.catch((error: unknown) => error), reason)
    t.is(await waiting.catch((error: unknown) => error), reason)
    t.is(await pending.ready().catch((error: unknown) => error), reason)

    server.fault = () => null
    t.is((await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })).dim, 32)
    t.is(server.fetches('model.safetensors').at(-1)?.range, isBytes ? 'bytes=300000-' : undefined)
  })
}

test('load waits for nothing that its own signal has ended already', async (t) => {
  const server = await start()
  const signal = AbortSignal.abort('early')
  t.is(await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, signal }).catch(String), 'early')
  t.is(server.requests.length, 0)
})

test('a model is downloaded and its vocabulary quantized in one load', async (t) => {
  const server = await start()
  const ef = make(server, { vocabularyQuantization: 100, quantizeTo: 'float16' })
  const same = await Model2VecEmbeddingFunction.load(SMALL, { vocabularyQuantization: 100, quantizeTo: 'float16' })
  t.deepEqual((await ef.encode(texts)).data, same.encodeSync(texts).data)
  t.is(ef.info.tableDtype, 'float16')
  t.notDeepEqual(ef.encodeSync(texts).data, expected.encodeSync(texts).data)
})
