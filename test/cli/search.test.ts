// `model2vec search`, the real command: what it finds is what a look at every vector finds.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createWriteStream, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, SMALL } from '../test-data.js'
import { emptyDirectory, MAIN, measured, model2vec } from './run.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const MODEL = ['--model', SMALL]
const documents = corpus('docs_en_300')
const QUERIES = ['tools for music and sound', 'a compiler of the C language', 'zzz']

interface Found {
  readonly query: string
  readonly results: readonly { score: number; file: string; line: number; id?: unknown; text: string }[]
}

function found(out: string): Found[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Found)
}

/** The cosine of two vectors, 0 where one has no length. */
function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0)
  const length = Math.hypot(...a) * Math.hypot(...b)
  return length === 0 ? 0 : dot / length
}

/** The places of the nearest rows, by sorting all; the first of equal ones first. */
function nearest(query: readonly number[], rows: readonly (readonly number[])[], count: number): [number, number][] {
  const scored = rows.map((row, i): [number, number] => [i, cosine(query, row)])
  return scored.sort(([i, a], [j, b]) => b - a || i - j).slice(0, count)
}

function assertNearest(
  t: { is(a: unknown, b: unknown): void; deepEqual(a: unknown, b: unknown): void; true(value: boolean): void },
  { results }: Found,
  expected: readonly [number, number][],
): void {
  t.deepEqual(
    results.map(({ line }) => line - 1),
    expected.map(([i]) => i),
  )
  for (const [rank, { score }] of results.entries()) t.true(Math.abs(score - (expected[rank]?.[1] ?? NaN)) < 1e-6)
}

const jsonLines = documents.map((text, i) => `${JSON.stringify({ id: `doc-${i}`, text })}\n`).join('')
const queryVectors = ef.encodeSync(QUERIES).toArray()
const vectors = ef.encodeSync(documents).toArray()

test('the lines that are printed are those of the largest cosines, for each query', async (t) => {
  const file = path.join(emptyDirectory(), 'documents.jsonl.gz')
  writeFileSync(file, gzipSync(jsonLines))
  const queries = QUERIES.flatMap((query) => ['-q', query])
  const { code, out, err } = await model2vec(
    'search',
    ...queries,
    file,
    '--json',
    '-k',
    '7',
    '--id-field',
    'id',
    ...MODEL,
  )
  t.deepEqual([code, err], [0, ''])
  const all = found(out)
  t.deepEqual(
    all.map(({ query }) => query),
    QUERIES,
  )
  for (const [i, each] of all.entries()) {
    assertNearest(t, each, nearest(queryVectors[i] ?? [], vectors, 7))
    for (const { line, id, text, file: where } of each.results) {
      t.deepEqual([id, text, where], [`doc-${line - 1}`, documents[line - 1], file])
    }
  }
})

test('vectors that embed wrote are searched as they are, of every element type but binary', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'documents.jsonl')
  writeFileSync(file, jsonLines)
  for (const dtype of ['float32', 'float16', 'bfloat16', 'int8'] as const) {
    const out = path.join(directory, `${dtype}.npy`)
    const options = ['--dtype', dtype, '--normalize', '--dimensionality', '20']
    t.is((await model2vec('embed', file, '--out', out, ...options, ...MODEL)).code, 0)
    const searched = await model2vec('search', QUERIES[0] ?? '', file, '--json', '--vectors', out, ...MODEL)
    t.deepEqual([searched.code, searched.err], [0, ''])
    const rows = ef.encodeSync(documents, { dtype, normalize: true, dimensionality: 20 }).toArray()
    const query = ef.encodeSync(QUERIES[0] ?? '', { dimensionality: 20 }).toArray()[0] ?? []
    const [first] = found(searched.out)
    if (first === undefined) throw new Error(searched.out)
    assertNearest(t, first, nearest(query, rows, 10))
  }
})

test('search says when the files have changed since their vectors were made, or come in another order', async (t) => {
  const directory = emptyDirectory()
  const [file, other, copy, out] = ['a.jsonl', 'b.jsonl', 'c.jsonl', 'out.npy'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string, string]
  for (const each of [file, other, copy]) writeFileSync(each, jsonLines)
  t.is((await model2vec('embed', file, other, '--out', out, ...MODEL)).code, 0)
  const search = async (...inputs: readonly string[]): Promise<string> => {
    const { code, err } = await model2vec('search', 'dogs', ...inputs, '--vectors', out, ...MODEL)
    t.is(code, 0)
    return err
  }
  t.is(await search(file, other), '')
  t.is(await search(file, copy), '', 'the same texts may lie elsewhere')
  t.regex(await search(other, file), /the files have changed since \S+out\.npy was made, or come in another order/)
  // As many lines, the other way round.
  writeFileSync(file, `${jsonLines.trimEnd().split('\n').reverse().join('\n')}\n`)
  utimesSync(file, 1, 1)
  t.regex(await search(file, other), /the files have changed since/)
  // Vectors that something else wrote since have no note.
  utimesSync(out, 1, 1)
  t.is(await search(file, other), '')
})

