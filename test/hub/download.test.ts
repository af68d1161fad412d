// Downloads: which files, into which layout, when the Hub is asked, and what progress is reported.

import { lstatSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { DownloadProgress, LoadOptions } from 'model2vec-node'

import { modelPath, POTION, SMALL } from '../test-data.js'
import { emptyCache, filesIn, forgetEnvironment, snapshotFiles } from './cache-folder.js'
import { COMMIT, commit, filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()

const OTHER_COMMIT = 'f'.repeat(40)
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json']
const small = filesOf(SMALL)
/** A repository holds more than a model needs. */
const full = {
  ...small,
  'README.md': Buffer.from('# Name'),
  'onnx/model.onnx': Buffer.from('onnx'),
  'pytorch_model.bin': Buffer.from('x'),
}

const load = (server: HubServer, cacheDir: string, options: LoadOptions = {}): Promise<Model2VecEmbeddingFunction> =>
  Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir, ...options })

test('the real default model is downloaded, byte for byte, and gives the same vectors', async (t) => {
  const real = filesOf(POTION)
  const server = await HubServer.start(repository('minishlab/potion-copy', real))
  const cacheDir = emptyCache()
  const ef = await Model2VecEmbeddingFunction.load('minishlab/potion-copy', { endpoint: server.endpoint, cacheDir })
  t.is(ef.info.revision, COMMIT)
  t.is(ef.info.modelSource, 'minishlab/potion-copy')
  const texts = ['a dog in the park']
  t.deepEqual(ef.encodeSync(texts).data, new Model2VecEmbeddingFunction(POTION).encodeSync(texts).data)
  const cached = snapshotFiles(cacheDir, 'minishlab/potion-copy', COMMIT)
  t.deepEqual(Object.keys(cached).sort(), FILES)
  for (const [name, bytes] of Object.entries(cached)) t.true(bytes.equals(real[name] ?? Buffer.alloc(0)), name)
})

test('the files that the layout needs are fetched, each once, and no others', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  t.deepEqual(Object.keys(snapshotFiles(cacheDir, 'org/Name', COMMIT)).sort(), FILES)
  for (const name of FILES) t.is(server.fetches(name).length, 1, name)
  t.false(server.requests.some(({ path: asked }) => /onnx|README|pytorch/.test(asked)))
})

test('every layout is downloaded, and a subfolder', async (t) => {
  const nested = filesOf(modelPath('m8k-st-nested'))
  const server = await HubServer.start(
    repository('org/st', filesOf(modelPath('m8k-st'))),
    repository('org/nested', nested),
    repository('org/sub', { ...full, ...filesOf(modelPath('m8k-subfolder')) }),
  )
  const cacheDir = emptyCache()
  const options = { endpoint: server.endpoint, cacheDir }
  for (const id of ['org/st', 'org/nested']) t.is((await Model2VecEmbeddingFunction.load(id, options)).dim, 32, id)
  await Model2VecEmbeddingFunction.load('org/sub', { ...options, subfolder: './sub/' })
  t.deepEqual(
    Object.keys(snapshotFiles(cacheDir, 'org/sub', COMMIT)).sort(),
    FILES.map((name) => `sub/${name}`),
  )
  t.true(Object.keys(snapshotFiles(cacheDir, 'org/nested', COMMIT)).includes('0_StaticEmbedding/model.safetensors'))
})

test('the cache has blobs by their hash, relative links to them, and the branch', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  const root = path.join(cacheDir, 'models--org--Name')
  const { sha256 } = commit(small).get('model.safetensors') ?? {}
  const { oid } = commit(small).get('config.json') ?? {}
  const table = path.join(root, 'snapshots', COMMIT, 'model.safetensors')
  t.is(readlinkSync(table), path.join('..', '..', 'blobs', String(sha256)))
  t.is(readlinkSync(path.join(root, 'snapshots', COMMIT, 'config.json')), path.join('..', '..', 'blobs', String(oid)))
  t.is(readFileSync(path.join(root, 'refs', 'main'), 'utf8'), COMMIT)
  t.is(filesIn(cacheDir).length, 7)
})

