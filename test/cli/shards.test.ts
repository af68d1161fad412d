// Shards: `plan`, `embed --shard` and `gather`, held against one run of `embed` over the same inputs.

import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'

import type { ShardInput } from '../../build/modules/cli/shards/manifest.js'
import type * as writerModule from '../../build/modules/cli/shards/manifest-writer.js'
import { load } from '../modules.js'
import { SMALL } from '../test-data.js'
import {
  embeddedWhole,
  embedShard,
  expectedNames,
  mayPass,
  MODEL,
  namesIn,
  openManifest,
  planned,
  planOf,
  rowsOf,
  runAll,
  runShard,
  shardsOf,
} from './planned.js'
import type { Plan } from './planned.js'
import { emptyDirectory, MAIN, model2vec, run, signaled } from './run.js'

const { writeManifest } = load('cli/shards/manifest-writer') as typeof writerModule

const WORDS = ['a dog in the park', 'кошка спит', '日本語の文章', 'naïve café 😀', 'x'.repeat(300)]
const textOf = (i: number): string => `${WORDS[i % WORDS.length] ?? ''} ${i}`
const LINES = Array.from({ length: 400 }, (_, i) => textOf(i))
const TXT = `\ufeff${LINES.map((line, i) => (i % 7 === 3 ? '\n' : `${line}${i % 2 === 0 ? '\r' : ''}\n`)).join('')}`
// A line with a mark in the middle, and none at the end of the file.
const TXT_ODD = `${LINES.slice(0, 50).join('\n')}\n\ufeffmarked\nlast`
const JSONL = LINES.map((text, id) => `${JSON.stringify({ id, text, lang: id % 2 ? 'a' : null })}\n`).join('\n')

test('the shards of lines, joined, are the bytes of one run, wherever the cuts are', async (t) => {
  for (const [files, shards] of [
    [{ 'a.txt': TXT, 'b.txt': TXT_ODD, 'c.jsonl': JSONL }, 1],
    [{ 'a.txt': TXT, 'b.txt': TXT_ODD, 'c.jsonl': JSONL }, 7],
    [{ 'b.txt': TXT_ODD, 'a.txt': TXT, 'empty.txt': '', 'c.jsonl': JSONL }, 64],
    [{ 'b.txt': TXT_ODD }, 1000],
  ] as const) {
    const plan = await planned(files, '--shards', String(shards))
    const outputs = await runAll(plan)
    t.true(outputs.length <= shards && outputs.length > Math.min(shards, 50) / 2, String(outputs.length))
    t.true(rowsOf(outputs).equals(await embeddedWhole(plan)))
    t.deepEqual(namesIn(plan), expectedNames(outputs.length))
  }
})

test('ids, texts, other fields and options are those of one run', async (t) => {
  const options = ['--id-field', 'id', '--with-text', '--keep', 'lang', '--dtype', 'int8', '--dimensionality', '8']
  const plan = await planned({ 'c.jsonl': JSONL }, '--shards', '5', '--ending', '.jsonl', ...options)
  t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(plan, ...options)))
})

test('chunks of shards are those of one run', async (t) => {
  const options = ['--id-field', 'id', '--chunk', '4', '--overlap', '1']
  const plan = await planned({ 'c.jsonl': JSONL }, '--shard-bytes', '3KB', '--ending', '.jsonl', ...options)
  const outputs = await runAll(plan)
  t.true(outputs.length > 5)
  t.true(rowsOf(outputs).equals(await embeddedWhole(plan, ...options)))
})

test('shards have about the bytes that were asked for, and lie between line ends', async (t) => {
  const plan = await planned({ 'c.jsonl': JSONL }, '--shard-bytes', '4KB')
  const shards = await shardsOf(plan)
  t.deepEqual(
    shards
      .slice(0, -1)
      .filter(({ inputs: [input] }) => input === undefined || input.bytes < 4000 || input.bytes > 4500),
    [],
  )
  let at = 0
  const bytes = Buffer.from(JSONL)
  for (const { inputs } of shards) {
    t.is(inputs[0]?.range?.from, at)
    at = inputs[0]?.range?.to ?? NaN
    t.is(bytes[at - 1], 10)
  }
  t.is(at, bytes.length)
})