test('vectors of other texts or of another model are errors if their shape differs', async (t) => {
  const directory = emptyDirectory()
  const [file, more, out] = ['documents.jsonl', 'more.jsonl', 'out.npy'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(file, jsonLines)
  writeFileSync(more, '{"text": "one more"}\n')
  t.is((await model2vec('embed', file, '--out', out, ...MODEL)).code, 0)
  const searched = (...args: string[]): ReturnType<typeof model2vec> =>
    model2vec('search', 'dogs', ...args, '--vectors', out, ...MODEL)
  t.regex((await searched(file, more)).err, /out\.npy has fewer rows than the files have texts\n$/)
  t.regex((await searched(more)).err, /out\.npy has 300 rows, but the files have 1 texts\n$/)
  const narrow = path.join(SMALL, '../m8k-dim3')
  const { code, err } = await model2vec('search', 'dogs', file, '--vectors', out, '--model', narrow)
  t.is(code, 1)
  t.regex(err, /out\.npy has vectors of 32 dimensions, but the model's have 3\n$/)
  t.is((await model2vec('embed', file, '--out', out, '--dtype', 'binary', ...MODEL)).code, 0)
  t.regex(
    (await searched(file)).err,
    /out\.npy: expected elements of float32, float16, bfloat16, int8, but got \|u1\n$/,
  )
  writeFileSync(out, 'nothing')
  t.regex((await searched(file)).err, /out\.npy: expected an \.npy file, but it starts otherwise/)
})

test('stored vectors without a direction are left out and counted, and hide no good hit', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'documents.txt'), path.join(directory, 'out.npy')]
  const texts = ['a stone', 'a dog', 'zero', 'not a number', 'infinity', 'minus infinity', 'a dog in the park', 'huge']
  writeFileSync(file, texts.join('\n'))
  t.is((await model2vec('embed', file, '--out', out, ...MODEL)).code, 0)
  const bytes = readFileSync(out)
  const rows = new Float32Array(bytes.buffer, bytes.byteOffset + 128, texts.length * 32)
  rows.fill(0, 2 * 32, 3 * 32)
  for (const [row, value] of [
    [3, NaN],
    [4, Infinity],
    [5, -Infinity],
  ] as const) {
    rows[row * 32 + 7] = value
  }
  // Whose square is no single-precision number.
  rows.fill(3e38, 7 * 32, 8 * 32)
  writeFileSync(out, bytes)
  const searched = await model2vec('search', 'a dog', file, '--vectors', out, '--json', ...MODEL)
  t.deepEqual(
    [searched.code, searched.err],
    [0, 'model2vec: 4 rows were left out: all zeros, or not all finite numbers\n'],
  )
  const results = found(searched.out)[0]?.results ?? []
  t.deepEqual(results.map(({ text }) => text).sort(), ['a dog', 'a dog in the park', 'a stone', 'huge'])
  t.is(results[0]?.text, 'a dog')
  t.true(results.every(({ score }) => Math.abs(score) <= 1 + 1e-6))
})

