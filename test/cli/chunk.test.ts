// `model2vec embed --chunk`: a row for each chunk of a text.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { chunks, Model2VecEmbeddingFunction } from 'model2vec-node'

import { corpus, crc, SMALL } from '../test-data.js'
import { outputReader } from './python.js'
import { ENDINGS, hasColumns } from './modules.js'
import { emptyDirectory, model2vec, signaled } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)
const python = outputReader()
/** Texts of several chunks, of one, and of none. */
const documents = [...corpus('docs_en').slice(0, 40), '', 'a dog', '日本語。'.repeat(200), '\ud800 lone 😀'.repeat(90)]
const directory = emptyDirectory()
const input = path.join(directory, 'documents.jsonl')
writeFileSync(input, documents.map((text, i) => `${JSON.stringify({ id: i * 10, text })}\n`).join(''))

interface ChunkRow {
  readonly id?: number
  readonly line?: number
  readonly chunk: number
  readonly start: number
  readonly end: number
  readonly text?: string
  readonly embedding: readonly number[]
}

/** The rows as they should be: by `chunks`, and by `encode` of each chunk without a limit. */
function expectedRows(size: number, overlap: number): (ChunkRow & { readonly row: number; readonly text: string })[] {
  return documents.flatMap((document, row) =>
    chunks(ef, document, { size, overlap, maxLength: null }).map(({ text, start }, chunk) => {
      const from = Buffer.byteLength(document.slice(0, start))
      const embedding = Array.from(ef.encodeOneSync(text, { maxLength: null }))
      return { row, chunk, start: from, end: from + Buffer.byteLength(text), text, embedding }
    }),
  )
}

function rowsOf(file: string): ChunkRow[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const row = JSON.parse(line) as ChunkRow
    return { ...row, embedding: Array.from(row.embedding, Math.fround) }
  })
}

for (const [size, overlap] of [
  [64, 0],
  [64, 16],
] as const) {
  test(`--chunk ${size} --overlap ${overlap} writes id, number, bytes and vector of each chunk`, async (t) => {
    const out = path.join(directory, `with-id-${overlap}.jsonl`)
    const options = ['--chunk', `${size}`, '--overlap', `${overlap}`]
    const outcome = await model2vec('embed', input, ...options, '--id-field', 'id', '--with-text', '-o', out, ...MODEL)
    t.deepEqual([outcome.code, outcome.err], [0, ''])
    const expected = expectedRows(size, overlap)
    t.true(expected.length > 100)
    const found = rowsOf(out)
    t.deepEqual(
      found,
      expected.map(({ row, text, ...rest }) => ({ id: row * 10, ...rest, text: Buffer.from(text).toString() })),
    )
    for (const { id = 0, start, end, text } of found) {
      t.is(Buffer.from(documents[id / 10] ?? '').toString('utf8', start, end), text ?? '')
    }
  })
}

test('without an id a row has the line of its text, which is read natively', async (t) => {
  const out = path.join(directory, 'lines.jsonl')
  t.is((await model2vec('embed', input, '--chunk', '64', '-o', out, ...MODEL)).code, 0)
  t.deepEqual(
    rowsOf(out),
    expectedRows(64, 0).map(({ row, chunk, start, end, embedding }) => ({
      line: row + 1,
      chunk,
      start,
      end,
      embedding,
    })),
  )
})

for (const ending of ENDINGS.filter((each) => hasColumns(each))) {
  test(`a run with --chunk that is killed goes on, and loses and doubles nothing: .${ending}`, async (t) => {
    const many = path.join(emptyDirectory(), 'many.jsonl')
    const lines = Array.from({ length: 4000 }, (_, i) => `${JSON.stringify({ id: i, text: documents[i % 40] })}\n`)
    writeFileSync(many, lines.join(''))
    const [whole, killed] = ['whole', 'killed'].map((name) => path.join(path.dirname(many), `${name}.${ending}`))
    const args = (out = ''): string[] => {
      return ['embed', many, '--chunk', '100', '--id-field', 'id', '--out', out, '--checkpoint', '0', ...MODEL]
    }
    t.is((await model2vec(...args(whole))).code, 0)
    const other = await model2vec(...args(whole), '--resume', '--overlap', '10')
    t.deepEqual([other.code, other.err.includes('--overlap was 0, now 10')], [1, true])
    for (let change = 5; ; change += 5) {
      const outcome = await signaled([...args(killed), '--resume'], 'SIGKILL', change)
      if (outcome.signal === 'SIGKILL') continue
      t.is(outcome.code, 0, outcome.err)
      break
    }
    t.true(readFileSync(killed ?? '').equals(readFileSync(whole ?? '')))
  })

  if ('reason' in python) {
    test.skip(`chunks are read by pyarrow: .${ending}: ${python.reason}`, () => undefined)
  } else if (ending !== 'jsonl') {
    test(`chunks are read by pyarrow: .${ending}`, async (t) => {
      const out = path.join(directory, `out.${ending}`)
      const options = ['--chunk', '64', '--overlap', '8', '--id-field', 'id']
      t.is((await model2vec('embed', input, ...options, '-o', out, ...MODEL)).code, 0)
      const expected = expectedRows(64, 8)
      const [found] = python.read(out)
      t.deepEqual(found?.columns, {
        id: expected.map(({ row }) => row * 10),
        chunk: expected.map(({ chunk }) => chunk),
        start: expected.map(({ start }) => start),
        end: expected.map(({ end }) => end),
      })
      t.is(found?.crc, crc(Float32Array.from(expected.flatMap(({ embedding }) => embedding))))
    })
  }
}

test('a text that has no ids is skipped with its place, and its neighbors are not', async (t) => {
  const out = path.join(directory, 'skipped.jsonl')
  const lines = path.join(directory, 'words.txt')
  const model = ['--model', 'test/fixtures/unpacked/models/wl-v012-lower']
  writeFileSync(lines, 'the dog\nthe cat\n')
  const outcome = await model2vec('embed', lines, '--chunk', '8', '-o', out, '--on-error', 'skip', ...model)
  t.is(outcome.code, 0, outcome.err)
  t.is(rowsOf(out).length, 2)
})

for (const [args, message] of [
  [['--overlap', '3'], /--overlap is for --chunk/],
  [['--chunk', '0'], /--chunk should be an integer ≥ 1, but got 0/],
  [['--chunk', '8', '--overlap', '8'], /--overlap should be below --chunk, 8, but got 8/],
  [['--chunk', '8', '--max-length', '7'], /--max-length is not for --chunk/],
  [
    ['--chunk', '8', '-o', 'out.npy'],
    /\.npy holds vectors only: --id-field, --with-text, --keep, --vector-field and --chunk are for/,
  ],
  [['--chunk', '8', 'package.json', '--format', 'lines'], /--chunk needs --id-field with several files/],
  [['--chunk', '8', '--id-field', 'start'], /with --chunk, start would be two columns/],
] as const) {
  test(`a wrong call with chunks is an error: ${args.join(' ')}`, async (t) => {
    const outcome = await model2vec('embed', 'examples/documents.jsonl', ...args, ...MODEL)
    t.is(outcome.code, 2, outcome.err)
    t.regex(outcome.err, message)
  })
}