test('small files share a shard, and packed ones are not cut', async (t) => {
  const packed = gzipSync(LINES.join('\n'))
  const files = { ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`s${i}.txt`, `${textOf(i)}\n`])) }
  const plan = await planned(
    { ...files, 'p.txt.gz': packed, 'u.txt': Buffer.from(`\ufeff${TXT}`, 'utf16le') },
    '--shard-bytes',
    '1KB',
  )
  const shards = await shardsOf(plan)
  t.true((shards[0]?.inputs.length ?? 0) > 2)
  for (const { inputs } of shards) for (const { range } of inputs) t.is(range, null)
  t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(plan)))
})

test('a plan is the same bytes each time', async (t) => {
  const plan = await planned({ 'a.txt': TXT, 'c.jsonl': JSONL }, '--shards', '9')
  const before = readFileSync(plan.manifest)
  await planOf(plan.folder, plan.inputs, '--shards', '9')
  t.deepEqual(readFileSync(plan.manifest), before)
})

test('every line of a manifest is JSON', async (t) => {
  const { manifest } = await planned({ 'a.txt': TXT }, '--shards', '3')
  const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n')
  t.is(lines.length, 1 + 3 + 3 + 1)
  t.notThrows(() => lines.map((line) => JSON.parse(line) as unknown))
})

test('a run that is killed at any change of a file leaves a shard that another run makes whole', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  const [output = ''] = await runAll(plan)
  const expected = readFileSync(output)
  let killed = 0
  for (let place = 1; ; place++) {
    rmSync(plan.outDir, { recursive: true })
    const { signal } = await signaled(['embed', '--shard', `${plan.manifest}#0`], 'SIGKILL', place)
    if (signal === null) break
    killed++
    // Whatever has the name is whole.
    if (existsSync(output)) t.deepEqual(readFileSync(output), expected, String(place))
    t.is((await embedShard(plan, 0)).code, 0)
    t.deepEqual(readFileSync(output), expected, String(place))
    t.deepEqual(namesIn(plan), expectedNames(1), String(place))
    t.true(place < 100)
  }
  t.true(killed > 4, String(killed))
})

test('processes that do one shard at the same time all succeed, and write the same bytes', async (t) => {
  const plan = await planned({ 'a.txt': TXT, 'c.jsonl': JSONL }, '--shards', '1')
  const runs = await Promise.all(Array.from({ length: 4 }, () => embedShard(plan, 0)))
  t.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0, 0],
  )
  t.deepEqual(namesIn(plan), expectedNames(1))
  t.true(rowsOf([path.join(plan.outDir, 'shard-000000.npy')]).equals(await embeddedWhole(plan)))
})

test('an output that is whole is left, and one that is not is written anew', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  const [output = ''] = await runAll(plan)
  const expected = readFileSync(output)
  const { mtimeMs } = statSync(output)
  const again = await embedShard(plan, 0)
  t.deepEqual([again.code, again.err], [0, `model2vec: ${output} is whole: there is nothing to do\n`])
  t.is(statSync(output).mtimeMs, mtimeMs)
  const breaks = [
    () => {
      truncateSync(output, expected.length - 1)
    },
    () => {
      appendFileSync(output, 'x')
    },
    () => {
      // The header of another number of rows.
      writeFileSync(
        output,
        Buffer.concat([
          readFileSync(path.join(plan.outDir, 'shard-000001.npy')).subarray(0, 128),
          expected.subarray(128),
        ]),
      )
    },
    () => {
      rmSync(path.join(plan.outDir, '.shard-000000.npy.made-by.json'))
    },
    () => {
      copyFileSync(
        path.join(plan.outDir, '.shard-000001.npy.made-by.json'),
        path.join(plan.outDir, '.shard-000000.npy.made-by.json'),
      )
    },
  ]
  for (const [i, breakIt] of breaks.entries()) {
    breakIt()
    const { code, err } = await embedShard(plan, 0)
    t.deepEqual([code, err], [0, ''], String(i))
    t.deepEqual(readFileSync(output), expected, String(i))
  }
})

