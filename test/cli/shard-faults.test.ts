// What goes wrong with shards: exit codes, plans that share a folder, inputs and manifests that are
// not what they were.

import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

import test from 'ava'

import { handlePrototype } from '../wrapped-methods.js'
import { embedShard, expectedNames, MODEL, namesIn, openManifest, planned, planOf, runShard } from './planned.js'
import { emptyDirectory, model2vec, signaled } from './run.js'

const LINES = Array.from({ length: 200 }, (_, i) => `line ${i}`)
const TXT = `${LINES.join('\n')}\n`

test('a shard that can never work ends with 3, one that another try may help with 1', async (t) => {
  const plan = await planned({ 'a.jsonl': `{"text":"one"}\n{`, 'b.txt': TXT }, '--shards', '2')
  const [bad = '', good = ''] = plan.inputs
  const codeOf = async (index: number, ...options: readonly string[]): Promise<unknown> =>
    (await embedShard(plan, index, ...options)).code
  t.is(await codeOf(0), 3, 'a row that is none')
  t.is(await codeOf(9), 3, 'no such shard')
  t.is(await codeOf(0, '--dtype', 'int8'), 2, 'called wrongly')
  renameSync(good, `${good}.gone`)
  t.is(await codeOf(1), 1, 'an input that is not there: it may be mounted later')
  renameSync(`${good}.gone`, good)
  appendFileSync(good, 'more')
  t.is(await codeOf(1), 3, 'an input that has changed')
  const whole = readFileSync(plan.manifest)
  writeFileSync(plan.manifest, whole.subarray(0, -1))
  t.is(await codeOf(0), 3, 'a manifest that was cut off')
  rmSync(plan.manifest)
  t.is(await codeOf(0), 1, 'no manifest')
  const model = path.join(plan.folder, 'model')
  await fs.cp(MODEL[1] ?? '', model, { recursive: true, dereference: true })
  const own = await planOf(plan.folder, [bad], '--shards', '1', '--model', model)
  rmSync(model, { recursive: true })
  const { code, err } = await embedShard(own, 0)
  t.is(code, 3)
  t.regex(err, /^model2vec: .*model: no such directory \(ERR_MODEL_NOT_FOUND\)\n$/)
})

test('what a run of another plan has left in the folder, killed at any change of a file, is not taken for whole', async (t) => {
  // The outputs of both have the same size, and the same header.
  const first = await planned({ 'a.txt': TXT }, '--shards', '1')
  const second = await planOf(first.folder, first.inputs, '--shards', '1', '--max-length', '1')
  const other = path.join(first.folder, 'other.jsonl')
  renameSync(second.manifest, other)
  await planOf(first.folder, first.inputs, '--shards', '1')
  const output = path.join(first.outDir, 'shard-000000.npy')
  await embedShard(first, 0)
  const expected = readFileSync(output)
  for (let place = 1, isKilled = true; isKilled; place++) {
    t.is((await embedShard(first, 0)).code, 0)
    t.deepEqual(readFileSync(output), expected, String(place))
    const { signal } = await signaled(['embed', '--shard', `${other}#0`], 'SIGKILL', place)
    isKilled = signal !== null
    const { code, out } = await model2vec('gather', first.manifest, '--json')
    const isOurs = readFileSync(output).equals(expected)
    if (!isOurs) t.like(JSON.parse(out), { whole: 0, wrong: 1, toRun: '0' }, String(place))
    t.is(code === 0, isOurs, String(place))
    t.true(place < 100)
  }
  t.false(readFileSync(output).equals(expected))
  t.is(statSync(output).size, expected.length)
})

test('a row that can not be read in an input that has changed since says that it has', async (t) => {
  // Far more than what is read ahead of the first batch.
  const lines = Array.from({ length: 10_000 }, (_, i) => `{"text":"line ${i} ${'x'.repeat(2000)}"}\n`)
  const plan = await planned({ 'a.jsonl': lines.join('') }, '--shards', '1')
  const [file = ''] = plan.inputs
  const manifest = await openManifest(plan.manifest)
  const onProgress = (): void => {
    const { mtime } = statSync(file)
    // In place, and not longer: as a program that writes while it is read.
    writeFileSync(file, lines.join('').replaceAll('"}', '" '), { flag: 'r+' })
    utimesSync(file, mtime, new Date(mtime.getTime() + 5000))
  }
  await t.throwsAsync(runShard(manifest, 0, { onProgress }), { code: 'ERR_INPUT_CHANGED' })
  await manifest.close()
})

test('a note that can not be written leaves nothing of its run', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '1')
  mkdirSync(path.join(plan.outDir, '.shard-000000.npy.made-by.json'), { recursive: true })
  const manifest = await openManifest(plan.manifest)
  await t.throwsAsync(runShard(manifest, 0), { message: /shard-000000\.npy: .*\(E[A-Z]+\)$/ })
  await manifest.close()
  t.deepEqual(namesIn(plan), expectedNames(1))
})

