// A cache in a place where none can be: refused at once, whatever stands in the way.

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment } from './cache-folder.js'
import { filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()

const start = (): Promise<HubServer> => HubServer.start(repository('org/Name', filesOf(SMALL)))

test('a cache below a symbolic link that leads nowhere is ERR_HUB_CACHE, which names the link', async (t) => {
  t.timeout(600_000)
  const server = await start()
  const link = path.join(emptyCache(), 'huggingface')
  symlinkSync('/mnt/not-mounted', link)
  for (const cacheDir of [link, path.join(link, 'hub'), path.join(link, 'a/b/c')]) {
    await t.throwsAsync(Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir }), {
      code: 'ERR_HUB_CACHE',
      message: /huggingface to be a folder, found a symbolic link to \/mnt\/not-mounted, which can't be opened/,
    })
  }
})

test('a link to a folder that is there is followed', async (t) => {
  const server = await start()
  const link = path.join(emptyCache(), 'huggingface')
  symlinkSync(emptyCache(), link)
  const cacheDir = path.join(link, 'hub')
  t.is((await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })).dim, 32)
})

const inProc = existsSync('/proc/self') ? test : test.skip
inProc('a cache where no folder can be made is ERR_HUB_CACHE at once', async (t) => {
  t.timeout(600_000)
  const server = await start()
  for (const cacheDir of ['/proc/nope', '/proc/nope/a/b']) {
    await t.throwsAsync(Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir }), {
      code: 'ERR_HUB_CACHE',
      message: /^the Hub cache \/proc\/nope\S* can't be written: ENOENT/,
    })
  }
})

test('a folder of the repository that is a file is ERR_HUB_CACHE', async (t) => {
  const server = await start()
  for (const place of ['blobs', 'snapshots', 'refs']) {
    const cacheDir = emptyCache()
    const folder = path.join(cacheDir, 'models--org--Name')
    mkdirSync(folder)
    writeFileSync(path.join(folder, place), '')
    await t.throwsAsync(Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir }), {
      code: 'ERR_HUB_CACHE',
    })
  }
})

test("a lock that nobody holds and that can't be removed keeps nobody waiting", async (t) => {
  t.timeout(600_000)
  const server = await start()
  const cacheDir = emptyCache()
  mkdirSync(path.join(cacheDir, '.locks/models--org--Name/model2vec-node.lock'), { recursive: true })
  t.is((await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })).dim, 32)
})