test('an input that has changed since is an error that says how, and no output', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  const [file = ''] = plan.inputs
  const { size, mtime } = statSync(file)
  utimesSync(file, mtime, new Date(mtime.getTime() + 5000))
  const touched = await embedShard(plan, 1)
  t.is(touched.code, 3)
  t.regex(touched.err, /a\.txt: expected the modification time 2.*Z, as planned, but got 2.*Z \(ERR_INPUT_CHANGED\)/)
  appendFileSync(file, 'one more\n')
  const { code, err } = await embedShard(plan, 1)
  t.is(code, 3)
  t.true(err.includes(`a.txt: expected a size of ${size}, as planned, but got ${size + 9} (ERR_INPUT_CHANGED)`), err)
  t.false(existsSync(plan.outDir))
})

test('an input that changes while it is read is an error, and no output', async (t) => {
  const plan = await planned({ 'a.txt': TXT.repeat(20) }, '--shards', '1')
  const manifest = await openManifest(plan.manifest)
  const onProgress = (): void => {
    appendFileSync(plan.inputs[0] ?? '', 'x')
  }
  await t.throwsAsync(runShard(manifest, 0, { onProgress }), { code: 'ERR_INPUT_CHANGED' })
  await manifest.close()
  t.deepEqual(namesIn(plan), [])
})

test('with --pin size a copy with another time is the same input', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2', '--pin', 'size')
  utimesSync(plan.inputs[0] ?? '', 1, 1)
  t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(plan)))
})

test('a file system that keeps whole seconds has the same input', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  const [file = ''] = plan.inputs
  const seconds = Math.floor(statSync(file).mtimeMs / 1000)
  utimesSync(file, seconds, seconds)
  t.is((await embedShard(plan, 0)).code, 0)
})

test('a manifest with relative paths and all its files work in another folder, and --base says another one', async (t) => {
  const folder = emptyDirectory()
  const elsewhere = emptyDirectory()
  writeFileSync(path.join(folder, 'a.txt'), TXT)
  cpSync(SMALL, path.join(folder, 'model'), { recursive: true, dereference: true })
  const cwd = process.cwd()
  const relative = (name: string): string => path.relative(cwd, path.join(folder, name))
  const args = [relative('a.txt'), '--shards', '2', '--out-dir', relative('out'), '--manifest', relative('plan.jsonl')]
  t.is((await model2vec('plan', ...args, '--model', relative('model'))).code, 0)
  t.false(readFileSync(path.join(folder, 'plan.jsonl'), 'utf8').includes(folder))
  const moved = path.join(elsewhere, 'moved')
  renameSync(folder, moved)
  t.is((await embedShard({ manifest: path.join(moved, 'plan.jsonl') }, 0)).code, 0)
  const alone = path.join(elsewhere, 'alone.jsonl')
  renameSync(path.join(moved, 'plan.jsonl'), alone)
  t.is((await embedShard({ manifest: alone }, 1)).code, 1)
  t.is((await embedShard({ manifest: alone }, 1, '--base', moved)).code, 0)
  const { code, out } = await model2vec('gather', alone, '--base', moved)
  t.deepEqual([code, out.startsWith('2 of 2 shards whole; 400 rows')], [0, true], out)
})

