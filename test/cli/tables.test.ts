// CSV and TSV as people have them: other delimiters, UTF-16, quotes in TSV. Read row by row as
// Python's csv module, pandas and polars read the same bytes.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { embedded } from './embedded.js'
import { emptyDirectory, model2vec, run, signaled } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le')
const utf16BigEndian = (text: string): Buffer => utf16(text).swap16()

for (const [name, content, options, texts] of [
  ['semicolons.csv', 'id;text;note\n1;a dog, a cat;x\n2;"a;b";"y"\n', [], ['a dog, a cat', 'a;b']],
  ['tabs.csv', 'id\ttext\n1\ta, b; c\n2\t"d\te"\n', [], ['a, b; c', 'd\te']],
  ['bars.csv', 'id|text\r\n1|a dog\r\n2|"a|b"\r\n', [], ['a dog', 'a|b']],
  // The fields that are read decide, not how many there are.
  ['names.csv', '"a, b, c";text\nx;a dog\n', [], ['a dog']],
  ['quoted.csv', '"first\nline";"id, or not";"text"\n1;2;"a\nb"\n', [], ['a\nb']],
  ['inch.csv', 'size 5";text\n6";a dog\n', [], ['a dog']],
  ['empty-lines.csv', '\n\r\nid;text\n\n1;a dog\n', [], ['a dog']],
  ['one.csv', 'text\na;b\n"c|d"\n', [], ['a;b', 'c|d']],
  ['marked.csv', '\ufeff"text";n\na dog;1\n', [], ['a dog']],
  ['trailing.csv', 'id;text;\n1;a dog;\n2;;\n', [], ['a dog', '']],
  ['given.csv', 'id~text\n1~"a~b"\n', ['--delimiter', '~'], ['a~b']],
  ['given.tsv', 'id,text\n1,"a"\n', ['--delimiter', ','], ['"a"']],
  ['tab.csv', 'a,b\ttext\nc,d\te,f\n', ['--delimiter', 'tab'], ['e,f']],
  ['escape.csv', 'a,b\ttext\nc,d\te,f\n', ['--delimiter', '\\t'], ['e,f']],
  ['plain.csv', 'id;text\n1;"a\n2;b"\n', ['--quotes', 'no'], ['"a', 'b"']],
  ['quotes.tsv', 'id\ttext\n1\t"a\tb\n""c"""\n2\td\n', ['--quotes', 'yes'], ['a\tb\n"c"', 'd']],
] as const) {
  test(`a table is read with its own delimiter and quotes: ${name}`, async (t) => {
    for (const bytes of [content, gzipSync(content), utf16(content.replace('\ufeff', ''))]) {
      const { code, err, vectors } = await embedded(name, bytes, ...options)
      t.deepEqual([code, err], [0, ''])
      t.deepEqual(vectors(), ef.encodeSync(texts).data)
    }
  })
}

test('the header is found in a pipe that gives a byte at a time', async (t) => {
  const content = '"a\nb";text\n1;a dog\n'
  for (const bytes of [Buffer.from(content), utf16(content), utf16BigEndian(content)]) {
    const { code, out, err } = await run(['embed', '-', '--format', 'csv', '--with-text', ...MODEL], {
      keepsInput: true,
      onStart: ({ stdin }) => {
        const bytesLeft = [...bytes]
        const write = (): void => {
          const byte = bytesLeft.shift()
          if (byte === undefined) stdin?.end()
          else stdin?.write(Buffer.of(byte), write)
        }
        write()
      },
    })
    t.deepEqual([code, err], [0, ''])
    t.like(JSON.parse(out), { text: 'a dog' })
  }
})

test('a header without the fields is an error that names those that it has', async (t) => {
  const { code, err } = await embedded('other.csv', 'id;body;lang\n1;a;b\n')
  t.is(code, 1)
  t.regex(err, /other\.csv:1: expected a header with "text", but got "id", "body", "lang"\n$/)
})

test('a ragged row is named with its line, and with how many fields were expected and found', async (t) => {
  const content = 'id;text\n1;a dog\n2;b;c\n"3\n3"\n4;d\n'
  for (const bytes of [Buffer.from(content), utf16(content)]) {
    const { skipped, vectors } = await embedded('ragged.csv', bytes, '--on-error', 'skip')
    t.deepEqual(skipped, [
      "3: expected the header's 2 fields, but got 3",
      "4: expected the header's 2 fields, but got 1 in the record of lines 4 to 5",
    ])
    t.deepEqual(vectors(), ef.encodeSync(['a dog', 'd']).data)
  }
})