// Alone: it looks at all files of this process.
test.serial('the names of an output and its note are on the disk when a shard is done', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '1')
  const prototype = (await handlePrototype()) as Pick<fs.FileHandle, 'sync' | 'stat'>
  const { sync } = prototype
  const synced: (readonly string[])[] = []
  prototype.sync = async function (this: fs.FileHandle) {
    if ((await this.stat()).isDirectory()) synced.push(namesIn(plan))
    await Reflect.apply<fs.FileHandle, [], Promise<void>>(sync, this, [])
  }
  const manifest = await openManifest(plan.manifest)
  try {
    await runShard(manifest, 0)
  } finally {
    prototype.sync = sync
    await manifest.close()
  }
  t.deepEqual(synced, [expectedNames(1)])
})

// Alone: it replaces a function for all of this process.
test.serial('runs that end all the time, and remove the folder of what is being written, cost no try', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '1')
  const partial = path.join(plan.outDir, '.partial')
  const { mkdir } = fs
  let removed = 0
  Object.assign(fs, {
    async mkdir(...args: Parameters<typeof mkdir>) {
      const made = await mkdir(...args)
      // As the last step of a run that has just ended does.
      if (args[0] === partial && removed++ < 20) await fs.rmdir(partial)
      return made
    },
  })
  const manifest = await openManifest(plan.manifest)
  try {
    t.is((await runShard(manifest, 0)).state, 'written')
  } finally {
    Object.assign(fs, { mkdir })
    await manifest.close()
  }
  t.is(removed, 21)
  t.deepEqual(namesIn(plan), expectedNames(1))
})

test('the folder of a manifest is made', async (t) => {
  const folder = emptyDirectory()
  const [input, manifest] = [path.join(folder, 'a.txt'), path.join(folder, 'new/plans/plan.jsonl')]
  writeFileSync(input, TXT)
  const { code, err } = await model2vec('plan', input, '--out-dir', folder + '/out', '--manifest', manifest, ...MODEL)
  t.is(code, 0, err)
  t.is((await embedShard({ manifest }, 0)).code, 0)
  const inside = ['--out-dir', path.join(folder, 'both'), '--manifest', path.join(folder, 'both/plan.jsonl')]
  t.regex((await model2vec('plan', input, ...inside, ...MODEL)).err, /--out-dir \S+ would hold the manifest/)
})

test('a header that is no object is a manifest of no version', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '1')
  const end = `${JSON.stringify({ shards: 0, bytes: 0, index: 5, sha256: '' }).padEnd(191)}\n`
  writeFileSync(plan.manifest, `null\n${end}`)
  const { err } = await embedShard(plan, 0)
  t.regex(err, /plan\.jsonl: expected a manifest of version 1, but got undefined \(ERR_BAD_MANIFEST\)\n$/)
})

/** A server of one folder, with ranges and an ETag of its own. */
async function served(folder: string): Promise<{ readonly url: string; etag: string; readonly close: () => void }> {
  const serving = { etag: '"v1"' }
  const server = http.createServer(({ url = '', headers: { range = '' } }, response) => {
    const bytes = readFileSync(path.join(folder, new URL(url, 'http://x').pathname))
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? []
    const part = bytes.subarray(Number(from), to === '' ? bytes.length : Number(to) + 1)
    const contentRange = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
    response.writeHead(206, { etag: serving.etag, 'content-range': contentRange, 'content-length': part.length })
    response.end(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(serving, {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
}

test('with --pin size a mirror with other ETags has the same input', async (t) => {
  const folder = emptyDirectory()
  writeFileSync(path.join(folder, 'a.txt'), TXT)
  const server = await served(folder)
  t.teardown(server.close)
  for (const [options, code] of [
    [[], 3],
    [['--pin', 'size'], 0],
  ] as const) {
    server.etag = '"v1"'
    const plan = await planOf(emptyDirectory(), [`${server.url}/a.txt`], '--shards', '2', ...options)
    server.etag = '"of another machine"'
    const found = await embedShard(plan, 1)
    t.is(found.code, code, found.err)
  }
})

test('a manifest behind a URL needs --base, for its relative paths', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  const server = await served(plan.folder)
  t.teardown(server.close)
  const manifest = `${server.url}/plan.jsonl?signature=secret`
  const { code, err } = await embedShard({ manifest }, 1)
  t.is(code, 3)
  t.regex(err, /\/plan\.jsonl: a manifest behind a URL is in no folder: --base has to say one/)
  t.false(err.includes('secret'))
  const based = await embedShard({ manifest }, 1, '--base', plan.folder)
  t.is(based.code, 0, based.err)
})
