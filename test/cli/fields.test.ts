// The fields that texts and ids come from: paths, several fields, and rows without a text.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { embedded } from './embedded.js'
import { emptyDirectory, model2vec } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)

type WrittenRow = Readonly<Record<string, unknown>>

/** The rows that `embed --with-text` writes of a file. */
async function rowsOf(name: string, content: string, ...options: string[]): Promise<WrittenRow[]> {
  const file = path.join(emptyDirectory(), name)
  writeFileSync(file, content)
  const { code, out, err } = await model2vec('embed', file, '--with-text', ...options, ...MODEL)
  if (code !== 0) throw new Error(err)
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as WrittenRow)
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

const PATHS = [
  { meta: { title: 'a dog', id: 1 } },
  // An exact name wins, whatever else is there and wherever it stands.
  { meta: { title: 'wrong' }, 'meta.title': 'a cat', 'meta.id': 'x' },
  { 'meta.title': 'a park', meta: { title: 'wrong', id: 'y' } },
  { 'meta.id': 2, meta: { title: 'the last', id: 3 } },
  { meta: { id: 4, title: 'escaped " text' } },
]

test('a path leads into objects, and a field of exactly that name wins', async (t) => {
  const texts = ['a dog', 'a cat', 'a park', 'the last', 'escaped " text']
  const rows = await rowsOf('paths.jsonl', jsonLines(PATHS), '--text-field', 'meta.title', '--id-field', 'meta.id')
  t.deepEqual(
    rows.map((row) => [row['meta.id'], row['meta.title']]),
    [1, 'x', 'y', 2, 4].map((id, i) => [id, texts[i]]),
  )
  // Without texts in the output, lines are read natively.
  const { code, vectors } = await embedded('paths.jsonl', jsonLines(PATHS), '--text-field', 'meta.title')
  t.is(code, 0)
  t.deepEqual(vectors(), ef.encodeSync(texts).data)
})

test('the names of a path may have dots, and arrays have elements by number', async (t) => {
  const rows = [
    { a: { 'b.c': 'one' } },
    { 'a.b': { c: 'two' } },
    { a: { b: { c: 'three' } } },
    { a: { b: { c: 'four' }, 'b.c': 'exact' } },
    { a: { b: {} }, 'a.b': { c: 'five' } },
  ]
  const texts = ['one', 'two', 'three', 'exact', 'five']
  const found = await rowsOf('dots.jsonl', jsonLines(rows), '--text-field', 'a.b.c')
  t.deepEqual(
    found.map((row) => row['a.b.c']),
    texts,
  )
  const native = await embedded('dots.jsonl', jsonLines(rows), '--text-field', 'a.b.c')
  t.deepEqual(native.vectors(), ef.encodeSync(texts).data)
  const lists = jsonLines([{ turns: [{ text: 'a' }, { text: 'b' }] }, { turns: { '1': { text: 'c' } } }])
  const elements = await rowsOf('lists.jsonl', lists, '--text-field', 'turns.1.text')
  t.deepEqual(
    elements.map((row) => row['turns.1.text']),
    ['b', 'c'],
  )
  const { err } = await embedded('lists.jsonl', lists, '--text-field', 'turns.length')
  t.regex(err, /lists\.jsonl:1: expected a string in "turns\.length", but there is only "turns"\n$/)
})

for (const [name, content] of [
  [
    'several.jsonl',
    jsonLines([
      { title: 'A dog', body: 'barks', n: 1 },
      { title: '', body: 'meows', n: 2 },
    ]),
  ],
  ['several.csv', 'n,body,title\n1,barks,A dog\n2,meows,\n'],
  ['several.tsv', 'title\tn\tbody\nA dog\t1\tbarks\n\t2\tmeows\n'],
] as const) {
  test(`texts of several fields are joined, in the order of the options: ${name}`, async (t) => {
    const fields = ['--text-field', 'title', '--text-field', 'body']
    for (const [options, between] of [
      [[], '\n'],
      [['--join', ' '], ' '],
      [['--join', '\\n\\t\\\\n'], '\n\t\\n'],
      [['--join', ''], ''],
    ] as const) {
      const rows = await rowsOf(name, content, '--id-field', 'n', ...fields, ...options)
      t.deepEqual(
        rows.map((row) => row.text),
        [`A dog${between}barks`, `${between}meows`],
      )
      const { vectors } = await embedded(name, content, ...fields, ...options)
      t.deepEqual(vectors(), ef.encodeSync([`A dog${between}barks`, `${between}meows`]).data)
    }
  })
}

