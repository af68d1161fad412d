// Texts, ids and kept strings that are only written again stay bytes of UTF-8 on their way. What an
// output holds is what JSON.parse, or pyarrow, says of the input all the same.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { pythonEnvironment } from '../python-environment.js'
import { crc, SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

const ef = new Model2VecEmbeddingFunction(SMALL)
const MODEL = ['--model', SMALL]
const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const pythonTest = python.command === null ? test.skip : test

const TEXTS = [
  '"a dog"',
  '"∑ ß 漢字 😀"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f"',
  '"\\ud83d\\ude00 \\ud83d"',
  '""',
]
const NUMBERS = ['0', '-0', '17', '-5', '1.5', '1e3', '123456789012345', '9007199254740991', '1E-7']
const STRINGS = ['"x"', '""', '"17"', '"\\u00e4\\n"', '"\\udc00"', '"漢"']

function lines(ids: readonly string[]): string {
  const rows = ids.flatMap((id, i) => [
    `{"doc":{"id":${id}},"text":${TEXTS[i % TEXTS.length] ?? ''}}`,
    // One that only JSON.parse reads, as a key has an escape.
    `{"t\\u0065xt":${TEXTS[(i + 1) % TEXTS.length] ?? ''},"doc":{"id":${id}}}`,
    ...(i % 3 === 0 ? [''] : []),
  ])
  return `${rows.join('\n')}\n`
}

interface Row {
  readonly 'doc.id': string | number
  readonly text: string
  readonly embedding?: readonly number[]
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

/** What the lines hold; a lone surrogate is written as U+FFFD. */
function rowsOf(content: string): Row[] {
  const rows = content.split('\n').filter((line) => line !== '')
  return rows.map((line) => {
    const { doc, text } = JSON.parse(line) as { doc: { id: string | number }; text: string }
    const id = typeof doc.id === 'string' ? wellFormed(doc.id) : doc.id === 0 ? 0 : doc.id
    return { 'doc.id': id, text: wellFormed(text) }
  })
}

const COLUMNS = ['--id-field', 'doc.id', '--with-text']

for (const [name, ids] of [
  ['numbers', NUMBERS],
  ['strings', STRINGS],
  ['numbers and strings in turn', STRINGS.flatMap((id, i) => [NUMBERS[i] ?? '0', id])],
] as const) {
  test(`JSON Lines have the ids and texts that JSON.parse finds, of ${name}`, async (t) => {
    const directory = emptyDirectory()
    const [file, out] = [path.join(directory, 'in.jsonl'), path.join(directory, 'out.jsonl')]
    const content = lines([...ids, ...ids, ...ids])
    writeFileSync(file, content)
    const { code, err } = await model2vec('embed', file, '-o', out, ...COLUMNS, ...MODEL)
    t.deepEqual([code, err], [0, ''])
    const found = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
    t.deepEqual(
      found.map((row) => ({ 'doc.id': row['doc.id'], text: row.text })),
      rowsOf(content),
    )
    const texts = content
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as Row).text)
    const vectors = Float32Array.from(found.flatMap(({ embedding = [] }) => embedding))
    t.is(crc(vectors), crc(ef.encodeSync(texts).data))
  })
}

/** Ids and texts of an output as pyarrow reads them, as JSON. */
const READ = `
import json, sys
import pyarrow.feather, pyarrow.parquet
read = pyarrow.parquet.read_table if sys.argv[1].endswith(".parquet") else pyarrow.feather.read_table
print(json.dumps(read(sys.argv[1]).drop_columns(["embedding"]).to_pylist()))
`

function readBack(file: string): unknown {
  return JSON.parse(execFileSync(python.command ?? '', ['-c', READ, file], { encoding: 'utf8' }))
}

