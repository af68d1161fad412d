// Where models are found: directories, URLs, the Hub cache, the companion package; and what is said
// when they are not. The Hub is never asked here; test/hub/ has what is downloaded.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import test from 'ava'
import { Model2VecEmbeddingFunction, Model2VecError } from 'model2vec-node'

import { modelPath, SMALL } from './test-data.js'

process.env.HF_HUB_OFFLINE = '1'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const load = (source: string | URL, options = {}): Model2VecEmbeddingFunction =>
  new Model2VecEmbeddingFunction(source, options)

/**
 * A cache as huggingface_hub writes it, with m8k-f32 under the id `org/Name`, commit COMMIT, branch
 * main.
 */
function hubCache(ref: string | null = 'main'): { cache: string; snapshot: string } {
  const cache = mkdtempSync(path.join(os.tmpdir(), 'model2vec-hub-'))
  const repository = path.join(cache, 'models--org--Name')
  const snapshot = path.join(repository, 'snapshots', COMMIT)
  const blobs = path.join(repository, 'blobs')
  for (const folder of [snapshot, blobs]) mkdirSync(folder, { recursive: true })
  for (const file of ['config.json', 'tokenizer.json', 'model.safetensors']) {
    cpSync(path.join(SMALL, file), path.join(blobs, file))
    symlinkSync(path.join('..', '..', 'blobs', file), path.join(snapshot, file))
  }
  if (ref !== null) {
    mkdirSync(path.dirname(path.join(repository, 'refs', ref)), { recursive: true })
    writeFileSync(path.join(repository, 'refs', ref), COMMIT)
  }
  return { cache, snapshot }
}

/** Runs `work` with these environment variables; undefined = not set. */
function withEnvironment<T>(variables: Record<string, string | undefined>, work: () => T): T {
  const before = { ...process.env }
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name)
    else process.env[name] = value
  }
  try {
    return work()
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
    }
  }
}
const NO_CACHE = {
  HF_HUB_CACHE: undefined,
  HUGGINGFACE_HUB_CACHE: undefined,
  HF_HOME: undefined,
  XDG_CACHE_HOME: undefined,
}

test('a directory is taken as an absolute and a relative path, as a URL and as the text of one', (t) => {
  const absolute = path.resolve(SMALL)
  const relative = path.relative(process.cwd(), absolute)
  const url = pathToFileURL(absolute)
  for (const source of [absolute, relative, `./${relative}`, url, url.href]) {
    const { info } = load(source)
    t.is(info.path, realpathSync(absolute))
    t.is(info.modelSource, String(source))
    t.is(load(info.modelSource).info.path, info.path)
    t.is(info.revision, null)
  }
})

test('every layout is loaded, and a subfolder', (t) => {
  const { dim } = load(SMALL)
  t.is(load(modelPath('m8k-st')).dim, dim)
  t.is(load(modelPath('m8k-st-nested')).dim, dim)
  t.is(load(modelPath('m8k-subfolder'), { subfolder: 'sub' }).dim, dim)
  t.throws(() => load(modelPath('m8k-subfolder')), { code: 'ERR_MODEL_LAYOUT' })
})

for (const source of [
  './nowhere',
  '../nowhere',
  '/nowhere/at/all',
  '~/nowhere',
  'a/b/c',
  'a\\b',
  '.',
  pathToFileURL('/nowhere'),
  pathToFileURL('/nowhere').href,
]) {
  if (source === '.') continue
  const kind = typeof source === 'string' ? 'path' : 'URL'
  test(`a ${kind} that is missing is ERR_MODEL_NOT_FOUND: ${String(source)}`, async (t) => {
    const expected = { code: 'ERR_MODEL_NOT_FOUND', message: /: no such directory$/, instanceOf: Model2VecError }
    t.throws(() => load(source), expected)
    await t.throwsAsync(Model2VecEmbeddingFunction.load(source), expected)
  })
}

test('the text of a URL that names no local file is ERR_INVALID_OPTION, as the URL is', (t) => {
  for (const source of ['file://elsewhere/model', new URL('file://elsewhere/model')]) {
    if (process.platform === 'win32') continue
    t.throws(() => load(source), { code: 'ERR_INVALID_OPTION', message: /names no local file/ })
  }
})

test('a file is no model directory', (t) => {
  t.throws(() => load(path.join(SMALL, 'config.json')), {
    code: 'ERR_MODEL_NOT_FOUND',
    message: /a directory is expected, but this is a file/,
  })
})

