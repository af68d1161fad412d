// `savePretrained`: the files that Python model2vec 0.10.0 saves
// (test/expected/save_pretrained.py), and the same vectors again.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { LoadOptions } from 'model2vec-node'

import { corpus, modelPath, POTION, SMALL } from './test-data.js'

interface Run {
  readonly options: {
    readonly normalize?: boolean
    readonly max_length?: number | null
    readonly quantize_to?: LoadOptions['quantizeTo']
    readonly dimensionality?: number
  }
  readonly crc32: Readonly<Record<string, number>>
}

const expected = JSON.parse(readFileSync('test/expected/save_pretrained.json', 'utf8')) as Record<string, Run[]>

function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'm2v-save-'))
  t.teardown(() => {
    rmSync(directory, { recursive: true })
  })
  return directory
}

for (const model of ['potion-base-8M', 'm8k-st', 'm8k-vq-wf64-mi64', 'm8k-config-empty', 'ug-e5enpt-v10']) {
  test(`${model} is saved as Python saves it, with its options, and gives the same vectors again`, async (t) => {
    const texts = corpus('edge')
    for (const [index, { options, crc32: digests }] of (expected[model] ?? []).entries()) {
      using ef = await Model2VecEmbeddingFunction.load(modelPath(model), {
        normalize: options.normalize,
        maxLength: options.max_length,
        quantizeTo: options.quantize_to,
        dimensionality: options.dimensionality,
      })
      const directory = path.join(temporaryDirectory(t), 'new', String(index))
      await ef.savePretrained(index % 2 === 0 ? directory : pathToFileURL(directory))
      const found = Object.keys(digests).map((file) => [file, crc32(readFileSync(path.join(directory, file)))])
      t.deepEqual(Object.fromEntries(found), digests, JSON.stringify(options))
      t.deepEqual(readdirSync(directory).sort(), Object.keys(digests).sort())
      using again = new Model2VecEmbeddingFunction(directory)
      t.deepEqual((await again.encode(texts)).data, (await ef.encode(texts)).data)
    }
  })
}

test('a directory that can not be saved to is ERR_INVALID_OPTION, and the model still works', async (t) => {
  const file = path.join(temporaryDirectory(t), 'file')
  writeFileSync(file, '')
  using mapped = new Model2VecEmbeddingFunction(SMALL, { memory: 'map' })
  for (const [directory, message] of [
    [file, /file: expected a directory to save to, found a file/],
    [path.join(file, 'model'), /model: the model can't be saved: /],
    [SMALL, /expected another directory than the one whose table is mapped/],
    ['', /`directory` should be a path or a `file:` URL, but got ""/],
    [undefined, /but got undefined/],
    [new URL('http://localhost/'), /`directory` http:\/\/localhost\/ names no local file/],
  ] as const) {
    await t.throwsAsync(mapped.savePretrained(directory as string), { code: 'ERR_INVALID_OPTION', message })
  }
  t.is((await mapped.encode('a dog')).rows, 1)
})

test('the working directory is refused, so that no process loses the ground it stands on', (t) => {
  const directory = temporaryDirectory(t)
  const script = `
    const { Model2VecEmbeddingFunction } = require(${JSON.stringify(path.resolve('dist/index.js'))})
    new Model2VecEmbeddingFunction(${JSON.stringify(path.resolve(SMALL))}).savePretrained('.').then(
      () => console.log('saved'), ({ code, message }) => console.log(code, message))`
  const output = execFileSync(process.execPath, ['-e', script], { cwd: directory, encoding: 'utf8' })
  t.regex(output, /^ERR_INVALID_OPTION .*expected another directory than the working directory/)
  t.deepEqual(readdirSync(directory), [])
})

if (process.platform !== 'win32') {
  test('a directory that is replaced keeps its mode', async (t) => {
    const directory = path.join(temporaryDirectory(t), 'private')
    mkdirSync(directory, { mode: 0o700 })
    using ef = new Model2VecEmbeddingFunction(SMALL)
    await ef.savePretrained(directory)
    t.is(statSync(directory).mode & 0o777, 0o700)
    t.is(new Model2VecEmbeddingFunction(directory).dim, 32)
  })
}

test('a model that is closed while it is saved is saved all the same, and a closed one is ERR_CLOSED', async (t) => {
  const directory = path.join(temporaryDirectory(t), 'model')
  const ef = new Model2VecEmbeddingFunction(POTION)
  const saving = ef.savePretrained(directory)
  ef.close()
  await saving
  using again = new Model2VecEmbeddingFunction(directory)
  t.is(again.dim, 256)
  await t.throwsAsync(ef.savePretrained(directory), { code: 'ERR_CLOSED' })
})

test('saves into one directory at once leave a whole model', async (t) => {
  const directory = path.join(temporaryDirectory(t), 'model')
  using wide = new Model2VecEmbeddingFunction(SMALL)
  using narrow = new Model2VecEmbeddingFunction(SMALL, { dimensionality: 3, quantizeTo: 'float16' })
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? wide : narrow).savePretrained(directory)),
  )
  t.deepEqual(readdirSync(path.dirname(directory)), ['model'])
  using again = new Model2VecEmbeddingFunction(directory)
  t.deepEqual(again.embedding(7), (again.dim === 32 ? wide : narrow).embedding(7))
})
