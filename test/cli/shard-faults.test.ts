// What goes wrong with shards: exit codes, plans that share a folder, inputs and manifests that are
// not what they were.

import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'

import test from 'ava'

import type { Finding, Gathered } from '../../build/modules/cli/shards/gather.js'
import type * as writerModule from '../../build/modules/cli/shards/manifest-writer.js'
import { load } from '../modules.js'
import { servedFolder } from '../served-folder.js'
import { handlePrototype } from '../wrapped-methods.js'
import { embedShard, expectedNames, MODEL, namesIn, openManifest, planned, planOf, runShard } from './planned.js'
import { emptyDirectory, model2vec, run, signaled } from './run.js'

const { writeManifest } = load('cli/shards/manifest-writer') as typeof writerModule

const LINES = Array.from({ length: 200 }, (_, i) => `line ${i}`)
const TXT = `${LINES.join('\n')}\n`

test('a shard that can never work ends with 3, one that another try may help with 1', async (t) => {
  const plan = await planned({ 'a.jsonl': `{"text":"one"}\n{`, 'b.txt': TXT }, '--shards', '2')
  const [, good = ''] = plan.inputs
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

/** Which of these folders are synced meanwhile, each with the names in it at that moment. */
async function synced(
  folders: readonly string[],
  work: () => Promise<unknown>,
): Promise<(readonly [folder: string, names: readonly string[]])[]> {
  const prototype = (await handlePrototype()) as Pick<fs.FileHandle, 'sync' | 'stat'>
  const { sync } = prototype
  const found: (readonly [string, readonly string[]])[] = []
  prototype.sync = async function (this: fs.FileHandle) {
    const { ino } = await this.stat()
    const folder = folders.find((each) => statSync(each, { throwIfNoEntry: false })?.ino === ino)
    if (folder !== undefined) found.push([folder, readdirSync(folder).sort()])
    await Reflect.apply<fs.FileHandle, [], Promise<void>>(sync, this, [])
  }
  try {
    await work()
  } finally {
    prototype.sync = sync
  }
  return found
}

// Alone: it looks at all files of this process.
test.serial(
  'the names of an output, its note and the new folders above it are on the disk when a shard is done',
  async (t) => {
    const { folder, inputs } = await planned({ 'a.txt': TXT }, '--shards', '2')
    const above = path.join(folder, 'new')
    const outDir = path.join(above, 'vectors')
    const plan = await planOf(folder, inputs, '--shards', '2', '--out-dir', outDir)
    const manifest = await openManifest(plan.manifest)
    t.teardown(() => manifest.close())
    const folders = [folder, above, outDir]
    const first = await synced(folders, () => runShard(manifest, 0))
    t.deepEqual(first, [
      [above, ['vectors']],
      [folder, ['a.txt', 'new', 'plan.jsonl']],
      [outDir, expectedNames(1)],
    ])
    t.deepEqual(await synced(folders, () => runShard(manifest, 1)), [[outDir, expectedNames(2)]])
  },
)

// Alone, as the one before.
test.serial('the names of a manifest and of its new folder are on the disk when it is written', async (t) => {
  const folder = emptyDirectory()
  const plans = path.join(folder, 'plans')
  const shards = async function* (): AsyncGenerator<[], void, undefined> {
    yield await Promise.resolve([])
  }
  const { header } = await openManifest((await planned({ 'a.txt': TXT }, '--shards', '1')).manifest)
  const found = await synced([folder, plans], () => writeManifest(path.join(plans, 'm.jsonl'), header, shards()))
  t.deepEqual(found, [
    [folder, ['plans']],
    [plans, ['m.jsonl']],
  ])
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

test('with --pin size a mirror with other ETags has the same input', async (t) => {
  const folder = emptyDirectory()
  writeFileSync(path.join(folder, 'a.txt'), TXT)
  const server = await servedFolder(folder)
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

test('a manifest behind a URL needs --base for relative paths, and for no others', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  const server = await servedFolder(plan.folder)
  t.teardown(server.close)
  const manifest = `${server.url}/plan.jsonl?signature=secret`
  const absolute = await embedShard({ manifest }, 1)
  t.is(absolute.code, 0, absolute.err)
  const gathered = await model2vec('gather', manifest, '--json')
  t.like(JSON.parse(gathered.out), { whole: 1, toRun: '0' })
  const relative = (file: string): string => path.relative(process.cwd(), file)
  await planOf(plan.folder, plan.inputs.map(relative), '--shards', '2', '--out-dir', relative(plan.outDir))
  const { code, err } = await embedShard({ manifest }, 0)
  t.is(code, 3)
  t.regex(
    err,
    /\/plan\.jsonl: its path out is relative, but a manifest behind a URL is in no folder: --base has to say/,
  )
  t.false(err.includes('secret'))
  const based = await embedShard({ manifest }, 0, '--base', plan.folder)
  t.is(based.code, 0, based.err)
})

test('an output that can not be read is a row of the report, and is done again', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '3')
  for (const index of [0, 1, 2]) t.is((await embedShard(plan, index)).code, 0)
  const output = path.join(plan.outDir, 'shard-000001.npy')
  rmSync(output)
  symlinkSync(path.basename(output), output)
  const { code, out, err } = await model2vec('gather', plan.manifest)
  t.is(code, 1)
  t.is(err, `model2vec: ${output}: it can't be read: too many symbolic links encountered (ELOOP)\n`)
  t.regex(out, /^2 of 3 shards whole, 1 wrong; .*\nto run: 1\n$/)
  t.is((await embedShard(plan, 1)).code, 0)
  t.is((await model2vec('gather', plan.manifest)).code, 0)
})

/** A user who may not read everything. */
const STRANGER = process.getuid?.() === 0 ? 54_321 : undefined
const unixTest = process.platform === 'win32' ? test.skip : test
unixTest('files that this user may not read are rows of the report, and so is their folder', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '3')
  for (const index of [0, 1, 2]) t.is((await embedShard(plan, index)).code, 0)
  const fileOf = (name: string): string => path.join(plan.outDir, name)
  writeFileSync(fileOf('shard-000002.copy.npy'), '')
  writeFileSync(fileOf('.shard-000002.copy.npy.made-by.json'), '')
  for (const folder of [plan.folder, plan.outDir]) chmodSync(folder, 0o755)
  for (const name of namesIn(plan)) chmodSync(fileOf(name), 0o644)
  const refused = ['shard-000000.npy', '.shard-000001.npy.made-by.json', '.shard-000002.copy.npy.made-by.json']
  for (const name of refused) chmodSync(fileOf(name), 0)
  chmodSync(plan.manifest, 0o644)
  const report = async (): Promise<Gathered & { readonly findings: Finding[] }> => {
    const { code, out, err } = await run(['gather', plan.manifest, '--json'], { uid: STRANGER })
    t.is(code, 1, err)
    return JSON.parse(out) as Gathered & { findings: Finding[] }
  }
  const reason = 'permission denied (EACCES)'
  const { findings, ...sums } = await report()
  t.like(sums, { whole: 1, wrong: 2, double: 1, foreign: 0, toRun: '0-1' })
  t.deepEqual(
    findings.toSorted((a, b) => (a.file < b.file ? -1 : 1)),
    [
      { shard: 0, file: fileOf('shard-000000.npy'), problem: `it can't be read: ${reason}` },
      { shard: 1, file: fileOf('shard-000001.npy'), problem: `its note can't be read: ${reason}` },
      { shard: 2, file: fileOf('shard-000002.copy.npy'), problem: 'it is another file of shard 2' },
    ],
  )
  chmodSync(plan.outDir, 0o311)
  const unlisted = await report()
  chmodSync(plan.outDir, 0o755)
  const [first, second, folder] = unlisted.findings
  t.like(unlisted, { whole: 1, wrong: 2, double: 0, foreign: 1 })
  t.deepEqual([first?.shard, second?.shard].sort(), [0, 1])
  t.deepEqual(folder, { shard: null, file: plan.outDir, problem: `it can't be read: ${reason}` })
})
