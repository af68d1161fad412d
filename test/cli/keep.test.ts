// `embed --keep` of lines: the fields of JSON Lines, CSV and TSV that go to the output beside the vector.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { emptyDirectory, measured, model2vec, signaled } from './run.js'
import type { Outcome } from './run.js'

const OPTIONS = ['--model', SMALL, '--dimensionality', '1']
/** More rows than a batch has. */
const ROWS = 3000

const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const pythonTest = python.command === null ? test.skip : test

function keptLines(...args: string[]): void {
  if (python.command !== null) execFileSync(python.command, ['test/cli/kept_lines.py', ...args], { stdio: 'pipe' })
}

function written(name: string, content: string): string {
  const file = path.join(emptyDirectory(), name)
  writeFileSync(file, content)
  return file
}

function embed(...args: string[]): Promise<Outcome> {
  return model2vec('embed', ...args, ...OPTIONS)
}

/** Standard output without the vectors. */
function withoutVectors({ out }: Outcome): string[] {
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/,"embedding":\[.*?\]\}$/, '}'))
}

/** Lines of these objects, each with a text. */
function linesOf(rowOf: (row: number) => object): string {
  return Array.from({ length: ROWS }, (_, row) => `${JSON.stringify({ text: `text ${row}`, ...rowOf(row) })}\n`).join(
    '',
  )
}

pythonTest(
  'from JSON Lines to JSON Lines every value is the one that Python reads in the input, in all digits',
  async (t) => {
    const folder = emptyDirectory()
    keptLines('write', folder)
    const [input, out] = [path.join(folder, 'documents.jsonl'), path.join(folder, 'out.jsonl')]
    const { code, err } = await embed(input, '--keep', 'all', '-o', out)
    t.is(code, 0, err)
    t.notThrows(() => {
      keptLines('compare', input, out)
    })
  },
)

for (const ending of ['parquet', 'arrow']) {
  pythonTest(
    `from JSON Lines to .${ending} a column has the first type that all values of the first rows fit`,
    async (t) => {
      const values = [
        '"flag":true,"count":-9223372036854775808,"hash":18446744073709551615,"price":1.0,"whole":9007199254740993,"mixed":1,"large":18446744073709551617,"nested":{"a":[1,2.50]},"title":"a \\"b\\""',
        '"flag":null,"count":1,"hash":0,"price":2,"mixed":"1","large":1,"nested":[],"title":"é😀","late":null',
        '"flag":false,"count":9223372036854775807,"price":-1.5e-7,"whole":0.5,"mixed":true,"title":""',
      ]
      const lines = Array.from({ length: ROWS }, (_, row) => `{"text":"text ${row}",${values[row % 3]}}\n`)
      lines.push('{"text":"the last","late":"strings come late"}\n')
      const input = written('in.jsonl', lines.join(''))
      const out = path.join(path.dirname(input), `out.${ending}`)
      const { code, err } = await embed(input, '--keep', 'all', '-o', out)
      t.is(code, 0, err)
      const types = {
        text: 'string',
        flag: 'bool',
        count: 'int64',
        hash: 'uint64',
        price: 'double',
        // float64 has no 9007199254740993, and nothing of 64 bits has 2^64 + 1.
        whole: 'json',
        mixed: 'json',
        large: 'json',
        nested: 'json',
        title: 'string',
        late: 'string',
      }
      t.notThrows(() => {
        keptLines('compare', input, out, JSON.stringify(types))
      })
    },
  )
}

for (const [kind, first, later, message] of [
  ['a string', 'one', 1, 'expected a string in "field", but got 1'],
  ['a boolean', true, 'no', 'expected a boolean in "field", but got "no"'],
  ['an integer', 1, 1.5, 'expected an integer of 64 bits in "field", but got 1.5'],
  ['a number', 1.5, [1], 'expected a number that float64 has in "field", but got [1]'],
  ['null', null, 1, 'expected a string in "field", but got 1'],
] as const) {
  test(`in Parquet and Arrow, a later value of another kind than ${kind} is an error with its file and line`, async (t) => {
    const input = written(
      'in.jsonl',
      linesOf((row) => ({ field: row === 2499 ? later : first })),
    )
    for (const ending of ['parquet', 'arrow']) {
      const out = path.join(path.dirname(input), `out.${ending}`)
      const { code, err } = await embed(input, '--keep', 'field', '-o', out)
      const rule = 'in this format a column has one type, which its first rows decide'
      t.deepEqual([code, err], [1, `model2vec: ${input}:2500: ${message}: ${rule}\n`])
    }
    const { out } = await embed(input, '--keep', 'field')
    t.true(out.includes(`\n{"field":${JSON.stringify(later)},"embedding":`))
  })
}