for (const [order, encode] of [
  ['little', utf16],
  ['big', utf16BigEndian],
] as const) {
  test(`UTF-16 with a byte order mark is read in every format: ${order}-endian`, async (t) => {
    const texts = ['собака в парке', '犬 😀', 'a\u0a0ddog', '"']
    for (const [name, content] of [
      ['wide.txt', texts.join('\r\n')],
      ['wide.jsonl', texts.map((text) => `${JSON.stringify({ text })}\n`).join('')],
      ['wide.csv', `id;text\r\n${texts.map((text, i) => `${i};"${text.replaceAll('"', '""')}"\r\n`).join('')}`],
      ['wide.tsv', `id\ttext\n${texts.map((text, i) => `${i}\t${text}\n`).join('')}`],
    ] as const) {
      for (const bytes of [encode(content), gzipSync(encode(content))]) {
        const { code, err, vectors } = await embedded(name, bytes)
        t.deepEqual([code, err], [0, ''], name)
        t.deepEqual(vectors(), ef.encodeSync(texts).data)
      }
    }
    const empty = await embedded('empty.jsonl', encode(''))
    t.deepEqual([empty.code, empty.vectors().length], [0, 0])
  })

  test(`of UTF-16, half a pair and half a unit spoil their own line: ${order}-endian`, async (t) => {
    const content = Buffer.concat([encode('a\n\ud83d\nb\ud83d\ude00\n\ude00c\nd\n\ud83d'), Buffer.of(0)])
    const { skipped, vectors } = await embedded('half.txt', content, '--on-error', 'skip')
    t.deepEqual(
      skipped,
      [2, 4, 6].map((line) => `${line}: expected UTF-8, but got other bytes`),
    )
    t.deepEqual(vectors(), ef.encodeSync(['a', 'b😀', 'd']).data)
  })
}

test('UTF-32 is an error', async (t) => {
  const { code, err } = await embedded('wide.txt', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]))
  t.is(code, 1)
  t.regex(err, /wide\.txt: expected UTF-8, but got UTF-32: `iconv -f UTF-32 -t UTF-8` converts it\n$/)
})

for (const [name, encode] of [
  ['semicolons.csv', (text: string) => Buffer.from(text)],
  ['wide.csv', utf16],
  ['wide-big-endian.csv', utf16BigEndian],
  ['packed.csv', (text: string) => gzipSync(utf16(text))],
] as const) {
  test(`--resume goes on at the right record, with the delimiter of the header: ${name}`, async (t) => {
    const directory = emptyDirectory()
    const [file, whole, killed] = [name, 'whole.jsonl', 'killed.jsonl'].map((each) => path.join(directory, each)) as [
      string,
      string,
      string,
    ]
    const record = (i: number): string => `${i};"собака, ""${i}""\r\n;${'😀'.repeat(i % 7)}";x,y\r\n`
    writeFileSync(file, encode(`id;text;note\r\n${Array.from({ length: 9000 }, (_, i) => record(i)).join('')}`))
    const options = ['--id-field', 'id', '--with-text', '--checkpoint', '0', '--dimensionality', '1', ...MODEL]
    t.is((await model2vec('embed', file, '--out', whole, ...options)).code, 0)
    t.is((await signaled(['embed', file, '--out', killed, ...options], 'SIGKILL', 'checkpoint')).signal, 'SIGKILL')
    t.true(existsSync(`${killed}.partial`))
    const { code, err } = await model2vec('embed', file, '--out', killed, '--resume', ...options)
    t.deepEqual([code, err], [0, ''])
    t.true(readFileSync(killed).equals(readFileSync(whole)))
    t.is(readFileSync(whole, 'utf8').split('\n').length, 9001)
    const other = await model2vec('embed', file, '--out', killed, '--resume', ...options, '--delimiter', ',')
    t.is(other.code, 1)
    t.regex(other.err, /--delimiter/)
  })
}

test('dedupe writes the header and the lines of a table with any delimiter, in UTF-8', async (t) => {
  const content = 'id;text\r\n1;"a\ndog"\r\n2;"a\ndog"\r\n3;a park, a tree\r\n'
  for (const bytes of [Buffer.from(content), utf16(content)]) {
    const file = path.join(emptyDirectory(), 'in.csv')
    writeFileSync(file, bytes)
    const { code, out } = await model2vec('dedupe', file, ...MODEL)
    t.is(code, 0)
    t.is(out.replace('\ufeff', ''), 'id;text\n1;"a\ndog"\n3;a park, a tree\n')
  }
})

