// The native module: found or not, and what is said when it is not.

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

import { addonFile, packageCopy } from './package-copy.js'
import { SMALL } from './test-data.js'

const { version: VERSION } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }

/**
 * What opening a model with the package in `root` throws, in a new process that runs `before`
 * first.
 */
function openError(
  root: string,
  environment: NodeJS.ProcessEnv = {},
  before = '',
): { name: string; code: string; message: string } | null {
  const script = `
    const fs = require('fs'); ${before}
    const { Model2VecEmbeddingFunction } = require(${JSON.stringify(path.join(root, 'dist/index.js'))})
    try { new Model2VecEmbeddingFunction(${JSON.stringify(SMALL)}); console.log('null') }
    catch ({ name, code, message }) { console.log(JSON.stringify({ name, code, message })) }`
  const output = execFileSync(process.execPath, ['-e', script], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
  return JSON.parse(output) as ReturnType<typeof openError>
}

/**
 * What a script prints as JSON that runs with the package in `root` as `model2vec-node`, and
 * without its native module.
 */
function runWithout(root: string, script: string): unknown {
  const file = path.join(root, 'script.mjs')
  writeFileSync(file, script)
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))
}

test('without the native module the package and its subpaths can be imported, and what needs no model works', (t) => {
  const root = packageCopy()
  writeFileSync(path.join(root, 'texts.txt'), 'one\ntwo\n')
  const script = `
    import { createRequire } from 'node:module'
    import { isModel2VecError, Model2VecError, readLines } from 'model2vec-node'
    import { milvusVector } from 'model2vec-node/milvus'
    const require = createRequire(import.meta.url)
    const lines = []
    for await (const line of readLines(${JSON.stringify(path.join(root, 'texts.txt'))})) lines.push(line)
    console.log(JSON.stringify({
      lines,
      vector: milvusVector(new Float32Array([1, 2])),
      isError: isModel2VecError(new Model2VecError('ERR_CLOSED', 'closed')),
      same: require('model2vec-node').Model2VecError === Model2VecError && require('model2vec-node/milvus').milvusVector === milvusVector,
    }))`
  t.deepEqual(runWithout(root, script), { lines: ['one', 'two'], vector: [1, 2], isError: true, same: true })
})

test('without the native module each call that needs it fails with an error of its own, and nothing is downloaded for it', (t) => {
  const script = `
    import { isModel2VecError, Model2VecEmbeddingFunction } from 'model2vec-node'
    const errors = []
    const failed = (error) => { errors.push(error) }
    const model = ${JSON.stringify(SMALL)}
    for (let i = 0; i < 2; i++) {
      try { new Model2VecEmbeddingFunction(model) } catch (error) { failed(error) }
    }
    await Model2VecEmbeddingFunction.load(model).catch(failed)
    let requests = 0
    const hub = { cacheDir: ${JSON.stringify(mkdtempSync(path.join(os.tmpdir(), 'model2vec-hub-')))}, fetch: () => { requests++; throw new Error('asked') } }
    await Model2VecEmbeddingFunction.load('org/name', hub).catch(failed)
    // Left pending: the constructor loads nothing yet.
    for (const pending of [new Model2VecEmbeddingFunction('org/name', hub), new Model2VecEmbeddingFunction(model, { vocabularyQuantization: 9 })]) {
      await pending.ready().catch(failed)
      await pending.encode('text').catch(failed)
      await pending.encodeDocuments(['text']).catch(failed)
      await pending.encodeAsSequence('text').catch(failed)
      await pending.tokenizeAsync('text').catch(failed)
      await pending.savePretrained('saved').catch(failed)
      await pending.encodeStream(['text']).next().catch(failed)
      await new Response(ReadableStream.from(['text']).pipeThrough(pending.transform())).text().catch(failed)
      try { pending.encodeSync('text') } catch ({ code }) { if (code !== 'ERR_MODEL_NOT_READY') failed(code) }
    }
    console.log(JSON.stringify({
      requests, calls: errors.length, different: new Set(errors).size,
      codes: [...new Set(errors.map((error) => isModel2VecError(error) && error.code))],
    }))`
  t.deepEqual(runWithout(packageCopy(), script), {
    requests: 0,
    calls: 20,
    different: 20,
    codes: ['ERR_NATIVE_NOT_FOUND'],
  })
})

test('an import, a load from a folder and plain encodes read three files of the package', (t) => {
  const loaded = path.join(__dirname, 'cli', 'preload', 'loaded-files.js')
  const script = `
    const { Model2VecEmbeddingFunction } = require('./dist/index.js')
    const ef = new Model2VecEmbeddingFunction(${JSON.stringify(SMALL)})
    ef.encodeSync(['one']).row(0)
    void ef.encodeQueries(['two']).then(() => ef.encode('three')).then(() => ef.close())`
  const { stderr } = spawnSync(process.execPath, ['--require', loaded, '-e', script], { encoding: 'utf8' })
  t.deepEqual(stderr.split(' ').sort(), ['core.js', 'index.js', 'version.js'])
})