for (const source of [5, null, '', {}, new URL('http://localhost/model')]) {
  test(`a source that is ${JSON.stringify(source)} is ERR_INVALID_OPTION`, (t) => {
    t.throws(() => load(source as string), { code: 'ERR_INVALID_OPTION', message: /`modelSource` should be/ })
  })
}

test('an id that is not on this machine is ERR_HUB_OFFLINE when the Hub must not be asked, with every place that was looked at', (t) => {
  const cache = mkdtempSync(path.join(os.tmpdir(), 'model2vec-hub-'))
  const error = t.throws(() => load('minishlab/potion-base-32M', { cacheDir: cache }), { code: 'ERR_HUB_OFFLINE' })
  for (const part of [
    path.resolve('minishlab/potion-base-32M'),
    cache,
    '`main`',
    '`model2vec-node-potion-base-32m`',
    'HF_HUB_OFFLINE forbids asking the Hub',
  ]) {
    t.true(error.message.includes(part), part)
  }
})

test('a model that Python downloaded is found in the cache', (t) => {
  const { cache, snapshot } = hubCache()
  const { info } = load('org/Name', { cacheDir: cache })
  t.is(info.path, realpathSync(snapshot))
  t.is(info.revision, COMMIT)
  t.is(info.modelSource, 'org/Name')
  t.is(load('org/Name', { cacheDir: cache, revision: COMMIT, localFilesOnly: true }).info.revision, COMMIT)
  t.throws(() => load('org/Name', { cacheDir: cache, revision: 'other' }), {
    code: 'ERR_HUB_OFFLINE',
    message: /has no such revision/,
  })
  t.throws(() => load('org/name', { cacheDir: cache }), { code: 'ERR_HUB_OFFLINE' })
})

test('a branch with a slash is a ref in a folder', (t) => {
  const { cache } = hubCache('refs/pr/1')
  t.is(load('org/Name', { cacheDir: cache, revision: 'refs/pr/1' }).info.revision, COMMIT)
  t.throws(() => load('org/Name', { cacheDir: cache }), { code: 'ERR_HUB_OFFLINE' })
})

test('a revision does not lead out of the cache', (t) => {
  const { cache } = hubCache()
  for (const revision of ['../refs/main', '../../models--org--Name/refs/main', './main', 'a//b']) {
    t.throws(() => load('org/Name', { cacheDir: cache, revision }), { code: 'ERR_MODEL_NOT_FOUND' }, revision)
  }
  writeFileSync(path.join(cache, 'models--org--Name', 'refs', 'main'), '../../../..')
  t.throws(() => load('org/Name', { cacheDir: cache }), { code: 'ERR_HUB_OFFLINE' })
})

test('an incomplete snapshot is not used, and its missing files are named', (t) => {
  const { cache, snapshot } = hubCache()
  rmSync(path.join(snapshot, '..', '..', 'blobs', 'tokenizer.json'))
  t.throws(() => load('org/Name', { cacheDir: cache }), {
    code: 'ERR_HUB_OFFLINE',
    message: /lacks tokenizer\.json, or/,
  })
})

test.serial('the cache is that of HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME or the home directory, in this order', (t) => {
  const { cache } = hubCache()
  const home = mkdtempSync(path.join(os.tmpdir(), 'model2vec-home-'))
  const revision = (): string | null => load('org/Name').info.revision
  t.is(withEnvironment({ ...NO_CACHE, HF_HUB_CACHE: cache, HF_HOME: '/nowhere' }, revision), COMMIT)
  for (const [variables, folder] of [
    [{ HF_HOME: path.join(home, 'a') }, 'a/hub'],
    [{ HF_HOME: '$M2V_TEST_HOME/f', M2V_TEST_HOME: home }, 'f/hub'],
    [{ XDG_CACHE_HOME: path.join(home, 'b') }, 'b/huggingface/hub'],
    [{ HF_HUB_CACHE: '', HF_HOME: path.join(home, 'c') }, 'c/hub'],
  ] as const) {
    t.throws(() => withEnvironment({ ...NO_CACHE, ...variables }, revision), { code: 'ERR_HUB_OFFLINE' })
    cpSync(cache, path.join(home, folder), { recursive: true, verbatimSymlinks: true })
    t.is(withEnvironment({ ...NO_CACHE, ...variables }, revision), COMMIT, folder)
  }
  t.is(
    withEnvironment(
      { ...NO_CACHE, HF_HUB_CACHE: '/nowhere' },
      () => load('org/Name', { cacheDir: cache }).info.revision,
    ),
    COMMIT,
  )
})

