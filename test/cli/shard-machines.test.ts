// What only this machine lacks of a shard: another one may have it, so that the shard is not done for.

import { cpSync, rmSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import type * as badRowsModule from '../../build/modules/cli/input/bad-rows.js'
import type * as parquetFileModule from '../../build/modules/cli/input/parquet-file.js'
import { load } from '../modules.js'
import { packageCopyWithAddon } from '../package-copy.js'
import { SMALL } from '../test-data.js'
import { coded, embedShard, mayPass, namesIn, openManifest, planned, planOf, runShard } from './planned.js'
import { emptyDirectory, run } from './run.js'

const { inputError } = load('cli/input/bad-rows') as typeof badRowsModule
const { broken } = load('cli/input/parquet-file') as typeof parquetFileModule

const TXT = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('')

/** Asks for more memory than there is address space. */
const takeAllMemory = (): unknown => Buffer.from(new ArrayBuffer(2 ** 45))

test('a shard that lacks an optional package here ends with 1, and says what to install', async (t) => {
  const input = await planned({ 'a.txt': TXT }, '--shards', '1', '--ending', '.parquet', '--with-text')
  t.is((await embedShard(input, 0)).code, 0)
  const reading = await planOf(emptyDirectory(), [path.join(input.outDir, 'shard-000000.parquet')], '--shards', '1')
  const writing = await planOf(emptyDirectory(), input.inputs, '--shards', '1', '--ending', '.parquet')
  const root = packageCopyWithAddon()
  t.teardown(() => {
    rmSync(root, { recursive: true })
  })
  for (const [{ manifest }, what] of [
    [reading, /shard-000000\.parquet: Parquet files need a package .*: run `npm install hyparquet` /],
    [writing, /\.parquet files need a package .*: run `npm install hyparquet-writer` /],
  ] as const) {
    const args = ['embed', '--shard', `${manifest}#0`]
    const { code, err } = await run(args, { main: path.join(root, 'dist/cli/main.js') })
    t.is(code, 1, err)
    t.regex(err, what)
    t.regex(err, / \(ERR_NOT_INSTALLED\)\n$/)
    t.is((await run(args)).code, 0, 'where it is installed')
  }
})

test('a shard without the native module, or without its model, ends with 1', async (t) => {
  const folder = emptyDirectory()
  const model = path.join(folder, 'model')
  cpSync(SMALL, model, { recursive: true, dereference: true })
  const { inputs } = await planned({ 'a.txt': TXT }, '--shards', '1')
  const plan = await planOf(folder, inputs, '--shards', '1', '--model', model)
  const without = await run(['embed', '--shard', `${plan.manifest}#0`], {
    env: { MODEL2VEC_NATIVE_PATH: '/no/such/module.node' },
  })
  t.is(without.code, 1)
  t.regex(without.err, /\(ERR_NATIVE_NOT_FOUND\)\n$/)
  // As a folder in which nothing is mounted.
  for (const file of ['config.json', 'model.safetensors', 'tokenizer.json']) rmSync(path.join(model, file))
  const empty = await embedShard(plan, 0)
  t.is(empty.code, 1, empty.err)
  t.regex(empty.err, /\(ERR_MODEL_LAYOUT\)\n$/)
  rmSync(model, { recursive: true })
  const gone = await embedShard(plan, 0)
  t.is(gone.code, 1)
  t.regex(gone.err, /^model2vec: .*model: no such directory \(ERR_MODEL_NOT_FOUND\)\n$/)
})

test('an error of V8 for want of memory in a shard is ERR_OUT_OF_MEMORY, which may pass, and leaves no file', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '1')
  const manifest = await openManifest(plan.manifest)
  const error = await t.throwsAsync(runShard(manifest, 0, { onProgress: () => void takeAllMemory() }), {
    code: 'ERR_OUT_OF_MEMORY',
    instanceOf: RangeError,
  })
  await manifest.close()
  t.true(mayPass(error))
  t.deepEqual(namesIn(plan), [])
})

test('of errors that name an input, what was in the way decides whether they may pass', (t) => {
  const error = (work: () => unknown): unknown => t.throws(work)
  const memory = error(takeAllMemory)
  for (const each of [inputError(memory, 'a.jsonl'), broken('a.parquet', 'footer', memory)]) {
    t.true(mayPass(each))
    t.like(coded(each), { code: 'ERR_OUT_OF_MEMORY', message: (each as Error).message })
  }
  // Of bytes that are not what they should be.
  const bounds = error(() => new DataView(new ArrayBuffer(1)).getInt32(0))
  for (const each of [inputError(bounds, 'a.jsonl'), broken('a.parquet', 'footer', bounds)]) {
    t.false(mayPass(each))
    t.like(coded(each), { code: 'ERR_BAD_INPUT' })
  }
})