test('a model of other files is an error', async (t) => {
  const folder = emptyDirectory()
  const model = path.join(folder, 'model')
  cpSync(SMALL, model, { recursive: true, dereference: true })
  writeFileSync(path.join(folder, 'a.txt'), TXT)
  const plan = await planOf(folder, [path.join(folder, 'a.txt')], '--shards', '2', '--model', model)
  t.is((await embedShard(plan, 0)).code, 0)
  appendFileSync(path.join(model, 'config.json'), ' ')
  const { code, err } = await embedShard(plan, 1)
  t.is(code, 3)
  t.regex(err, /the model .*model: expected files with the SHA-256 \w+, as planned, but got \w+ \(ERR_INPUT_CHANGED\)/)
})

test('rows that are skipped are counted, and named by the first byte of the shard and their line in it', async (t) => {
  const lines = JSONL.trimEnd()
    .split('\n')
    .map((line, i) => (i % 50 === 9 ? '{' : line))
  const plan = await planned({ 'c.jsonl': lines.join('\n') }, '--shards', '3', '--on-error', 'skip')
  const [, second] = await shardsOf(plan)
  const { code, err } = await embedShard(plan, 1)
  t.is(code, 0)
  t.true(err.includes(`model2vec: skipped ${plan.inputs[0] ?? ''}@${String(second?.inputs[0]?.range?.from)}:`), err)
  await runAll(plan)
  const { out } = await model2vec('gather', plan.manifest, '--json')
  t.like(JSON.parse(out), { whole: 3, skipped: lines.filter((line) => line === '{').length })
  const failing = await planned({ 'c.jsonl': lines.join('\n') }, '--shards', '3')
  t.regex((await embedShard(failing, 0)).err, /c\.jsonl:10: expected JSON.*\(ERR_BAD_INPUT\)\n$/)
})

