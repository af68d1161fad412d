// What the system may refuse: no home directory, no working directory, any function of Node that
// fails. Nothing but errors of this package comes out, and a model that is elsewhere is still
// found.

import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { emptyCache, forgetEnvironment } from './hub/cache-folder.js'
import { filesOf, repository } from './hub/content.js'
import { HubServer } from './hub/server.js'
import { SMALL } from './test-data.js'

forgetEnvironment()

const DIST = path.resolve('dist/index.js')

/**
 * Runs a script that has `load` (the constructor), `code` (what a promise or call fails with) and
 * `say`.
 */
function run(
  script: string,
  options: { env?: NodeJS.ProcessEnv; uid?: number; cwd?: string; timeout?: number } = {},
): string[] {
  const prelude = `
    const { Model2VecEmbeddingFunction, isModel2VecError } = require(${JSON.stringify(DIST)})
    const load = (...args) => new Model2VecEmbeddingFunction(...args)
    const code = async (call) => {
      try { await call(); return 'no error' }
      catch (error) { return isModel2VecError(error) ? error.code + ' ' + error.message : 'raw: ' + error.stack }
    }
    const say = (value) => console.log(value)
    ;(async () => { ${script} })()`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', prelude], { encoding: 'utf8', ...options })
  return (stdout + stderr).trim().split('\n')
}

const asRoot = process.platform !== 'win32' && process.getuid?.() === 0 ? test : test.skip
asRoot('without HOME and with a user id that has no name, an installed model is found', (t) => {
  const environment = { uid: 54_321, env: { PATH: process.env.PATH }, cwd: '/' }
  const lines = run(
    `
    try { require('os').homedir() } catch (error) { say(error.code) }
    say(load('minishlab/potion-base-8M').dim)
    say(await code(() => load('~/model')))
    say(await code(() => load('org/none', { localFilesOnly: true })))
    say(await code(() => Model2VecEmbeddingFunction.load('org/none', { endpoint: 'http://127.0.0.1:9' })))
    say(await code(() => load('minishlab/potion-base-8M').savePretrained('~/model')))
    process.env.HF_HOME = '~/hf'
    say(load('minishlab/potion-base-8M').dim)`,
    environment,
  )
  t.is(lines[0], 'ERR_SYSTEM_ERROR', lines.join('\n'))
  t.is(lines[1], '256')
  t.regex(lines[2] ?? '', /^ERR_MODEL_NOT_FOUND ~\/model: `~` has no meaning, as HOME is not set/)
  t.regex(lines[3] ?? '', /^ERR_HUB_OFFLINE .*in the Hub cache \(there is no place for .* set HF_HOME or `cacheDir`\)/)
  t.regex(lines[4] ?? '', /^ERR_HUB_CACHE there is no place for the Hub cache: .* set HF_HOME or `cacheDir`/)
  t.regex(lines[5] ?? '', /^ERR_INVALID_OPTION `directory` "~\/model" is no place: `~` has no meaning/)
  t.is(lines[6], '256')
})

test('in a working directory that was removed, absolute paths and installed models work', (t) => {
  const lines = run(`
    const fs = require('fs'), os = require('os'), path = require('path')
    const gone = fs.mkdtempSync(path.join(os.tmpdir(), 'model2vec-gone-'))
    process.chdir(gone)
    try { fs.rmdirSync(gone) } catch {}
    say(load(${JSON.stringify(path.resolve(SMALL))}).dim)
    say(load('minishlab/potion-base-8M').dim)
    say(await code(() => load('./model')))
    say(await code(() => load('org/none', { localFilesOnly: true })))
    say(await code(() => load('org/none', { cacheDir: 'cache', localFilesOnly: true })))
    say(await code(() => Model2VecEmbeddingFunction.load('org/none', { cacheDir: 'cache' })))
    say(await code(() => load(${JSON.stringify(path.resolve(SMALL))}).savePretrained('saved')))`)
  t.deepEqual(lines.slice(0, 2), ['32', '256'])
  // Windows keeps the working directory of a process.
  if (process.platform === 'win32') return
  t.regex(lines[2] ?? '', /^ERR_MODEL_NOT_FOUND \.\/model: it is relative, and the working directory is gone/)
  t.regex(lines[3] ?? '', /^ERR_HUB_OFFLINE /)
  t.regex(lines[4] ?? '', /^ERR_HUB_OFFLINE .*the Hub cache cache is no place: it is relative/)
  t.regex(lines[5] ?? '', /^ERR_HUB_CACHE the Hub cache cache is no place: it is relative/)
  t.regex(lines[6] ?? '', /^ERR_INVALID_OPTION `directory` "saved" is no place: it is relative/)
})