test.serial('where links are refused, the snapshot has the files themselves', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  process.env.HF_HUB_DISABLE_SYMLINKS = '1'
  try {
    await load(server, cacheDir)
  } finally {
    Reflect.deleteProperty(process.env, 'HF_HUB_DISABLE_SYMLINKS')
  }
  const table = path.join(cacheDir, 'models--org--Name', 'snapshots', COMMIT, 'model.safetensors')
  t.true(lstatSync(table).isFile())
  t.deepEqual(snapshotFiles(cacheDir, 'org/Name', COMMIT)['model.safetensors'], small['model.safetensors'])
  t.is((await load(server, cacheDir, { localFilesOnly: true })).dim, 32)
})

test('a complete snapshot is used with no request, for a branch as for a commit', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  const asked = server.requests.length
  for (const revision of ['main', COMMIT]) {
    await load(server, cacheDir, { revision })
    t.is(new Model2VecEmbeddingFunction('org/Name', { endpoint: server.endpoint, cacheDir, revision }).dim, 32)
  }
  t.is(server.requests.length, asked)
})

test('what a snapshot lacks is fetched, and what a blob holds already is not', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  const folder = path.join(cacheDir, 'models--org--Name', 'snapshots', COMMIT)
  rmSync(path.join(folder, 'tokenizer.json'))
  const config = path.join(folder, 'config.json')
  rmSync(path.resolve(folder, readlinkSync(config)))
  await load(server, cacheDir)
  t.is(server.fetches('tokenizer.json').length, 1)
  t.is(server.fetches('config.json').length, 2)
  t.is(server.fetches('model.safetensors').length, 1)
  t.is(readFileSync(config, 'utf8'), String(small['config.json']))
})

test('a branch, a tag with a slash and a commit are downloaded, each under its name', async (t) => {
  const hub = repository('org/Name', full)
  const other = {
    ...small,
    'config.json': Buffer.from('{"model_type": "model2vec", "normalize": false, "max_length": 7}'),
  }
  hub.commits.set(OTHER_COMMIT, commit(other))
  hub.refs.set('refs/pr/1', OTHER_COMMIT).set('v1', COMMIT)
  const server = await HubServer.start(hub)
  const cacheDir = emptyCache()
  t.is((await load(server, cacheDir, { revision: 'refs/pr/1' })).info.maxLength, 7)
  t.is((await load(server, cacheDir, { revision: 'v1' })).info.revision, COMMIT)
  t.is((await load(server, emptyCache(), { revision: OTHER_COMMIT })).info.revision, OTHER_COMMIT)
  // Both commits have the same table.
  t.is(server.fetches('model.safetensors').length, 2)
  t.true(filesIn(cacheDir).includes(path.join('models--org--Name', 'refs', 'refs', 'pr', '1')))
})

test('forceDownload asks the Hub again, and takes the commit that the branch has now', async (t) => {
  const hub = repository('org/Name', full)
  const server = await HubServer.start(hub)
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  hub.commits.set(
    OTHER_COMMIT,
    commit({ ...small, 'config.json': Buffer.from('{"model_type": "model2vec", "max_length": 7}') }),
  )
  hub.refs.set('main', OTHER_COMMIT)
  t.is((await load(server, cacheDir)).info.revision, COMMIT)
  const ef = new Model2VecEmbeddingFunction('org/Name', { endpoint: server.endpoint, cacheDir, forceDownload: true })
  t.throws(() => ef.dim, { code: 'ERR_MODEL_NOT_READY' })
  await ef.ready()
  t.is(ef.info.maxLength, 7)
  t.is(server.fetches('model.safetensors').length, 2)
  t.is((await load(server, cacheDir)).info.revision, OTHER_COMMIT)
})

test('forceDownload repairs a blob that something else has broken', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  const table = path.join(cacheDir, 'models--org--Name', 'snapshots', COMMIT, 'model.safetensors')
  writeFileSync(table, 'broken')
  await t.throwsAsync(load(server, cacheDir), { code: 'ERR_BAD_SAFETENSORS' })
  t.is((await load(server, cacheDir, { forceDownload: true })).dim, 32)
  t.deepEqual(readFileSync(table), small['model.safetensors'])
})

test.serial("where the Hub can't be reached, forceDownload uses the cache with one warning", async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  await load(server, cacheDir)
  server.stop()
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  const ef = await load(server, cacheDir, { forceDownload: true })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listen)
  t.is(ef.info.revision, COMMIT)
  t.is(warnings.length, 1)
  t.regex(
    String(warnings[0]?.message),
    /`org\/Name` was not downloaded again, and .* is used: the Hub at .* can't be reached/,
  )
})

