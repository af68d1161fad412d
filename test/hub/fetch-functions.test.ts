// `fetch` is the caller's: that of node-fetch, cross-fetch and undici, whose answers differ in the
// stream that their body is, and what is no such function at all.

import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { FetchFunction, LoadOptions } from 'model2vec-node'

import { installTools } from '../consumers/tools.js'
import { SMALL } from '../test-data.js'
import { until } from '../waiting.js'
import { emptyCache, forgetEnvironment, PATIENCE, snapshotFiles } from './cache-folder.js'
import { COMMIT, filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()
const tools = installTools('tools')
const small = filesOf(SMALL)

const load = (server: HubServer, options: LoadOptions): Promise<Model2VecEmbeddingFunction> =>
  Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir: emptyCache(), ...options })

function isWhole(cacheDir: string): boolean {
  const { 'model.safetensors': table } = small
  return table !== undefined && snapshotFiles(cacheDir, 'org/Name', COMMIT)['model.safetensors']?.equals(table) === true
}

/** `fetch` of a package of test/tools. */
async function fetchOf(name: string, modules: string): Promise<FetchFunction> {
  const file = createRequire(path.join(modules, 'any.js')).resolve(name)
  const { default: module } = (await import(pathToFileURL(file).href)) as {
    default: FetchFunction & { default?: unknown }
  }
  return typeof module.default === 'function' ? (module.default as FetchFunction) : module
}

for (const name of ['node-fetch-2', 'node-fetch-3', 'cross-fetch']) {
  const title = `a model is downloaded with the fetch of ${name}`
  if (tools === null) {
    test.skip(`${title}: npm's registry can't be reached`, () => undefined)
    continue
  }
  test(title, async (t) => {
    const server = await HubServer.start(repository('org/Name', small))
    const fetch = await fetchOf(name, tools)
    const cacheDir = emptyCache()
    t.is((await load(server, { fetch, cacheDir })).dim, 32)
    t.true(isWhole(cacheDir))
  })

  test.serial(`a cut connection is resumed, and an abort ends a download, with the fetch of ${name}`, async (t) => {
    const server = await HubServer.start(repository('org/Name', small))
    const fetch = await fetchOf(name, tools)
    let left = 2
    server.fault = ({ host }) => (host === 'cdn' && left-- > 0 ? { cutAfter: 100_000 } : null)
    const cacheDir = emptyCache()
    // It does not notice that a connection was cut: the silence ends it, in seconds that no answer of
    // a busy machine takes. cross-fetch is it, too.
    if (name !== 'node-fetch-3') process.env.HF_HUB_DOWNLOAD_TIMEOUT = '15'
    try {
      await load(server, { fetch, cacheDir })
    } finally {
      process.env.HF_HUB_DOWNLOAD_TIMEOUT = PATIENCE
    }
    t.true(isWhole(cacheDir))
    t.true(server.fetches('model.safetensors').length >= 3)

    server.fault = ({ host }) => (host === 'cdn' ? { stallAfter: 50_000 } : null)
    const controller = new AbortController()
    const reason = new Error('enough')
    const loading = load(server, { fetch, signal: controller.signal })
    const outcome = loading.catch((error: unknown) => error)
    await until(() => server.openFetches > 0, 'a request for the table')
    controller.abort(reason)
    t.is(await outcome, reason)
  })

  test(`a refused connection and a status give the errors of Node's own fetch with the fetch of ${name}`, async (t) => {
    const server = await HubServer.start(repository('org/Name', small))
    const fetch = await fetchOf(name, tools)
    server.fault = () => ({ status: 418 })
    await t.throwsAsync(load(server, { fetch }), { code: 'ERR_HUB_HTTP', message: /answered 418/ })
    server.stop()
    let tries = 0
    const counting: FetchFunction = (url, init) => {
      tries++
      return fetch(url, init)
    }
    await t.throwsAsync(load(server, { fetch: counting }), {
      code: 'ERR_HUB_OFFLINE',
      message: /can't be reached .*ECONNREFUSED/,
    })
    // It doesn't pass within seconds.
    t.is(tries, 1)
  })
}

for (const [what, fetch, message] of [
  ['gives nothing', () => undefined, /`fetch` should give a Response, but what it gave has no `status`/],
  ['gives null', () => Promise.resolve(null), /`fetch` should give a Response/],
  ['gives an object', () => Promise.resolve({ ok: true }), /`fetch` should give a Response/],
] as const) {
  test(`a fetch that ${what} is ERR_INVALID_OPTION`, async (t) => {
    const server = await HubServer.start(repository('org/Name', small))
    const options = { fetch: fetch as unknown as FetchFunction }
    await t.throwsAsync(load(server, options), { code: 'ERR_INVALID_OPTION', message })
  })
}

test('a fetch that throws instead of rejecting is a failed connection', async (t) => {
  const server = await HubServer.start(repository('org/Name', small))
  const refused = Object.assign(new Error('no way out'), { code: 'ECONNREFUSED' })
  const fetch: FetchFunction = () => {
    throw refused
  }
  await t.throwsAsync(load(server, { fetch }), { code: 'ERR_HUB_OFFLINE', message: /no way out/ })
})