test('a later integer that float64 does not have is an error, not another number', async (t) => {
  const input = written('in.jsonl', linesOf((row) => ({ n: 0.5 + row })) + '{"text":"a","n":9007199254740993}\n')
  const { code, err } = await embed(input, '--keep', 'n', '-o', path.join(path.dirname(input), 'out.arrow'))
  t.is(code, 1)
  t.regex(err, /in\.jsonl:3001: expected a number that float64 has in "n", but got 9007199254740993:/)
})

test('with --keep all, a key that the first rows lack is an error in Arrow, and goes to JSON Lines', async (t) => {
  const input = written(
    'in.jsonl',
    linesOf((row) => (row === 2500 ? { more: [row] } : row > 2500 ? {} : { a: row })),
  )
  const failed = await embed(input, '--keep', 'all', '-o', path.join(path.dirname(input), 'out.arrow'))
  t.is(failed.code, 1)
  t.regex(
    failed.err,
    /in\.jsonl:2501: expected the fields of the first rows, but got "more" too: .*name them to --keep\n$/,
  )
  const rows = withoutVectors(await embed(input, '--keep', 'all'))
  t.is(rows[2499], '{"text":"text 2499","a":2499}')
  t.is(rows[2500], '{"text":"text 2500","more":[2500]}')
  t.is(rows[2501], '{"text":"text 2501"}')
})

test('fields of JSON Lines are named by paths, and an exact key wins', async (t) => {
  const input = written(
    'in.jsonl',
    '\ufeff{"text":"one","meta":{"a":{"b":[1,{"c":1.0}]},"a.b":2},"list":[10,[20]]}\n' +
      '{"text":"two","meta.a.b":null,"meta":{"a":{"b":3}},"list":"text"}\n',
  )
  const names = 'meta.a.b,meta.a.b.1.c,list.1.0,list.length,nowhere'
  t.deepEqual(withoutVectors(await embed(input, '--keep', names)), [
    '{"meta.a.b":2,"meta.a.b.1.c":1.0,"list.1.0":20}',
    '{"meta.a.b":null}',
  ])
})

test('lone surrogates in kept values become U+FFFD, pairs and escaped backslashes stay', async (t) => {
  const input = written(
    'in.jsonl',
    String.raw`{"text":"a","s":"\uD83D\uDE00 \ud800\\ud800 \udc00","o":{"\uDFFF":["\ud83d\u0041"]},"\ud800":1}` + '\n',
  )
  t.deepEqual(withoutVectors(await embed(input, '--keep', 'all')), [
    String.raw`{"text":"a","s":"\uD83D\uDE00 \ufffd\\ud800 \ufffd","o":{"\ufffd":["\ufffd\u0041"]},"` + '\ufffd":1}',
  ])
})

for (const ending of ['csv', 'tsv']) {
  pythonTest(`from ${ending.toUpperCase()}, columns are the strings that Python reads`, async (t) => {
    const [delimiter, quoted] = ending === 'csv' ? [',', '"a, ""b""\r\nc"'] : ['\t', '"a" b\\']
    const record = (row: number): string => [row, `text ${row}`, row % 2 === 0 ? quoted : '', '007'].join(delimiter)
    const lines = [['id', 'text', 'a title', 'é'].join(delimiter), ...Array.from({ length: ROWS }, (_, i) => record(i))]
    const input = written(`in.${ending}`, `${lines.join('\n')}\n`)
    for (const to of ['jsonl', 'parquet', 'arrow']) {
      const out = path.join(path.dirname(input), `out.${to}`)
      const { code, err } = await embed(input, '--keep', 'all', '-o', out)
      t.is(code, 0, err)
      const types = { id: 'string', text: 'string', 'a title': 'string', é: 'string' }
      t.notThrows(() => {
        keptLines('compare', input, out, JSON.stringify(types))
      }, to)
    }
    const [row] = withoutVectors(await embed(input, '--keep', 'é,a title', '--id-field', 'id', '--with-text'))
    const [, , title = ''] = lines[1]?.split(delimiter) ?? []
    const value = ending === 'csv' ? 'a, "b"\r\nc' : title
    t.is(row, `{"id":"0","text":"text 0","é":"007","a title":${JSON.stringify(value)}}`)
  })
}