test('a native module that is there by the next call is found', (t) => {
  const script = `
    import { Model2VecEmbeddingFunction } from 'model2vec-node'
    const found = []
    for (const place of ['/nowhere.node', ${JSON.stringify(addonFile())}, '/nowhere.node']) {
      process.env.MODEL2VEC_NATIVE_PATH = place
      try { found.push(new Model2VecEmbeddingFunction(${JSON.stringify(SMALL)}).dim) } catch ({ code }) { found.push(code) }
    }
    console.log(JSON.stringify(found))`
  t.deepEqual(runWithout(packageCopy(), script), ['ERR_NATIVE_NOT_FOUND', 32, 32])
})

test('a missing native module is ERR_NATIVE_NOT_FOUND, with the platform, the places and the command', (t) => {
  const error = openError(packageCopy())
  t.is(error?.code, 'ERR_NATIVE_NOT_FOUND')
  t.is(error?.name, 'Model2VecError')
  const message = error?.message ?? ''
  const libc = process.platform === 'linux' ? ' (glibc|musl)' : ''
  t.regex(
    message,
    new RegExp(`^no native module for ${process.platform} ${process.arch}${libc} \\(Node ${process.version}\\)`),
  )
  t.regex(
    message,
    /tried .*model2vec\.[\w-]+\.node \(not there\) and the package `model2vec-node-[\w-]+`: Cannot find module/,
  )
  t.regex(message, /`npm install --save-optional model2vec-node-[\w-]+@\d+\.\d+\.\d+`/)
  t.regex(message, /npm\/cli#4828/)
})

test('on a platform without a prebuilt module the message says which have one', (t) => {
  const pretend = "Object.defineProperty(process, 'platform', { value: 'openbsd' });"
  const message = openError(packageCopy(), {}, pretend)?.message ?? ''
  t.regex(message, new RegExp(`^no native module for openbsd ${process.arch} `))
  for (const platform of readdirSync('npm').filter((name) => name !== 'potion-base-8m')) {
    t.true(message.includes(` ${platform}`), platform)
  }
  t.regex(message, /MODEL2VEC_NATIVE_PATH/)
  t.notRegex(message, /npm install/)
})

test('each platform loads the package that is named for it', (t) => {
  for (const platform of readdirSync('npm').filter((name) => name !== 'potion-base-8m')) {
    const [system = '', arch = '', abi] = platform.split('-')
    const root = packageCopy()
    const name = `model2vec-node-${platform}`
    const installed = path.join(root, 'node_modules', name)
    cpSync(path.join('npm', platform), installed, { recursive: true })
    const { main } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as { main: string }
    // Not an addon at all: that loading it fails shows which one was taken.
    writeFileSync(path.join(installed, main), 'no addon')
    const pretend = `
      Object.defineProperty(process, 'platform', { value: '${system}' })
      Object.defineProperty(process, 'arch', { value: '${arch}' })
      const { readFileSync } = fs
      fs.readFileSync = (file, ...rest) =>
        file === '/usr/bin/ldd' ? '${abi === 'musl' ? 'musl libc' : 'GNU C Library'}' : readFileSync(file, ...rest);`
    const message = openError(root, {}, pretend)?.message ?? ''
    t.regex(message, new RegExp(`package \`${name}\`: .*${main}`), platform)
  }
})

test('MODEL2VEC_NATIVE_PATH names the native module', (t) => {
  const [addon = ''] = readdirSync('.').filter((file) => file.endsWith('.node'))
  const root = packageCopy()
  t.is(openError(root, { MODEL2VEC_NATIVE_PATH: path.resolve(addon) }), null)
  t.regex(openError(root, { MODEL2VEC_NATIVE_PATH: '/nowhere.node' })?.message ?? '', /tried \/nowhere\.node/)
})

test('a native module of another version is refused', (t) => {
  const [addon = ''] = readdirSync('.').filter((file) => file.endsWith('.node'))
  const root = packageCopy()
  const script = `
    const fs = require('fs'), folder = ${JSON.stringify(path.join(root, 'dist/'))}
    for (const file of ['version.js', 'core.js'].map((name) => folder + name)) {
      fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll('"${VERSION}"', '"9.9.9"'))
    }`
  execFileSync(process.execPath, ['-e', script])
  const error = openError(root, { MODEL2VEC_NATIVE_PATH: path.resolve(addon) })
  t.is(error?.code, 'ERR_NATIVE_NOT_FOUND')
  t.regex(error?.message ?? '', /is \d+\.\d+\.\d+, expected 9\.9\.9/)
})

test('the version that is built in is that of package.json', (t) => {
  t.true(readFileSync('dist/version.js', 'utf8').includes(`"${VERSION}"`))
})