// The limit on the size of a file stands for a full disk.
;(process.platform === 'win32' ? test.skip : test)(
  'a disk that is full leaves nothing, and the next run is whole',
  async (t) => {
    const plan = await planned({ 'a.txt': TXT.repeat(20) }, '--shards', '1')
    const command = `ulimit -f 200; exec "$@"`
    const args = ['-c', command, 'sh', process.execPath, MAIN, 'embed', '--shard', `${plan.manifest}#0`]
    const { status, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
    t.deepEqual(
      [status, stderr],
      [1, `model2vec: ${path.join(plan.outDir, 'shard-000000.npy')}: file too large (EFBIG)\n`],
    )
    t.deepEqual(namesIn(plan), [])
    t.is((await embedShard(plan, 0)).code, 0)
    t.true(rowsOf([path.join(plan.outDir, 'shard-000000.npy')]).equals(await embeddedWhole(plan)))
  },
)

test('an error says whether another try can help', async (t) => {
  const plan = await planned({ 'a.jsonl': `${JSONL}{` }, '--shards', '1')
  const manifest = await openManifest(plan.manifest)
  const failure = async (index = 0): Promise<unknown> =>
    runShard(manifest, index).then(
      () => null,
      (error: unknown) => error,
    )
  const badRow = await failure()
  t.is((badRow as { code?: string }).code, 'ERR_BAD_INPUT')
  const [file = ''] = plan.inputs
  renameSync(file, `${file}.gone`)
  const gone = await failure()
  writeFileSync(file, 'changed')
  const errors = { badRow, changed: await failure(), noShard: await failure(1), gone, other: new Error('other') }
  t.deepEqual(
    Object.entries(errors).map(([what, error]) => [what, mayPass(error)]),
    [
      ['badRow', false],
      ['changed', false],
      ['noShard', false],
      ['gone', true],
      ['other', false],
    ],
  )
  await manifest.close()
})

// Alone: it counts all reads of this process.
test.serial('#17 of 100,000 shards costs a few small reads', async (t) => {
  const small = await planned({ 'a.txt': TXT }, '--shards', '1')
  const opened = await openManifest(small.manifest)
  const { header } = opened
  await opened.close()
  const file = path.join(small.folder, 'large.jsonl')
  const count = 100_000
  async function* shards(): AsyncGenerator<ShardInput[]> {
    for (let i = 0; i < count; i++) {
      await Promise.resolve()
      yield [
        {
          path: `in/${i}.txt`,
          format: 'lines',
          range: null,
          bytes: i,
          pin: { size: null, modified: null, etag: null },
        },
      ]
    }
  }
  await writeManifest(file, header, shards())
  const handle = await fs.open(file)
  const prototype = Object.getPrototypeOf(handle) as { read: (...args: unknown[]) => Promise<{ bytesRead: number }> }
  await handle.close()
  const { read } = prototype
  let [reads, bytes] = [0, 0]
  prototype.read = async function (...args) {
    const result = await read.apply(this, args)
    reads++
    bytes += result.bytesRead
    return result
  }
  try {
    const manifest = await openManifest(file)
    t.is(manifest.shards, count)
    for (const index of [17, 0, count - 1]) {
      t.is((await manifest.shard(index)).inputs[0]?.path, `in/${index}.txt`)
    }
    await manifest.close()
  } finally {
    prototype.read = read
  }
  // The header and the end, once; an entry of the index and a line for each.
  t.true(reads <= 2 + 3 * 2, String(reads))
  t.true(bytes < 8192, String(bytes))
})

/** Changes the bytes of a manifest. */
function edited({ manifest }: Plan, edit: (text: string) => string): string {
  const text = readFileSync(manifest, 'latin1')
  writeFileSync(manifest, edit(text), 'latin1')
  return text
}

test('a manifest that is not as it was planned is an error, for the shards that are touched', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '3')
  const start = (await shardsOf(plan))[1]?.inputs[0]?.range?.from ?? NaN
  const before = edited(plan, (text) => text.replace(`"from":${start}`, `"from":${start + 1}`))
  t.is((await embedShard(plan, 0)).code, 0)
  for (const [outcome, code] of [
    [await embedShard(plan, 1), 3],
    [await model2vec('gather', plan.manifest), 1],
  ] as const) {
    t.is(outcome.code, code)
    t.regex(outcome.err, /plan\.jsonl: the line of #1, or the header, is not what was planned.*\(ERR_BAD_MANIFEST\)/)
  }
  for (const [edit, message] of [
    [(text: string) => text.replace('"dtype":"float32"', '"dtype":"float16"'), /the line of #0, or the header/],
    [(text: string) => text.slice(0, -1), /expected a whole manifest/],
    [(text: string) => text.slice(0, 200), /expected a whole manifest/],
    [() => '', /expected a whole manifest/],
    [(text: string) => text.replace('"version":1', '"version":2'), /expected a manifest of version 1, but got 2/],
  ] as const) {
    writeFileSync(plan.manifest, before, 'latin1')
    edited(plan, edit)
    rmSync(plan.outDir, { recursive: true, force: true })
    const { code, err } = await embedShard(plan, 0)
    t.is(code, 3)
    t.regex(err, message)
    t.true(err.endsWith('(ERR_BAD_MANIFEST)\n'), err)
  }
  writeFileSync(plan.manifest, before, 'latin1')
  t.regex((await embedShard(plan, 3)).err, /expected a shard from 0 to 2, but got #3 \(ERR_BAD_MANIFEST\)/)
  // A place that no shard's line has: only gather reads all.
  edited(plan, (text) => text.replace(/ {3}(\d+\n)/, '  0$1'))
  t.is((await embedShard(plan, 2)).code, 0)
  t.regex(
    (await model2vec('gather', plan.manifest)).err,
    /expected the SHA-256 \w{64}, but got \w{64} \(ERR_BAD_MANIFEST\)/,
  )
})

test('gather names what is missing, wrong, double or foreign, and exits with 1', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '8')
  const nothing = await model2vec('gather', plan.manifest)
  t.deepEqual([nothing.code, nothing.out], [1, '0 of 8 shards whole, 8 missing; 0 rows, 0 bytes\nto run: 0-7\n'])
  const outputs = await runAll(plan)
  const all = await model2vec('gather', plan.manifest)
  const bytes = outputs.reduce((sum, file) => sum + statSync(file).size, 0)
  t.deepEqual([all.code, all.out], [0, `8 of 8 shards whole; 400 rows, ${bytes.toLocaleString('en')} bytes\n`])
  for (const gone of [0, 3, 4]) rmSync(outputs[gone] ?? '')
  truncateSync(outputs[5] ?? '', 200)
  copyFileSync(outputs[6] ?? '', path.join(plan.outDir, 'shard-000006 (1).npy'))
  writeFileSync(path.join(plan.outDir, 'other.txt'), '')
  const { code, out, err } = await model2vec('gather', plan.manifest)
  t.is(code, 1)
  t.regex(out, /^4 of 8 shards whole, 3 missing, 1 wrong, 1 double, 1 foreign; .*\nto run: 0,3-5\n$/)
  t.regex(err, /shard-000005\.npy: expected \d+ bytes, but it has 200\n/)
  t.regex(err, /shard-000006 \(1\)\.npy: it is another file of shard 6\n/)
  t.regex(err, /other\.txt: it is of no shard\n/)
  const json = JSON.parse((await model2vec('gather', plan.manifest, '--json')).out) as object
  t.like(json, { shards: 8, whole: 4, missing: 3, wrong: 1, double: 1, foreign: 1, toRun: '0,3-5' })
})

