// What shards are parts of: tables, whose quotes hold line ends, row groups of Parquet, and URLs, read
// from a server on this machine. And the rows of a shard for sinks that are no files.

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import {
  embeddedWhole,
  embedShard,
  loadShardModel,
  namesIn,
  openManifest,
  planned,
  planOf,
  rowsOf,
  runAll,
  runShard,
  shardBatches,
  shardsOf,
} from './planned.js'
import type { Plan } from './planned.js'
import { emptyDirectory, model2vec } from './run.js'

const CSV = [
  '\ufeff"id";"text"',
  '1;"one\nof\n\nmany lines"',
  '2;plain',
  '',
  '3;"a ""quoted"" word;\r\nand a line"\r',
  '4;"""\n"""',
  // The quote is never closed: its line is no record, and those after it are.
  '5;"open',
  '6;last but one',
  '7;日本語',
].join('\n')

/** The rows of all shards. */
async function rowsOfShards({ manifest: file }: Plan): Promise<{ ids: unknown[]; texts: string[]; vectors: Buffer }> {
  const manifest = await openManifest(file)
  const model = await loadShardModel(manifest)
  const found = { ids: [] as unknown[], texts: [] as string[], vectors: [] as Uint8Array[] }
  try {
    for (let i = 0; i < manifest.shards; i++) {
      for await (const { ids, texts, matrix } of shardBatches(manifest, i, { model, onSkip: () => undefined })) {
        found.ids.push(...ids)
        found.texts.push(...texts)
        found.vectors.push(new Uint8Array(matrix.data.buffer, matrix.data.byteOffset, matrix.data.byteLength))
      }
    }
  } finally {
    model.close()
    await manifest.close()
  }
  return { ...found, vectors: Buffer.concat(found.vectors) }
}

test('a table is cut between records only, whatever lines its quotes hold', async (t) => {
  const options = ['--on-error', 'skip', '--id-field', 'id', '--ending', '.jsonl']
  for (const shards of [1, 2, 3, 4, 5, 6, 7, 8, 20, 100]) {
    const plan = await planned({ 'a.csv': CSV }, '--shards', String(shards), ...options)
    const { ids, texts } = await rowsOfShards(plan)
    t.deepEqual(ids, ['1', '2', '3', '4', '6', '7'], String(shards))
    t.deepEqual(texts.slice(0, 4), ['one\nof\n\nmany lines', 'plain', 'a "quoted" word;\r\nand a line', '"\n"'])
  }
  const plan = await planned({ 'a.csv': CSV }, '--shards', '5', ...options)
  t.true((await shardsOf(plan)).length > 3)
  t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(plan, ...options.slice(0, 4))))
})

test('a table without quotes is cut after its header, which every shard knows', async (t) => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i}\ta "quote ${i}\n`).join('')
  const options = ['--id-field', 'id', '--ending', '.jsonl']
  const plan = await planned({ 'a.tsv': `\nid\ttext\n${rows}` }, '--shards', '50', ...options)
  t.true((await shardsOf(plan)).length > 25)
  t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(plan, '--id-field', 'id')))
})

