// Python's huggingface_hub and we share a cache: what it downloaded we find, and the other way
// round; the test's own Hub is one to it; the environment says the same to both.

import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { emptyCache, forgetEnvironment, snapshotFiles } from './cache-folder.js'
import { COMMIT, filesOf, repository } from './content.js'
import { askPython, findPython } from './python.js'
import { HubServer } from './server.js'

forgetEnvironment()

const python = findPython()
const command = python.command ?? ''
const withPython = python.command === null ? test.skip : test
/** A test that changes this process's environment. */
const withPythonAlone = python.command === null ? test.serial.skip : test.serial
const because = python.command === null ? ` (${python.reason})` : ''
const small = filesOf(SMALL)
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json']

const start = (): Promise<HubServer> =>
  HubServer.start(
    repository('org/Name', {
      ...small,
      'README.md': Buffer.from('---\nlibrary_name: model2vec\n---\n'),
      'onnx/model.onnx': Buffer.from('x'),
    }),
    repository('org/private', small, { tokens: ['hf_x'] }),
    repository('org/gated', small, { tokens: ['hf_x'], isGated: true }),
  )

for (const revision of ['main', COMMIT]) {
  withPython(`what Python downloaded (${revision}) is found with no request${because}`, async (t) => {
    const server = await start()
    const cacheDir = emptyCache()
    const variables = { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cacheDir }
    const folder = await askPython(command, ['download', 'org/Name', revision], variables)
    const { length } = server.requests
    const ef = new Model2VecEmbeddingFunction('org/Name', { endpoint: server.endpoint, cacheDir, revision })
    t.is(ef.info.path, realpathSync(String(folder)))
    t.is(ef.info.revision, COMMIT)
    t.is((await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir, revision })).dim, 32)
    t.is(server.requests.length, length)
  })
}

for (const links of ['links', 'copies']) {
  withPythonAlone(`what we downloaded as ${links}, Python finds with no request${because}`, async (t) => {
    const server = await start()
    const cacheDir = emptyCache()
    const args = ['find', 'org/Name', 'main']
    const variables = { HF_HUB_OFFLINE: '1', HF_HUB_CACHE: cacheDir }
    if (links === 'copies') process.env.HF_HUB_DISABLE_SYMLINKS = '1'
    const ef = await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })
    Reflect.deleteProperty(process.env, 'HF_HUB_DISABLE_SYMLINKS')
    const found = (await askPython(command, args, variables)) as {
      snapshot: string
      files: string[]
      revisions: unknown[]
      warnings: string[]
    }
    t.is(realpathSync(found.snapshot), ef.info.path)
    t.deepEqual(found.files.map((file) => path.basename(file)).sort(), FILES)
    t.deepEqual(found.revisions, [['org/Name', ['main'], COMMIT, FILES]])
    t.deepEqual(found.warnings, [])
  })
}

withPython(`a cache that both write to has each blob once${because}`, async (t) => {
  const server = await start()
  const cacheDir = emptyCache()
  const variables = { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: cacheDir }
  await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })
  await askPython(command, ['download', 'org/Name', 'main'], variables)
  t.is(server.fetches('model.safetensors').length, 1)
  t.deepEqual(Object.keys(snapshotFiles(cacheDir, 'org/Name', COMMIT)).sort(), ['README.md', ...FILES])
})

withPython(`the test's Hub refuses Python as the real one does${because}`, async (t) => {
  const server = await start()
  for (const [args, error, token] of [
    [['org/nothing', 'main', 'config.json'], 'RepositoryNotFoundError'],
    [['org/private', 'main', 'config.json'], 'RepositoryNotFoundError'],
    [['org/private', 'main', 'config.json'], null, 'hf_x'],
    [['org/gated', 'main', 'config.json'], 'GatedRepoError'],
    [['org/Name', 'v9', 'config.json'], 'RevisionNotFoundError'],
    [['org/Name', 'main', 'nothing.json'], 'RemoteEntryNotFoundError'],
  ] as const) {
    const variables = { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: emptyCache(), HF_HOME: emptyCache() }
    const found = await askPython(
      command,
      ['error', ...args],
      token === undefined ? variables : { ...variables, HF_TOKEN: token },
    )
    t.is(found, error, args.join(' '))
  }
})

withPythonAlone(`the environment names the same cache, token and endpoint to Python and to us${because}`, async (t) => {
  const home = emptyCache()
  const server = await start()
  writeFileSync(path.join(home, 'token'), 'hf_saved\n')
  writeFileSync(path.join(home, 'other-token'), ' hf_other ')
  for (const variables of [
    { HF_HOME: home },
    { HF_HOME: home, HF_TOKEN: ' hf_given\n' },
    { HF_HOME: home, HUGGING_FACE_HUB_TOKEN: 'hf_older' },
    { HF_HOME: home, HF_TOKEN_PATH: path.join(home, 'other-token') },
    { HF_HOME: '$M2V_HOME', M2V_HOME: home, HF_TOKEN_PATH: '${M2V_HOME}/other-token' },
    { XDG_CACHE_HOME: home },
    { HF_HOME: '~/nowhere' },
    { HF_HOME: home, HUGGINGFACE_HUB_CACHE: path.join(home, 'old') },
    { HF_HOME: home, HF_HUB_CACHE: path.join(home, 'new'), HUGGINGFACE_HUB_CACHE: path.join(home, 'old') },
    { HF_HOME: home, HF_HUB_OFFLINE: '1' },
    { HF_HOME: home, HF_HUB_OFFLINE: 'On' },
    { HF_HOME: home, HF_HUB_OFFLINE: '2' },
    { HF_HOME: home, TRANSFORMERS_OFFLINE: 'yes' },
  ] as NodeJS.ProcessEnv[]) {
    const endpoint = `${server.endpoint}/`
    const said = (await askPython(command, ['settings'], { ...variables, HF_ENDPOINT: endpoint })) as {
      cache: string
      token: string | null
      offline: boolean
    }
    const asked = server.requests.length
    const before = { ...process.env }
    forgetEnvironment()
    Reflect.deleteProperty(process.env, 'HF_HOME')
    Object.assign(process.env, variables, { HF_ENDPOINT: endpoint })
    const error = await t.throwsAsync(Model2VecEmbeddingFunction.load('org/unknown', { localFilesOnly: true }))
    t.true(error.message.includes(`Hub cache ${path.resolve(said.cache)} (`), JSON.stringify(variables))
    const load = Model2VecEmbeddingFunction.load('org/nothing', { cacheDir: emptyCache() })
    await t.throwsAsync(load, {
      code: said.offline ? 'ERR_HUB_OFFLINE' : said.token === null ? 'ERR_HUB_AUTH' : 'ERR_MODEL_NOT_FOUND',
    })
    const { authorization } = server.requests[asked] ?? {}
    if (!said.offline)
      t.is(authorization, said.token === null ? undefined : `Bearer ${said.token}`, JSON.stringify(variables))
    for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, before)
  }
  t.false(existsSync(path.join(os.homedir(), 'nowhere')))
})
