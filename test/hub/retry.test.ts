// How often a request is tried again, and that a download that exceeds the limit leaves nothing on
// disk.

import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction, Model2VecError } from 'model2vec-node'
import type { FetchFunction } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment } from './cache-folder.js'
import { COMMIT, filesOf, repository } from './content.js'
import { HubServer } from './server.js'
import { load } from '../modules.js'

forgetEnvironment()

/**
 * The package does not export these functions, and waits between attempts: a hundred attempts
 * through it would take a minute. So the test takes them from the built file.
 */
const { PassingFailure, withRetries } = load('hub/retry') as {
  PassingFailure: new (error: Error, options: { waitMs: number }) => Error
  withRetries: (signal: AbortSignal, attempt: () => Promise<unknown>, progress: () => number) => Promise<unknown>
}
const { ownMark } = load('hub/process-mark') as { ownMark: () => string }

test('a download ends after five connections that break off after one byte each', async (t) => {
  const server = await HubServer.start(repository('org/Name', filesOf(SMALL)))
  server.fault = ({ host }) => (host === 'cdn' ? { cutAfter: 1 } : null)
  const ending = new AbortController()
  // If retries had no bound, the download would go on forever.
  const timer = setTimeout(() => {
    ending.abort(new Error('not given up'))
  }, 120_000)
  const options = { endpoint: server.endpoint, cacheDir: emptyCache(), signal: ending.signal }
  await t.throwsAsync(Model2VecEmbeddingFunction.load('org/Name', options), {
    code: 'ERR_HUB_HTTP',
    message: /model\.safetensors: the answer broke off after \d+ of \d+ bytes/,
  })
  clearTimeout(timer)
  t.is(server.fetches('model.safetensors').length, 5)
})

test('attempts end after five that bring less than 64 KiB together, and after a hundred in all', async (t) => {
  const failure = new Model2VecError('ERR_HUB_HTTP', 'cut')
  for (const [bytes, expected] of [
    [1, 5],
    [10_000, 5],
    // Four of these bring 64 KiB together, so the count of five starts again.
    [1 << 14, 100],
    [1 << 16, 100],
    [1 << 20, 100],
  ] as const) {
    let attempts = 0
    const attempt = (): Promise<unknown> => {
      // Ends the test if attempts have no bound.
      if (++attempts > 1000) return Promise.resolve()
      return Promise.reject(new PassingFailure(failure, { waitMs: 0 }))
    }
    const { signal } = new AbortController()
    const error = await t.throwsAsync(withRetries(signal, attempt, () => attempts * bytes))
    t.is(error, failure)
    t.is(attempts, expected, String(bytes))
  }
})

test('a file of unknown size that is larger than 4 GiB leaves nothing on disk', async (t) => {
  const etag = 'a'.repeat(40)
  const limit = 2 ** 32
  const cacheDir = emptyCache()
  const blobs = path.join(cacheDir, 'models--org--Name', 'blobs')
  mkdirSync(blobs, { recursive: true })
  // The partial file of a process that is dead now: a sparse file, as large as the limit. The
  // download goes on from its end. No process has this id.
  const partial = path.join(
    blobs,
    `${etag}.${ownMark().replace(/-\d+-(\d+-\d+)$/, '-99999999-$1')}-00000000.incomplete`,
  )
  writeFileSync(partial, '')
  truncateSync(partial, limit)
  const ranges: unknown[] = []
  const fetch: FetchFunction = (url, { method, headers }) => {
    if (url.includes('/revision/')) {
      const siblings = ['config.json', 'tokenizer.json', 'model.safetensors'].map((rfilename) => ({ rfilename }))
      return Promise.resolve(Response.json({ sha: COMMIT, siblings }))
    }
    if (method === 'HEAD') return Promise.resolve(new Response(null, { headers: { etag: `"${etag}"` } }))
    ranges.push(headers.range)
    const range = { 'content-range': `bytes ${limit}-${limit}/*` }
    return Promise.resolve(new Response('x', { status: 206, headers: range }))
  }
  await t.throwsAsync(Model2VecEmbeddingFunction.load('org/Name', { cacheDir, fetch }), {
    code: 'ERR_HUB_HTTP',
    message: /expected at most 4294967296 bytes of a file of unknown size, but got more/,
  })
  t.deepEqual(ranges, [`bytes=${limit}-`])
  t.deepEqual(readdirSync(blobs), [])
})