test('the error of a row in a shard of a table names its line in the file', async (t) => {
  const rows = Array.from({ length: 40 }, (_, i) => (i === 30 ? 'too;few;fields\n' : `${i};"a\nb"\n`)).join('')
  const plan = await planned({ 'a.csv': `id;text\n${rows}` }, '--shards', '4')
  const runs = await Promise.all([0, 1, 2, 3].map((shard) => embedShard(plan, shard)))
  const errors = runs.filter(({ code }) => code !== 0).map(({ err }) => err)
  t.deepEqual(errors.length, 1)
  t.regex(errors[0] ?? '', /a\.csv:62: expected the header's 2 fields, but got 3 \(ERR_BAD_INPUT\)/)
})

test('rows without ids get ids that stay the same however finely their inputs are cut', async (t) => {
  const lines = Array.from({ length: 50 }, (_, i) => `word ${i} ${'é'.repeat(i)}\n`)
  const content = lines.join('')
  const found = []
  for (const shards of ['1', '3', '30']) {
    const plan = await planned({ 'a.txt': content, 'b.txt.gz': gzipSync(content) }, '--shards', shards)
    const { ids, texts } = await rowsOfShards(plan)
    t.deepEqual([...texts, ...['']].slice(0, 50).join('\n'), content.trimEnd())
    t.is(new Set(ids).size, 100)
    found.push(ids.map((id) => String(id).slice(plan.folder.length)))
  }
  t.deepEqual(found[0]?.slice(0, 2), ['/a.txt@0', `/a.txt@${Buffer.byteLength(lines[0] ?? '')}`])
  t.deepEqual(found[0]?.slice(50, 51), ['/b.txt.gz@0'])
  t.deepEqual(found[1], found[0])
  t.deepEqual(found[2], found[0])
})

test('batches of a shard have the vectors and the columns of its file', async (t) => {
  const content = Array.from(
    { length: 5000 },
    (_, i) => `${JSON.stringify({ key: `k${i}`, text: `word ${i}`, n: i })}\n`,
  )
  const options = ['--id-field', 'key', '--keep', 'n', '--ending', '.jsonl']
  const plan = await planned({ 'a.jsonl': content.join('') }, '--shards', '2', ...options)
  const manifest = await openManifest(plan.manifest)
  let [rows, last] = [0, 0]
  for await (const { ids, columns, matrix, progress } of shardBatches(manifest, 0)) {
    t.is(ids.length, matrix.rows)
    t.deepEqual(
      columns.map(({ column }) => column.name),
      ['key', 'n'],
    )
    t.is(ids[0], `k${rows}`)
    rows += matrix.rows
    t.is(progress.rows, rows)
    t.true(progress.bytes >= last && progress.bytes <= progress.totalBytes)
    last = progress.bytes
  }
  t.true(rows > 2048 && last > 0)
  // A consumer may leave at any time.
  for await (const { matrix } of shardBatches(manifest, 1)) {
    t.true(matrix.rows > 0)
    break
  }
  const reason = new Error('enough')
  await t.throwsAsync(
    async () => {
      for await (const { matrix } of shardBatches(manifest, 1, { signal: AbortSignal.abort(reason) }))
        t.is(matrix.rows, 0)
    },
    { is: reason },
  )
  await manifest.close()
})

const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const columnTest = python.command === null ? test.skip : test
const WRITE = `
import os, sys, pyarrow, pyarrow.parquet, pyarrow.feather
n = 3000
table = pyarrow.table({"id": list(range(n)), "text": [f"text number {i} {'x' * (i % 50)}" for i in range(n)]})
# A column that nobody wants.
padded = table.append_column("pad", [[os.urandom(300).hex() for _ in range(n)]])
pyarrow.parquet.write_table(padded, sys.argv[1] + "/a.parquet", row_group_size=170, compression="none", data_page_size=1024)
pyarrow.feather.write_feather(table.slice(0, 300), sys.argv[1] + "/b.arrow", compression="uncompressed")
`

columnTest('Parquet is cut between row groups, Arrow not at all, and rows are those of one run', async (t) => {
  const folder = emptyDirectory()
  execFileSync(python.command ?? '', ['-c', WRITE, folder])
  const inputs = ['a.parquet', 'b.arrow'].map((name) => path.join(folder, name))
  const options = ['--id-field', 'id', '--with-text']
  for (const [shards, expected] of [
    ['1', 1],
    ['4', 3],
    ['200', 19],
  ] as const) {
    const plan = await planOf(folder, inputs, '--shards', shards, '--ending', '.jsonl', ...options)
    const found = await shardsOf(plan)
    t.true(found.length >= expected, `${shards}: ${found.length}`)
    for (const { inputs: parts } of found) {
      for (const { range, path: file } of parts) {
        if (range === null) continue
        t.true(file.endsWith('.parquet'))
        t.true(range.from % 170 === 0 && (range.to % 170 === 0 || range.to === 3000))
      }
    }
    t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(plan, ...options)))
    rmSync(plan.outDir, { recursive: true })
  }
  const plan = await planOf(folder, inputs, '--shards', '9')
  const { ids, texts } = await rowsOfShards(plan)
  t.is(new Set(ids).size, 3300)
  t.deepEqual([ids[170], texts[170]], [`${inputs[0] ?? ''}@170`, `text number 170 ${'x'.repeat(20)}`])
})

/** How a server answers. */
interface Serving {
  readonly files: Map<string, Buffer>
  ranges: boolean
  etag: string | null
  /** Called for each request: true = it has answered by itself. */
  answer: ((request: http.IncomingMessage, response: http.ServerResponse) => boolean) | null
  /** What was asked for: paths with ranges. */
  readonly asked: { readonly path: string; readonly range: string | null; readonly method: string | undefined }[]
}