test('the home directory is that of the process', (t) => {
  const { cache } = hubCache()
  const home = mkdtempSync(path.join(os.tmpdir(), 'model2vec-home-'))
  const script =
    "console.log(new (require('model2vec-node').Model2VecEmbeddingFunction)(process.argv[1]).info.revision)"
  const revision = (source: string, variables: NodeJS.ProcessEnv): string => {
    const { stdout } = spawnSync(process.execPath, ['-e', script, source], {
      env: { PATH: process.env.PATH, HOME: home, USERPROFILE: home, ...variables },
      encoding: 'utf8',
    })
    return stdout.trim()
  }
  t.is(revision('org/Name', {}), '')
  cpSync(cache, path.join(home, '.cache/huggingface/hub'), { recursive: true, verbatimSymlinks: true })
  t.is(revision('org/Name', {}), COMMIT)
  cpSync(cache, path.join(home, 'e/hub'), { recursive: true, verbatimSymlinks: true })
  t.is(revision('org/Name', { HF_HOME: '~/e' }), COMMIT)
  cpSync(path.join(home, 'e/hub/models--org--Name/snapshots', COMMIT), path.join(home, 'model'), {
    recursive: true,
    dereference: true,
  })
  t.is(revision('~/model', {}), 'null')
})

test('a companion package that only the application sees is found from its folder', (t) => {
  const application = mkdtempSync(path.join(os.tmpdir(), 'model2vec-app-'))
  const companion = path.join(application, 'node_modules', 'model2vec-node-name')
  cpSync(SMALL, companion, { recursive: true, dereference: true })
  const model2vec = { id: 'org/Name', revision: COMMIT }
  writeFileSync(path.join(companion, 'package.json'), JSON.stringify({ name: 'model2vec-node-name', model2vec }))
  const main = JSON.stringify(path.resolve('dist/index.js'))
  const script = `console.log(new (require(${main}).Model2VecEmbeddingFunction)('org/Name').info.path)`
  const run = (cwd: string): string =>
    spawnSync(process.execPath, ['-e', script], {
      cwd,
      env: { ...process.env, HF_HUB_CACHE: path.join(application, 'no-cache') },
      encoding: 'utf8',
    }).stdout.trim()
  t.is(run(application), realpathSync(companion))
  t.is(run(os.tmpdir()), '')
})

test.serial('a directory wins over the cache, the cache over the companion package', (t) => {
  const { cache } = hubCache()
  const repository = path.join(cache, 'models--minishlab--potion-base-8M')
  cpSync(path.join(cache, 'models--org--Name'), repository, { recursive: true, verbatimSymlinks: true })
  const cached = withEnvironment({ ...NO_CACHE, HF_HUB_CACHE: cache }, () => new Model2VecEmbeddingFunction())
  t.is(cached.info.revision, COMMIT)
  t.is(cached.dim, 32)

  const companion = load('minishlab/potion-base-8M', { cacheDir: path.join(cache, 'empty') })
  t.is(companion.info.revision, 'bf8b056651a2c21b8d2565580b8569da283cab23')
  t.is(companion.info.path, realpathSync('npm/potion-base-8m'))
  t.is(
    load('minishlab/potion-base-8M', { cacheDir: '/nowhere', revision: 'bf8b056651a2c21b8d2565580b8569da283cab23' })
      .dim,
    256,
  )
  t.throws(() => load('minishlab/potion-base-8M', { cacheDir: '/nowhere', revision: COMMIT }), {
    code: 'ERR_HUB_OFFLINE',
    message: /carries revision `bf8b0566/,
  })
  t.throws(() => load('other/potion-base-8M', { cacheDir: '/nowhere' }), {
    code: 'ERR_HUB_OFFLINE',
    message: /names another model/,
  })
})

test('a path with a null character is refused where it is given, by an error of this package', async (t) => {
  const NULL = /null character/
  const cacheDir = '/tmp/a\0b'
  for (const refused of [
    () => load('org/none', { cacheDir }),
    () => load(SMALL, { cacheDir }),
    () => load(new URL('file:///tmp/a%00b')),
  ]) {
    t.throws(refused, { instanceOf: Model2VecError, code: 'ERR_INVALID_OPTION', message: NULL })
  }
  for (const refused of [
    () => Model2VecEmbeddingFunction.load('org/none', { cacheDir }),
    () => load(SMALL).savePretrained('/tmp/a\0b'),
  ]) {
    await t.throwsAsync(refused, { instanceOf: Model2VecError, code: 'ERR_INVALID_OPTION', message: NULL })
  }
  t.throws(() => load('/tmp/a\0b'), { instanceOf: Model2VecError, code: 'ERR_MODEL_NOT_FOUND', message: NULL })
})