test('without --json a line has the score, the place, and the text in one line', async (t) => {
  const file = path.join(emptyDirectory(), 'documents.csv')
  writeFileSync(file, 'text,n\n"a dog\nin the park",1\na stone,2\n"a cat\t\x1b[31m",3\n')
  const { out, code } = await model2vec('search', 'the dog', file, '--id-field', 'n', '-k', '2', ...MODEL)
  t.is(code, 0)
  const [first = '', second = ''] = out.trimEnd().split('\n')
  t.true(first.endsWith(`${file}:2  1  a dog in the park`), first)
  t.regex(first, /^ +\d\.\d{4} {2}/)
  t.regex(second, /:(4|5) {2}/)
  t.notRegex(out, /\x1b/)
  const several = await model2vec('search', '-q', 'the dog', '-q', 'a cat', file, '-k', '1', ...MODEL)
  t.regex(several.out, /^the dog\n[^\n]+dog in the park\n\na cat\n[^\n]+a cat \[31m\n$/)
})

test('fewer lines than -k, no lines, and texts without words', async (t) => {
  const directory = emptyDirectory()
  const file = path.join(directory, 'few.txt')
  writeFileSync(file, '\n\na dog\n')
  const { out, err } = await model2vec('search', 'a dog', file, '--json', '-k', '1000', ...MODEL)
  t.deepEqual(
    found(out)[0]?.results.map(({ line, score }) => [line, Math.round(score)]),
    [[3, 1]],
  )
  t.is(err, 'model2vec: 2 rows were left out: all zeros, or not all finite numbers\n')
  writeFileSync(file, '')
  const empty = await model2vec('search', 'a dog', file, ...MODEL)
  t.deepEqual([empty.code, empty.out, empty.err], [0, '', ''])
})

test('SIGINT ends a search that waits for standard input', async (t) => {
  const child = spawn(process.execPath, [MAIN, 'search', 'dog', '-', '--format', 'lines', ...MODEL], { stdio: 'pipe' })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  // This is more than a pipe holds: once it is written, the command reads.
  child.stdin.write('a dog\n'.repeat(1 << 18), () => child.kill('SIGINT'))
  const late = setTimeout(() => child.kill('SIGKILL'), 5 * 60_000)
  const code = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(late)
  t.deepEqual([code, err], [130, 'model2vec: interrupted by SIGINT\n'])
})

test('a line that cannot be read ends the search, or is left out', async (t) => {
  const file = path.join(emptyDirectory(), 'broken.jsonl')
  writeFileSync(file, '{"text": "a"}\n{"text": \n{"text": "b"}\n')
  const failed = await model2vec('search', 'a', file, ...MODEL)
  t.deepEqual([failed.code, failed.out], [1, ''])
  t.regex(failed.err, /broken\.jsonl:2: expected JSON/)
  const skipped = await model2vec('search', 'b', file, '--on-error', 'skip', '-k', '1', ...MODEL)
  t.is(skipped.code, 0)
  t.regex(skipped.out, /broken\.jsonl:3 {2}b\n$/)
})

for (const [args, code, message] of [
  [[], 2, /expected a query, and files; see `model2vec search --help`/],
  [['dogs'], 2, /expected files, or - for standard input/],
  [['dogs', 'documents.pdf'], 2, /--format is needed for documents\.pdf/],
  [['dogs', 'no-such.jsonl'], 1, /no-such\.jsonl: no such file/],
  [['dogs', 'examples/documents.jsonl', '-k', '0'], 2, /--top should be an integer ≥ 1, but got 0/],
  [['dogs', 'examples/documents.jsonl', '--vectors', 'no-such.npy'], 1, /no-such\.npy/],
] as const) {
  test(`a call that can't be served ends with one line: search ${args.join(' ')}`, async (t) => {
    const outcome = await model2vec('search', ...args, ...MODEL)
    t.deepEqual([outcome.code, outcome.out], [code, ''])
    t.regex(outcome.err, /^model2vec: [^\n]+\n$/)
    t.regex(outcome.err, message)
  })
}

// util-linux has `script`, which gives a command a terminal.
const hasScript = spawnSync('script', ['--version']).status === 0
;(hasScript ? test : test.skip)('a terminal gets lines no wider than it is, and colors unless NO_COLOR is set', (t) => {
  const command = `stty cols 60; ${process.execPath} ${MAIN} search tools examples/documents.jsonl -k 3 --model ${SMALL}`
  const seen = (env: object): string =>
    execFileSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '', TERM: 'xterm', ...env },
    })
  const colored = seen({})
  t.regex(colored, /\x1b\[2mexamples\/documents\.jsonl:\d+\x1b\[22m/)
  const plain = seen({ NO_COLOR: '1' })
  // The bar is erased before the lines.
  const lines = (plain.split('\x1b[K').at(-1) ?? '').trimEnd().split(/\r?\n/)
  t.is(lines.length, 3)
  for (const line of lines) t.true(Array.from(line).length <= 60, line)
  t.notRegex(lines.join(''), /\x1b/)
})
;(process.platform === 'linux' ? test.serial : test.skip)(
  'a file larger than the memory limit is searched to its end',
  async (t) => {
    const file = path.join(emptyDirectory(), 'large.txt.gz')
    // 300 MB of text.
    const line = `${documents.join(' ').replaceAll(/\s+/g, ' ').slice(0, 1200)}\n`
    const block = line.repeat(1000)
    const blocks = [...Array.from({ length: 250 }, () => block), 'the one about a violin\n']
    await pipeline(Readable.from(blocks), createGzip({ level: 1 }), createWriteStream(file))
    const { code, out, err, peak } = await measured(['search', 'violin', file, '-k', '1', ...MODEL])
    t.deepEqual([code, err], [0, ''])
    t.regex(out, /:250001 {2}the one about a violin\n$/)
    t.log(`${Math.round(peak)} MB`)
    t.true(peak > 0 && peak < 280)
  },
)