for (const content of ['', 'null', '{"model2vec":', '[]']) {
  test(`a companion package whose package.json is ${JSON.stringify(content)} carries no model`, (t) => {
    const cwd = mkdtempSync(path.join(os.tmpdir(), 'model2vec-app-'))
    const companion = path.join(cwd, 'node_modules/model2vec-node-name')
    mkdirSync(companion, { recursive: true })
    writeFileSync(path.join(companion, 'package.json'), content)
    const script = `say(await code(() => load('org/Name', { localFilesOnly: true })))`
    t.regex(run(script, { cwd })[0] ?? '', /^ERR_HUB_OFFLINE .*the package `model2vec-node-name` \(/)
    rmSync(cwd, { recursive: true })
  })
}

const FAULTS = [
  'os.homedir',
  'os.hostname',
  'process.cwd',
  'process.kill',
  ...['readFileSync', 'statSync'].map((name) => `fs.${name}`),
  ...[
    ...['copyFile', 'mkdir', 'open', 'readdir', 'readFile', 'readlink', 'rename'],
    ...['stat', 'symlink', 'unlink', 'utimes', 'writeFile'],
  ].map((name) => `fs/promises.${name}`),
]
for (const fault of FAULTS) {
  test.serial(`no public entry throws an error of Node's own when ${fault} fails`, async (t) => {
    const small = filesOf(SMALL)
    const server = await HubServer.start(repository('org/Name', small), repository('org/Other', small))
    const child = path.join(__dirname, 'children/injected-faults.js')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [child, fault, server.endpoint, path.resolve(SMALL)],
      {
        // Where HOME is set, it is not asked for.
        env: { ...process.env, HF_HOME: emptyCache(), ...(fault === 'os.homedir' && { HOME: undefined }) },
      },
    )
    t.is(stdout, 'done\n')
    server.stop()
  })
}

test('a lock that Windows refuses to make for good is ERR_HUB_CACHE, and a wait for one heeds the signal', (t) => {
  // Windows' own EPERM, which here only a replaced function gives.
  const lines = run(
    `
    load(${JSON.stringify(path.resolve(SMALL))})
    const fs = require('fs/promises'), os = require('os'), path = require('path')
    Object.defineProperty(process, 'platform', { value: 'win32' })
    const { writeFile } = fs
    let refused = 0
    let onRefusal = () => {}
    fs.writeFile = async (file, ...rest) => {
      if (!String(file).endsWith('.lock')) return writeFile(file, ...rest)
      onRefusal(++refused)
      const message = 'EPERM: operation not permitted, open'
      throw Object.assign(new Error(message), { code: 'EPERM', errno: -4048, syscall: 'open' })
    }
    const cacheDir = fs.mkdtemp(path.join(os.tmpdir(), 'model2vec-lock-'))
    const options = { cacheDir: await cacheDir, endpoint: 'http://127.0.0.1:9' }
    say(await code(() => Model2VecEmbeddingFunction.load('org/none', options)))
    say(refused < 100)
    const ending = new AbortController()
    onRefusal = () => ending.abort(new Error('enough'))
    refused = 0
    say((await code(() => Model2VecEmbeddingFunction.load('org/none', { ...options, signal: ending.signal }))).split('\\n')[0])
    await new Promise((resolve) => setTimeout(resolve, 500))
    say(refused)`,
    { timeout: 600_000 },
  )
  t.regex(lines[0] ?? '', /^ERR_HUB_CACHE the Hub cache .* can't be written: EPERM/)
  t.deepEqual(lines.slice(1, 2), ['true'])
  t.is(lines[2], 'raw: Error: enough')
  t.is(lines.at(-1), '1')
})