test('a column that the header lacks, or has twice, is an error of the header', async (t) => {
  for (const [header, keep, message] of [
    ['text,a', 'b', 'expected a header with "b", but got "text", "a"'],
    ['text,a,a', 'a', 'expected one field "a" in the header, but got several'],
    ['text,a,a', 'all', 'expected one field "a" in the header, but got several'],
  ] as const) {
    const input = written('in.csv', `${header}\n`)
    const { code, err } = await embed(input, '--keep', keep)
    t.deepEqual([code, err], [1, `model2vec: ${input}:1: ${message}\n`])
  }
})

test('plain lines have no fields to keep, and the vectors have their name for themselves', async (t) => {
  const plain = written('in.txt', 'one\n')
  const { code, err } = await embed(plain, '--keep', 'all')
  t.is(code, 2)
  t.true(err.includes(`--keep is for jsonl, csv, tsv, parquet, arrow, but ${plain} is lines;`))
  const taken = await embed(written('in.jsonl', '{"text":"a","embedding":[1]}\n'), '--keep', 'all')
  t.is(taken.code, 1)
  t.regex(
    taken.err,
    /in\.jsonl has a column "embedding", as the vectors' is named: give them another with --vector-field/,
  )
})

test('each chunk has the kept fields of its text', async (t) => {
  const text = 'one two three four five six. '.repeat(3)
  const rows = withoutVectors(
    await embed(written('in.jsonl', `{"text":"${text}","n":1.0}\n{"text":"two"}\n`), '--keep', 'n', '--chunk', '8'),
  )
  t.true(rows.length > 3)
  for (const [i, row] of rows.entries()) {
    t.regex(row, i < rows.length - 1 ? /^\{"line":1,.*"n":1\.0\}$/ : /^\{"line":2,"chunk":0,"start":0,"end":3\}$/)
  }
})

for (const name of ['in.jsonl', 'in.csv']) {
  test(`a run with kept fields that was interrupted goes on where it was: ${name}`, async (t) => {
    const records = Array.from({ length: 40_000 }, (_, row) => `text ${row},${row}\n`)
    const lines = Array.from(
      { length: 40_000 },
      (_, row) => `{"text":"text ${row}",${row > 35_000 ? '' : '"a":1,'}"b":${row}.0}\n`,
    )
    const input = written(name, name === 'in.csv' ? `text,b\n${records.join('')}` : lines.join(''))
    const directory = emptyDirectory()
    for (const ending of ['parquet', 'jsonl']) {
      const [whole, resumed] = [path.join(directory, `whole.${ending}`), path.join(directory, `resumed.${ending}`)]
      const args = [input, '--keep', 'all', '--checkpoint', '0', ...OPTIONS]
      t.is((await model2vec('embed', ...args, '-o', whole)).code, 0)
      await signaled(['embed', ...args, '-o', resumed], 'SIGKILL', 'checkpoint')
      const again = await model2vec('embed', ...args, '-o', resumed, '--resume')
      t.is(again.code, 0, again.err)
      t.deepEqual(readFileSync(resumed), readFileSync(whole))
    }
  })
}

test('kept values count as what a batch may hold: large ones do not pile up in memory', async (t) => {
  const large = 'x'.repeat(500_000)
  const input = written('in.jsonl', `{"text":"a","html":"${large}"}\n`.repeat(400))
  const out = path.join(path.dirname(input), 'out.jsonl')
  const { code, err } = await measured(['embed', input, '--keep', 'html', '-o', out, ...OPTIONS])
  t.is(code, 0, err)
})

test('a name of --keep that no line has is said, as it may be misspelled', async (t) => {
  const input = written('in.jsonl', '{"text":"a","title":"b"}\n{"text":"c"}\n')
  const { code, err } = await embed(input, '--keep', 'title,titel')
  t.deepEqual([code, err], [0, 'model2vec: --keep titel: no row has it\n'])
})