for (const [args, message] of [
  [['--delimiter', ';;'], /--delimiter should be one ASCII character other than a quote, but got ";;"/],
  [['--delimiter', '"'], /--delimiter should be one ASCII character/],
  [['--delimiter', '\\n'], /--delimiter should be one ASCII character/],
  [['--quotes', 'maybe'], /--quotes should be yes, no, but got maybe/],
  [['--on-null', 'drop'], /--on-null should be fail, skip, empty, but got drop/],
  [['--delimiter', ';', '--format', 'jsonl'], /--delimiter is for csv and tsv, but no input is a table/],
  [['--quotes', 'no', '--format', 'lines'], /--quotes is for csv and tsv, but no input is a table/],
] as const) {
  test(`an option that can not be meant is refused: ${args.join(' ')}`, async (t) => {
    const { code, err } = await embedded('a.csv', 'text\na\n', ...args)
    t.is(code, 2)
    t.regex(err, message)
  })
}

const python = pythonEnvironment('test/cli/tables.txt', 'pandas, polars')
const pythonTest = python.command === null ? test.skip : test

/** Numbers from 0 to below `limit`, the same in each run. */
function generator(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % limit
  }
}

const PIECES = [
  'a',
  'b ',
  ' ',
  '"',
  '""',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r\n',
  '\r',
  'ß',
  '😀',
  "'",
  '\\',
  '#',
  'NA',
  '""',
]
const ROWS = 2000
const BETWEEN = '<between>'

interface Nasty {
  readonly delimiter: string
  readonly quotes: boolean
  readonly eol: string
  readonly endsWithBreak: boolean
}

/** A table of four columns, of which the last has an empty name and no values: a trailing delimiter. */
function nastyTable({ delimiter, quotes, eol, endsWithBreak }: Nasty, seed: number): string {
  const next = generator(seed)
  const pieces = quotes ? PIECES : PIECES.filter((piece) => !/[\r\n]/.test(piece) && piece !== delimiter)
  const value = (): string => Array.from({ length: next(7) }, () => pieces[next(pieces.length)] ?? '').join('')
  const written = (text: string): string =>
    quotes && (/["\r\n]/.test(text) || text.includes(delimiter) || next(3) === 0)
      ? `"${text.replaceAll('"', '""')}"`
      : text
  const header = quotes ? ['"a, b; c|d"', '"line\nline"', 'text', 'last'] : ['a', 'b', 'text', 'last']
  const rows = Array.from({ length: ROWS }, () => [written(value()), written(value()), written(value()), ''])
  return [header, ...rows].map((row) => row.join(delimiter)).join(eol) + (endsWithBreak ? eol : '')
}

const DIALECTS = [
  [',', true],
  [';', true],
  ['\t', true],
  ['|', true],
  ['\t', false],
] as const
const ENCODINGS = [
  ['utf-8-sig', (text: string) => Buffer.from(text)],
  ['utf-8-sig', (text: string) => Buffer.from(`\ufeff${text}`)],
  ['utf-16', utf16],
  ['utf-16', utf16BigEndian],
] as const

pythonTest(
  `rows are those of Python's csv module, of pandas and of polars${'reason' in python ? `: ${python.reason}` : ''}`,
  async (t) => {
    if (python.command === null) return
    const directory = emptyDirectory()
    const tables = DIALECTS.flatMap(([delimiter, quotes], i) =>
      ENCODINGS.map(([encoding, encode], j) => {
        const file = path.join(directory, `${i}-${j}.${quotes ? 'csv' : 'tsv'}`)
        const nasty = { delimiter, quotes, eol: (i + j) % 2 === 0 ? '\n' : '\r\n', endsWithBreak: (i + j) % 3 > 0 }
        writeFileSync(file, encode(nastyTable(nasty, 1 + 4 * i + j)))
        return { path: file, delimiter, quotes, encoding }
      }),
    )
    const read = JSON.parse(
      execFileSync(python.command, ['test/cli/read_tables.py'], {
        encoding: 'utf8',
        input: JSON.stringify(tables),
        maxBuffer: 2 ** 30,
      }),
    ) as Record<string, string[][]>[]
    for (const [i, { path: file, quotes }] of tables.entries()) {
      const columns = quotes ? ['a, b; c|d', 'line\nline', 'text', 'last'] : ['a', 'b', 'text', 'last']
      const fields = columns.flatMap((name) => ['--text-field', name])
      const { code, out, err } = await model2vec(
        ...['embed', file, ...fields, '--join', BETWEEN, '--with-text', '--dimensionality', '1', ...MODEL],
      )
      t.deepEqual([code, err], [0, ''])
      const found = out.trimEnd().split('\n')
      t.is(found.length, ROWS)
      const rows = found.map((line) => (JSON.parse(line) as { text: string }).text.split(BETWEEN))
      for (const [reader, expected] of Object.entries(read[i] ?? {})) {
        t.is(expected.length, ROWS, reader)
        const other = rows.findIndex((row, at) => row.join(BETWEEN) !== expected[at]?.join(BETWEEN))
        t.is(other, -1, `${reader}, ${JSON.stringify([tables[i], rows[other], expected[other]])}`)
      }
    }
  },
)