const NULLS = jsonLines([
  { id: 1, title: 'a dog', body: 'barks' },
  { id: 2, title: null, body: 'meows' },
  { id: 3, body: null },
  { id: 4, title: 'a park' },
])

test('a text that is null or missing is an error, a row less or an empty text, as --on-null says', async (t) => {
  const failed = await embedded('nulls.jsonl', NULLS, '--text-field', 'title')
  t.is(failed.code, 1)
  t.regex(failed.err, /nulls\.jsonl:2: expected a string in "title", but got null\n$/)
  const lines = await embedded('nulls.jsonl', NULLS, '--text-field', 'title', '--on-error', 'skip')
  t.deepEqual(lines.skipped, [
    '2: expected a string in "title", but got null',
    '3: expected a string in "title", but there is only "id", "body"',
  ])
  t.deepEqual(lines.vectors(), ef.encodeSync(['a dog', 'a park']).data)
  const skipped = await embedded('nulls.jsonl', NULLS, '--text-field', 'title', '--on-null', 'skip')
  t.deepEqual([skipped.code, skipped.err], [0, 'model2vec: 2 lines were skipped\n'])
  t.deepEqual(skipped.vectors(), ef.encodeSync(['a dog', 'a park']).data)
  const empty = await embedded('nulls.jsonl', NULLS, '--text-field', 'title', '--on-null', 'empty')
  t.deepEqual([empty.code, empty.err], [0, ''])
  t.deepEqual(empty.vectors(), ef.encodeSync(['a dog', '', '', 'a park']).data)
})

test('of several fields those that have a text are joined, where a null is allowed', async (t) => {
  const fields = ['--text-field', 'title', '--text-field', 'body', '--id-field', 'id']
  const { code, err } = await embedded('nulls.jsonl', NULLS, ...fields.slice(0, 4))
  t.is(code, 1)
  t.regex(err, /nulls\.jsonl:2: expected a string in "title", but got null\n$/)
  const texts = async (onNull: string): Promise<unknown[]> =>
    (await rowsOf('nulls.jsonl', NULLS, ...fields, '--on-null', onNull)).map((row) => [row.id, row.text])
  t.deepEqual(await texts('skip'), [
    [1, 'a dog\nbarks'],
    [2, 'meows'],
    [4, 'a park'],
  ])
  t.deepEqual(await texts('empty'), [
    [1, 'a dog\nbarks'],
    [2, 'meows'],
    [3, ''],
    [4, 'a park'],
  ])
})

test('a value that is no text stays an error, whatever --on-null says', async (t) => {
  for (const onNull of ['skip', 'empty']) {
    const { code, err } = await embedded('n.jsonl', '{"text":1}\n', '--on-null', onNull)
    t.is(code, 1)
    t.regex(err, /n\.jsonl:1: expected a string in "text", but got 1\n$/)
  }
})

test('every command that reads texts takes fields and nulls alike', async (t) => {
  const file = path.join(emptyDirectory(), 'nulls.jsonl')
  writeFileSync(file, NULLS)
  const options = ['--text-field', 'title', '--text-field', 'body', '--join', ' ', '--on-null', 'skip', ...MODEL]
  const found = await model2vec('search', 'a park', file, '-k', '1', '--json', ...options)
  t.like((JSON.parse(found.out) as { results: object[] }).results, { 0: { line: 4, text: 'a park' } })
  const kept = `${file}.kept.jsonl`
  t.is((await model2vec('dedupe', file, '--out', kept, ...options)).code, 0)
  const whole = NULLS.split('\n')
  t.is(readFileSync(kept, 'utf8'), [0, 1, 3].map((line) => `${whole[line] ?? ''}\n`).join(''))
  const bench = await model2vec('bench', file, '--rounds', '1', '--json', ...options)
  t.like(JSON.parse(bench.out), { texts: 3, bytes: 11 + 5 + 6 })
})