test('--shard takes nothing else that would change its output', async (t) => {
  const plan = await planned({ 'a.txt': TXT }, '--shards', '2')
  for (const [args, found] of [
    [['--dtype', 'float16'], '--dtype'],
    [['--model', SMALL], '--model'],
    [['--out', 'x.npy'], '--out'],
    [['--resume'], '--resume'],
    [plan.inputs, plan.inputs[0]],
  ] as const) {
    const { code, err } = await embedShard(plan, 0, ...args)
    t.is(code, 2)
    t.true(
      err.includes(`--shard takes all from its manifest, but got ${found ?? ''}: it is for \`model2vec plan\``),
      err,
    )
  }
  t.is((await embedShard(plan, 0, '--threads', '1', '--progress', 'json')).code, 0)
  for (const given of [plan.manifest, `${plan.manifest}#x`, '#1']) {
    const { code, err } = await model2vec('embed', '--shard', given)
    t.is(code, 2)
    t.true(err.includes(`expected --shard <manifest>#<n>, but got ${given}`), err)
  }
})

test('a plan that can not be made is called wrongly', async (t) => {
  const folder = emptyDirectory()
  const at = (name: string): string => path.join(folder, name)
  writeFileSync(at('a.jsonl'), JSONL)
  const good = [at('a.jsonl'), '--out-dir', at('out'), '--manifest', at('plan.jsonl'), ...MODEL]
  for (const [args, message] of [
    [[at('a.jsonl'), '--out-dir', at('out')], /--manifest is needed/],
    [[at('a.jsonl'), '--manifest', at('m')], /--out-dir is needed/],
    [[...good, '--shards', '2', '--shard-bytes', '1MB'], /--shards and --shard-bytes were both given/],
    [[...good, '--shard-bytes', 'large'], /--shard-bytes should be a size such as 256MB, but got large/],
    [[...good, '--shards', '0'], /--shards should be an integer ≥ 1, but got 0/],
    [[...good, '--chunk', '4', '--ending', '.jsonl'], /--chunk needs --id-field/],
    [[...good, '--keep', 'lang'], /\.npy holds vectors only/],
    [[...good, '--out-dir', folder], /--out-dir \S+ would hold the manifest/],
    [[...good, '--out-dir', folder, '--manifest', path.join(emptyDirectory(), 'm')], /--out-dir \S+ holds an input/],
    [['-', '--format', 'lines', ...good.slice(1)], /- is no input of a plan/],
  ] as const) {
    const { code, err } = await model2vec('plan', ...args)
    t.is(code, 2, err)
    t.regex(err, message)
  }
  t.false(existsSync(at('plan.jsonl')))
  t.is((await run(['plan', ...good])).code, 0)
})