test('progress reports bytes and total of each file and overall, and ends with all', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  server.fault = ({ path: asked }) =>
    asked.endsWith('.safetensors') ? { slow: { bytes: 100_000, pauseMs: 20 } } : null
  const seen: DownloadProgress[] = []
  await load(server, emptyCache(), { onProgress: (progress) => seen.push(progress) })
  const sizes = FILES.map((name) => small[name]?.length ?? 0)
  const total = sizes.reduce((a, b) => a + b)
  for (const [i, name] of FILES.entries()) {
    const last = seen.filter(({ file }) => file === name).at(-1)
    t.is(last?.loaded, sizes[i], name)
    t.is(last?.total, sizes[i], name)
  }
  t.true(seen.every(({ overall }) => overall.total === total))
  t.deepEqual(seen.at(-1)?.overall, { loaded: total, total })
  t.true(seen.filter(({ file }) => file === 'model.safetensors').length > 2)
  const loaded = seen.map(({ overall }) => overall.loaded)
  t.deepEqual(
    loaded,
    [...loaded].sort((a, b) => a - b),
  )
})

test('what onProgress throws ends the load with it, and the next load works', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const cacheDir = emptyCache()
  const failure = Object.assign(new Error('stop'), { syscall: 'write', errno: -5 })
  const throwIt = (): never => {
    throw failure
  }
  t.is(await t.throwsAsync(load(server, cacheDir, { onProgress: throwIt })), failure)
  t.is((await load(server, cacheDir)).dim, 32)
})

test('requests go through the fetch option', async (t) => {
  const server = await HubServer.start(repository('org/Name', full))
  const asked: string[] = []
  const through: typeof fetch = (input, init) => {
    asked.push(input as string)
    return fetch(input, init)
  }
  await load(server, emptyCache(), { fetch: through })
  t.is(asked.length, server.requests.length)
})

/**
 * The files of a Transformer, as sentence-transformers publishes them; its table has `megabytes` of
 * zeros.
 */
function transformer(config: object, megabytes: number): Record<string, Buffer> {
  const names = ['embeddings.LayerNorm.bias', 'embeddings.word_embeddings.weight', 'encoder.layer.0.output.dense.bias']
  const size = (megabytes << 20) / 4
  const entries = names.map((name, index) => {
    return [name, { dtype: 'F32', shape: [size / 4], data_offsets: [index * size, (index + 1) * size] }]
  })
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return {
    'config.json': Buffer.from(JSON.stringify(config)),
    'tokenizer.json': small['tokenizer.json'] ?? Buffer.alloc(0),
    'model.safetensors': Buffer.concat([length, header, Buffer.alloc(size * 3)]),
  }
}

for (const ignoreRange of [false, true]) {
  test(`a Transformer is refused before its weights are fetched${ignoreRange ? ', also from a server that knows no ranges' : ''}`, async (t) => {
    const files = transformer({ model_type: 'bert', architectures: ['BertModel'] }, 40)
    const server = await HubServer.start(repository('org/Name', files))
    server.fault = ({ host }) => (host === 'cdn' ? { ignoreRange } : null)
    const cacheDir = emptyCache()
    await t.throwsAsync(load(server, cacheDir), {
      code: 'ERR_BAD_SAFETENSORS',
      message:
        /`org\/Name` is no static model \(its config\.json says BertModel\): Model2Vec needs a tensor `embeddings` in model\.safetensors, which has 3 others \(embeddings\.LayerNorm\.bias, /,
    })
    const fetches = server.requests.filter(({ method, host }) => method === 'GET' && host === 'cdn')
    t.deepEqual(
      fetches.map(({ range }) => range),
      ['bytes=0-65535'],
    )
    t.is(server.fetches('tokenizer.json').length, 0)
    t.false(filesIn(cacheDir).some((name) => name.includes('refs') || name.endsWith('.incomplete')))
  })
}

test('a static model whose config.json says nothing is asked for its header, and then downloaded', async (t) => {
  const server = await HubServer.start(
    repository('org/Name', { ...small, 'config.json': Buffer.from('{"normalize": true}') }),
  )
  t.is((await load(server, emptyCache())).dim, 32)
  t.deepEqual(
    server.fetches('model.safetensors').map(({ range }) => range),
    ['bytes=0-65535', undefined],
  )
})