async function served(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<Serving & { readonly url: (name: string) => string; readonly close: () => Promise<void> }> {
  const serving: Serving = {
    files: new Map(Object.entries(files).map(([name, content]) => [`/${name}`, Buffer.from(content)])),
    ranges: true,
    etag: '"v1"',
    answer: null,
    asked: [],
  }
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x')
    const range = request.headers.range ?? null
    serving.asked.push({ path: pathname, range, method: request.method })
    if (serving.answer?.(request, response) === true) return
    const bytes = serving.files.get(pathname)
    if (bytes === undefined) {
      response.writeHead(404).end()
      return
    }
    const headers = { ...(serving.etag !== null && { etag: serving.etag }) }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
    if (from === undefined || !serving.ranges) {
      response.writeHead(200, { ...headers, 'content-length': bytes.length }).end(bytes)
      return
    }
    const end = to === undefined || to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1)
    if (Number(from) >= bytes.length) {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const part = bytes.subarray(Number(from), end)
    const contentRange = `bytes ${from}-${end - 1}/${bytes.length}`
    response.writeHead(206, { ...headers, 'content-length': part.length, 'content-range': contentRange }).end(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  // Object.assign keeps the object that the server reads.
  return Object.assign(serving, {
    url: (name: string) => `http://127.0.0.1:${port}/${name}?X-Signature=secret`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

const LINES = Array.from({ length: 3000 }, (_, i) => `line ${i} ${'y'.repeat(i % 40)}\n`).join('')

test('shards of URLs read their ranges only, and give what files give', async (t) => {
  const csv = `id;text\n${Array.from({ length: 200 }, (_, i) => `${i};"a\n${i}"\n`).join('')}`
  const files = { 'a.txt': LINES, 'b.csv': csv, 'c.txt.gz': gzipSync(LINES), 'empty.txt': '' }
  const server = await served(files)
  try {
    const local = await planned(files, '--shards', '12')
    const names = Object.keys(files)
    const plan = await planOf(emptyDirectory(), names.map(server.url), '--shards', '12')
    t.true(server.asked.every(({ method }) => method === 'GET'))
    const shards = await shardsOf(plan)
    t.true(shards.length > 5)
    t.deepEqual(
      shards.map(({ inputs }) => inputs.map(({ range }) => range)),
      (await shardsOf(local)).map(({ inputs }) => inputs.map(({ range }) => range)),
    )
    server.asked.length = 0
    t.is((await embedShard(plan, 1)).code, 0)
    const { from, to } = shards[1]?.inputs[0]?.range ?? { from: 0, to: 0 }
    t.deepEqual(server.asked, [{ path: '/a.txt', range: `bytes=${from}-${to - 1}`, method: 'GET' }])
    t.true(rowsOf(await runAll(plan)).equals(rowsOf(await runAll(local))))
    const { ids } = await rowsOfShards(plan)
    t.is(ids[0], server.url('a.txt').replace(/\?.*/, '@0'))
  } finally {
    await server.close()
  }
})

columnTest('row groups of a URL are read by ranges', async (t) => {
  const folder = emptyDirectory()
  execFileSync(python.command ?? '', ['-c', WRITE, folder])
  const files = Object.fromEntries(
    ['a.parquet', 'b.arrow'].map((name) => [name, readFileSync(path.join(folder, name))]),
  )
  const server = await served(files)
  try {
    const plan = await planOf(emptyDirectory(), Object.keys(files).map(server.url), '--shards', '6')
    const whole = { ...plan, inputs: Object.keys(files).map((name) => path.join(folder, name)) }
    server.asked.length = 0
    t.is((await embedShard(plan, 1)).code, 0)
    const asked = server.asked.reduce((sum, { range }) => {
      const [, from = NaN, to = NaN] = (/(\d+)-(\d+)/.exec(range ?? '') ?? []).map(Number)
      return sum + to + 1 - from
    }, 0)
    t.true(asked < (files['a.parquet']?.length ?? 0), `${asked} bytes`)
    t.true(rowsOf(await runAll(plan)).equals(await embeddedWhole(whole)))
  } finally {
    await server.close()
  }
})

test('a server that sends no ranges has inputs that are not cut', async (t) => {
  const server = await served({ 'a.txt': LINES })
  server.ranges = false
  try {
    const plan = await planOf(emptyDirectory(), [server.url('a.txt')], '--shards', '4')
    t.deepEqual(
      (await shardsOf(plan)).map(({ inputs }) => inputs.map(({ range }) => range)),
      [[null]],
    )
    const local = await planned({ 'a.txt': LINES }, '--shards', '1')
    t.true(rowsOf(await runAll(plan)).equals(rowsOf(await runAll(local))))
    server.ranges = true
    const cut = await planOf(emptyDirectory(), [server.url('a.txt')], '--shards', '4')
    server.ranges = false
    const { code, err } = await embedShard(cut, 1)
    t.is(code, 3)
    t.regex(err, /a\.txt: expected bytes from \d+ on, but the server sends no ranges.*\(ERR_BAD_INPUT\)/)
  } finally {
    await server.close()
  }
})

test('what has changed behind a URL, is gone or forbidden is an error without the signature', async (t) => {
  const server = await served({ 'a.txt': LINES })
  try {
    const plan = await planOf(emptyDirectory(), [server.url('a.txt')], '--shards', '4')
    server.etag = '"v2"'
    const other = await embedShard(plan, 0)
    t.regex(other.err, /a\.txt: expected the ETag "v1", as planned, but got "v2" \(ERR_INPUT_CHANGED\)/)
    server.etag = '"v1"'
    server.files.set('/a.txt', Buffer.from(LINES.slice(1)))
    t.regex(
      (await embedShard(plan, 1)).err,
      /a\.txt: expected a size of \d+, as planned, but got \d+ \(ERR_INPUT_CHANGED\)/,
    )
    server.files.clear()
    t.regex((await embedShard(plan, 0)).err, /a\.txt: the server answered 404 \(ERR_BAD_INPUT\)/)
    server.answer = (_, response) => {
      response.writeHead(403).end()
      return true
    }
    const { code, err } = await embedShard(plan, 0)
    t.is(code, 3)
    t.regex(err, /a\.txt: the server answered 403: a signed URL may have expired \(ERR_BAD_INPUT\)/)
    t.false(err.includes('secret'))
  } finally {
    await server.close()
  }
})

test('a connection that breaks off, a redirect and a busy server cost no row', async (t) => {
  const server = await served({ 'a.txt': LINES, 'b.txt': '' })
  const local = await planned({ 'a.txt': LINES }, '--shards', '2')
  const expected = rowsOf(await runAll(local))
  try {
    const plan = await planOf(emptyDirectory(), [server.url('a.txt')], '--shards', '2')
    let faults = 0
    server.answer = (request, response) => {
      const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
      faults++
      if (faults % 3 === 1) {
        response.writeHead(503, { 'retry-after': '0' }).end()
        return true
      }
      if (faults % 3 === 2 && !(request.url ?? '').includes('again')) {
        response.writeHead(302, { location: `${request.url ?? ''}&again=1` }).end()
        return true
      }
      const end = to === '' ? LINES.length : Number(to) + 1
      const range = `bytes ${from}-${end - 1}/${LINES.length}`
      const length = end - Number(from)
      response.writeHead(206, { etag: '"v1"', 'content-range': range, 'content-length': length })
      // Half of it, and the connection ends.
      const half = Math.ceil(length / 2)
      response.write(LINES.slice(Number(from), Number(from) + half), () => {
        if (length < 8000) response.end(LINES.slice(Number(from) + half, end))
        else response.destroy()
      })
      return true
    }
    t.true(rowsOf(await runAll(plan)).equals(expected))
    t.true(faults > 10)
    server.answer = (_, response) => {
      response.writeHead(503, { 'retry-after': '0' }).end()
      return true
    }
    writeFileSync(path.join(plan.outDir, 'shard-000000.npy'), '')
    const { code, err } = await embedShard(plan, 0)
    t.is(code, 1)
    t.regex(err, /a\.txt: the server answered 503 \(ERR_INPUT_UNREACHABLE\)/)
  } finally {
    await server.close()
  }
})

test('an abort ends the wait for a server that says nothing, and leaves no file', async (t) => {
  const server = await served({ 'a.txt': LINES })
  try {
    const plan = await planOf(emptyDirectory(), [server.url('a.txt')], '--shards', '2')
    const manifest = await openManifest(plan.manifest)
    const controller = new AbortController()
    const reason = new Error('enough')
    server.answer = () => {
      controller.abort(reason)
      return true
    }
    await t.throwsAsync(runShard(manifest, 1, { signal: controller.signal }), { is: reason })
    t.deepEqual(namesIn(plan), [])
    await manifest.close()
  } finally {
    await server.close()
  }
})

test('URLs are inputs of plans only', async (t) => {
  const { code, err } = await model2vec(
    'embed',
    'http://127.0.0.1:1/a.txt?secret',
    '--out',
    path.join(emptyDirectory(), 'o.npy'),
  )
  t.is(code, 2)
  t.regex(err, /http:\/\/127\.0\.0\.1:1\/a\.txt: URLs are read in shards: `model2vec plan` makes them/)
})