const WHOLE = NUMBERS.filter((id) => Number.isInteger(Number(id)))
for (const ending of ['parquet', 'arrow']) {
  for (const [name, ids] of [
    ['integers', WHOLE],
    ['strings', STRINGS],
  ] as const) {
    pythonTest(`pyarrow reads the ids and texts that JSON.parse finds, of ${name}: .${ending}`, async (t) => {
      const directory = emptyDirectory()
      const [file, out] = [path.join(directory, 'in.jsonl'), path.join(directory, `out.${ending}`)]
      const content = lines(ids)
      writeFileSync(file, content)
      const { code, err } = await model2vec('embed', file, '-o', out, ...COLUMNS, ...MODEL)
      t.deepEqual([code, err], [0, ''])
      t.deepEqual(readBack(out), rowsOf(content))
    })
  }
}

/** Writes a table whose column `other` has strings that are no UTF-8: the bytes c3, then 28. */
const WRITE_BROKEN = `
import sys
import pyarrow as pa, pyarrow.feather, pyarrow.parquet
offsets = pa.array([0, 2, 3, 5], pa.int32()).buffers()[1]
broken = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ab" + %s)])
table = pa.table({"text": ["a", "b", "c"], "other": broken})
if sys.argv[1].endswith(".parquet"):
    pyarrow.parquet.write_table(table, sys.argv[1])
else:
    pyarrow.feather.write_feather(table, sys.argv[1], compression="uncompressed")
`

for (const ending of ['parquet', 'feather']) {
  for (const [what, bytes] of [
    ['no UTF-8', 'b"x\\xc3\\x28"'],
    ['a character that two of them share', 'b"\\xc3\\xa4a"'],
  ] as const) {
    pythonTest(`strings of an id or a kept column that are ${what} end the run: .${ending}`, async (t) => {
      const directory = emptyDirectory()
      const [file, out] = [path.join(directory, `in.${ending}`), path.join(directory, 'out.parquet')]
      execFileSync(python.command ?? '', ['-c', WRITE_BROKEN.replace('%s', bytes), file])
      for (const option of ['--id-field', '--keep']) {
        const { code, err } = await model2vec('embed', file, '-o', out, option, 'other', ...MODEL)
        t.is(code, 1)
        t.regex(err, new RegExp(`^model2vec: .*in\\.${ending}: .*: expected UTF-8, but got other bytes\n$`))
        t.false(existsSync(out))
      }
    })
  }
}

/** Writes a page of nulls alone that says that it is packed, and has no bytes, as parquet-java does. */
const WRITE_NOTHING_PACKED = `
import sys
import pyarrow as pa, pyarrow.parquet as pq
table = pa.table({"text": ["a", "b"], "other": pa.array([None, None], pa.string())})
options = dict(compression="snappy", use_dictionary=False, data_page_version="2.0", write_statistics=False)
pq.write_table(table, sys.argv[1], **options)
column = pq.read_metadata(sys.argv[1]).row_group(0).column(1)
data = bytearray(open(sys.argv[1], "rb").read())
# The field is_compressed of the page's header in Thrift's compact form: false becomes true.
place = data.index(0x12, column.data_page_offset)
assert place < column.data_page_offset + column.total_compressed_size
data[place] = 0x11
open(sys.argv[1], "wb").write(data)
assert pq.read_table(sys.argv[1]).column("other").to_pylist() == [None, None]
`

pythonTest('a Parquet page of nulls alone, packed to nothing by Snappy, is read as nulls', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'in.parquet'), path.join(directory, 'out.jsonl')]
  execFileSync(python.command ?? '', ['-c', WRITE_NOTHING_PACKED, file])
  const { code, err } = await model2vec('embed', file, '-o', out, '--keep', 'other', ...MODEL)
  t.deepEqual([code, err], [0, ''])
  const rows = readFileSync(out, 'utf8').trimEnd().split('\n')
  t.deepEqual(
    rows.map((row) => (JSON.parse(row) as { other: unknown }).other),
    [null, null],
  )
})
