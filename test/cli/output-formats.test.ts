// The output formats of `model2vec embed`, read back by the readers that people have: numpy,
// pyarrow, DuckDB and polars. Every element type of the vectors, every type of the other columns,
// row groups, packed lines, and what a run says about itself.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import zlib from 'node:zlib'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import type * as columnModule from '../../build/modules/cli/column.js'
import type { OutputRows } from '../../build/modules/cli/output/format.js'
import type * as sinkModule from '../../build/modules/cli/output/sink.js'
import { corpus, crc, manyTexts, SMALL } from '../test-data.js'
import { load } from '../modules.js'
import { OUTPUT_FORMATS } from './modules.js'
import { outputReader } from './python.js'
import { emptyDirectory, model2vec, run } from './run.js'

const { FileSink } = load('cli/output/sink') as typeof sinkModule

const ef = new Model2VecEmbeddingFunction(SMALL)
const MODEL = ['--model', SMALL]
const documents = corpus('docs_en_300')
const hasZstd = 'zstdCompress' in zlib
const python = outputReader()
const pythonTest = 'read' in python ? test : test.skip
const readWithPython = 'read' in python ? python.read : () => []
const evaluate = 'evaluate' in python ? python.evaluate : () => null

/** A file of texts with ids. */
function documentsFile(): { file: string; at: (name: string) => string } {
  const directory = emptyDirectory()
  const at = (name: string): string => path.join(directory, name)
  const lines = documents.map((text, i) => `${JSON.stringify({ id: 2 ** 40 + i, text })}\n`)
  writeFileSync(at('documents.jsonl'), lines.join(''))
  return { file: at('documents.jsonl'), at }
}

for (const [dtype, types] of [
  ['float32', { arrow: 'Array(Float32, shape=(32,))', duckdb: 'FLOAT[]', polars: 'List(Float32)' }],
  ['float16', { arrow: 'Array(Float16, shape=(32,))', duckdb: 'FLOAT[]', polars: 'List(Float16)' }],
  ['bfloat16', { arrow: 'Binary', duckdb: 'BLOB', polars: 'Binary' }],
  ['int8', { arrow: 'Array(Int8, shape=(32,))', duckdb: 'TINYINT[]', polars: 'List(Int8)' }],
  ['binary', { arrow: 'Binary', duckdb: 'BLOB', polars: 'Binary' }],
] as const) {
  pythonTest(`pyarrow, DuckDB and polars read the same ${dtype} vectors, with integer ids and texts`, async (t) => {
    const { file, at } = documentsFile()
    const matrix = ef.encodeSync(documents, { dtype, normalize: true })
    const outputs = [at('o.arrow'), at('o.parquet')]
    for (const out of outputs) {
      const columns = ['--id-field', 'id', '--with-text', '--normalize', '--dtype', dtype]
      const { code, err } = await model2vec('embed', file, '-o', out, ...columns, ...MODEL)
      t.deepEqual([code, err], [0, ''])
    }
    const [arrow, parquet] = readWithPython(...outputs, '--others')
    const columns = { id: documents.map((_, i) => 2 ** 40 + i), text: documents }
    for (const found of [arrow, parquet]) t.deepEqual([found?.crc, found?.columns], [crc(matrix.data), columns])
    // DuckDB makes float32 of float16.
    const widened = Float32Array.from(matrix.toArray().flat())
    const ofDuckdb = dtype === 'float16' ? crc(widened) : crc(matrix.data)
    const polars = (vectors: string, sum: number): object => ({
      types: { id: 'Int64', text: 'String', embedding: vectors },
      crc: sum,
    })
    t.deepEqual(arrow?.others, { polars: polars(types.arrow, crc(matrix.data)) })
    t.deepEqual(parquet?.others, {
      duckdb: { types: { id: 'BIGINT', text: 'VARCHAR', embedding: types.duckdb }, crc: ofDuckdb },
      polars: polars(types.polars, crc(matrix.data)),
    })
  })
}

type ColumnData = columnModule.ColumnData

/** A column of every type, with nulls and without. */
const COLUMNS: readonly (ColumnData & { readonly shown: readonly unknown[] })[] = (
  [
    ['string', ['a', '', '\u{1f415} "q"\n'], ['a', '', '\u{1f415} "q"\n']],
    ['boolean', [true, false, true], [true, false, true]],
    ['int32', Int32Array.of(1, -2147483648, 2147483647), [1, -2147483648, 2147483647]],
    ['int64', [1, -(2n ** 63n), 2n ** 63n - 1n], ['1', '-9223372036854775808', '9223372036854775807']],
    ['uint64', [1n, 0n, 2n ** 64n - 1n], ['1', '0', '18446744073709551615']],
    ['float32', Float32Array.of(1, -0.5, 3.5), [1, -0.5, 3.5]],
    ['float64', [1, 0.1, -1e300], [1, 0.1, -1e300]],
    ['bytes', [Uint8Array.of(1, 255), Uint8Array.of(), Uint8Array.of(0)], ['01ff', '', '00']],
    ['date', [0, -1, 20000], ['1970-01-01', '1969-12-31', '2024-10-04']],
    ['json', ['{"a":[1]}', 'null', '"x"'], ['{"a":[1]}', 'null', '"x"']],
  ] as const
).flatMap(([type, values, shown]) => {
  const withNull = [values[0], null, values[2]]
  return [
    { column: { name: type, type, isNullable: false }, values, shown },
    { column: { name: `${type}?`, type, isNullable: true }, values: withNull, shown: [shown[0], null, shown[2]] },
  ]
})
/** With every unit, and with and without a time zone. */
const TIMES = (['ms', 'us', 'ns'] as const).flatMap((unit) =>
  [false, true].map((isUtc) => {
    const perSecond = { ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n }[unit]
    const digits = { ms: '.001', us: '.000001', ns: '.000000001' }[unit]
    return {
      column: { name: `${unit} ${isUtc ? 'UTC' : ''}`, type: 'timestamp', isNullable: true, unit, isUtc } as const,
      values: [1_700_000_000n * perSecond + 1n, null, -perSecond],
      json: [`2023-11-14T22:13:20${digits}`, null, `1969-12-31T23:59:59${digits.replaceAll('1', '0')}`],
    }
  }),
)

/** Writes three rows with these columns. */
async function written(ending: string, columns: readonly ColumnData[]): Promise<string> {
  const file = path.join(emptyDirectory(), `out${ending}`)
  const format = OUTPUT_FORMATS.find((each) => each.ending === ending)
  const matrix = ef.encodeSync(['a', 'b', 'c'])
  const { dim, width } = matrix
  const vector = { name: 'embedding', dtype: 'float32', dim, width, isBase64: false, isForMilvus: false } as const
  const handle = await open(file, 'wx+')
  try {
    const of = columns.map(({ column }) => column)
    const output = await format?.open(
      new FileSink(handle, 0),
      { ...vector, threads: 2, metadata: {}, columns: of },
      null,
    )
    // The class of the package's types is another one than that of the modules'.
    await output?.write({
      columns,
      matrix: matrix as unknown as OutputRows['matrix'],
      isSparse: false,
      placeOf: String,
    })
    await output?.finish()
  } finally {
    await handle.close()
  }
  return file
}

for (const ending of ['.parquet', '.arrow']) {
  pythonTest(`columns of every type, with nulls, are read back by three readers: ${ending}`, async (t) => {
    const file = await written(ending, COLUMNS)
    const expected = Object.fromEntries(COLUMNS.map(({ column, shown }) => [column.name, shown]))
    const script = `
import base64, datetime, json, sys
import duckdb, polars, pyarrow.ipc, pyarrow.parquet
path = sys.argv[1]
def shown(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value
def columns(table):
    found = {name: list(map(shown, table[name].to_pylist())) for name in table.column_names if name != "embedding"}
    for name in list(found):
        if "int64" in name:
            found[name] = [None if each is None else str(each) for each in found[name]]
    return found
if path.endswith("parquet"):
    tables = [pyarrow.parquet.read_table(path), duckdb.sql(f"from '{path}'").to_arrow_table(), polars.read_parquet(path).to_arrow()]
else:
    tables = [pyarrow.ipc.open_file(path).read_all(), polars.read_ipc(path).to_arrow()]
tables[0].validate(full=True)
print(json.dumps([columns(table) for table in tables]))
`
    const found = evaluate(script, file) as unknown[]
    t.is(found.length, ending === '.parquet' ? 3 : 2)
    for (const table of found) t.deepEqual(table, expected)
  })

  pythonTest(`timestamps keep their unit and whether they are points in time: ${ending}`, async (t) => {
    const file = await written(ending, TIMES)
    const script = `
import json, sys
import pyarrow, pyarrow.ipc, pyarrow.parquet
path = sys.argv[1]
table = pyarrow.parquet.read_table(path) if path.endswith("parquet") else pyarrow.ipc.open_file(path).read_all()
print(json.dumps([[str(table[name].type), [None if each is None else str(each) for each in table[name].cast(pyarrow.int64()).to_pylist()]] for name in table.column_names if name != "embedding"]))
`
    t.deepEqual(
      evaluate(script, file),
      TIMES.map(({ column, values }) => [
        `timestamp[${column.unit}${column.isUtc ? ', tz=UTC' : ''}]`,
        values.map((value) => (value === null ? null : String(value))),
      ]),
    )
  })
}

test('columns of every type are JSON: integers with all digits, bytes as base64, times as ISO 8601', async (t) => {
  const file = await written('.jsonl', [...COLUMNS, ...TIMES])
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const vectors = ef.encodeSync(['a', 'b', 'c']).toArray()
  t.is(lines.length, 3)
  for (const [row, line] of lines.entries()) {
    // Numbers as their digits.
    const object = JSON.parse(line.replaceAll(/"(u?int64\??)":(-?\d+)/g, '"$1":"$2"')) as Record<string, unknown>
    for (const { column, shown } of COLUMNS) {
      const value = shown[row] ?? null
      const expected =
        value === null
          ? null
          : column.type === 'bytes'
            ? Buffer.from(value as string, 'hex').toString('base64')
            : column.type === 'json'
              ? (JSON.parse(value as string) as unknown)
              : value
      t.deepEqual(object[column.name], expected)
    }
    for (const { column, json } of TIMES) {
      const time = json[row] ?? null
      t.is(object[column.name], time === null ? null : `${time}${column.isUtc ? 'Z' : ''}`)
    }
    t.deepEqual((object.embedding as number[]).map(Math.fround), vectors[row])
  }
})

test('a later row group of other columns is an error that names the input and the line', async (t) => {
  const directory = emptyDirectory()
  const files = ['a', 'b'].map((name) => path.join(directory, `${name}.jsonl`)) as [string, string]
  writeFileSync(files[0], '{"id":1,"text":"a"}\n')
  writeFileSync(files[1], '{"id":2,"text":"a"}\n{"id":"3","text":"a"}\n')
  const out = path.join(directory, 'out.parquet')
  const { code, err } = await model2vec('embed', ...files, '-o', out, '--id-field', 'id', ...MODEL)
  t.is(code, 1)
  t.regex(err, /b\.jsonl:2: expected an integer in "id", but got "3"/)
  t.false(existsSync(out))
})

const MANY = 70_000
pythonTest('Parquet has row groups of 32,768 rows, no statistics of vectors, and says what made it', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'many.jsonl'), path.join(directory, 'out.parquet')]
  const texts = manyTexts(MANY)
  writeFileSync(file, texts.map((text, id) => `${JSON.stringify({ id, text })}\n`).join(''))
  t.is((await model2vec('embed', file, '-o', out, '--id-field', 'id', '--with-text', ...MODEL)).code, 0)
  const script = `
import json, sys
import pyarrow.parquet
meta = pyarrow.parquet.ParquetFile(sys.argv[1]).metadata
groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
print(json.dumps({
  "rows": [group.num_rows for group in groups],
  "columns": [groups[0].column(i).path_in_schema for i in range(3)],
  "codecs": [groups[0].column(i).compression for i in range(3)],
  "statistics": groups[0].column(2).is_stats_set,
  "metadata": {key.decode(): value.decode() for key, value in meta.metadata.items() if key.startswith(b"model2vec")},
}))
`
  t.deepEqual(evaluate(script, out), {
    rows: [32768, 32768, 4464],
    columns: ['id', 'text', 'embedding.list.element'],
    codecs: ['SNAPPY', 'SNAPPY', 'UNCOMPRESSED'],
    statistics: false,
    metadata: {
      'model2vec.model': SMALL,
      'model2vec.revision': '',
      'model2vec.dtype': 'float32',
      'model2vec.dim': '32',
    },
  })
  const [found] = readWithPython(out, '--others')
  t.deepEqual([found?.rows, found?.crc], [MANY, crc((await ef.encode(texts)).data)])
  const { duckdb, polars } = found?.others ?? {}
  t.deepEqual([duckdb?.crc, polars?.crc], [found?.crc, found?.crc])
})

for (const [ending, unpack] of [
  ['jsonl', (bytes) => bytes],
  ['jsonl.gz', (bytes) => zlib.gunzipSync(bytes)],
] as readonly [string, (bytes: Buffer) => Buffer][]) {
  test(`lines have numbers, or with --vector-encoding base64 the bytes: .${ending}`, async (t) => {
    const { file, at } = documentsFile()
    const matrix = ef.encodeSync(documents)
    for (const encoding of ['numbers', 'base64']) {
      const out = at(`${encoding}.${ending}`)
      const options = ['--vector-encoding', encoding, '--vector-field', 'vector "v"', '--id-field', 'id']
      const { code, err } = await model2vec('embed', file, '-o', out, ...options, ...MODEL)
      t.deepEqual([code, err], [0, ''])
      const lines = unpack(readFileSync(out)).toString().trimEnd().split('\n')
      const rows = lines.map((line) => JSON.parse(line) as { id: number; 'vector "v"': number[] | string })
      t.deepEqual(
        rows.map(({ id, 'vector "v"': vector }) => [
          id,
          typeof vector === 'string' ? Buffer.from(vector, 'base64') : vector.map(Math.fround),
        ]),
        documents.map((_, i) => [
          2 ** 40 + i,
          encoding === 'base64' ? Buffer.from(matrix.row(i).slice().buffer) : (matrix.toArray()[i] ?? []),
        ]),
      )
    }
  })
}

test('no rows are an empty packed file, which can be unpacked', async (t) => {
  const directory = emptyDirectory()
  const [file, out] = [path.join(directory, 'empty.jsonl'), path.join(directory, 'out.jsonl.gz')]
  writeFileSync(file, '')
  t.is((await model2vec('embed', file, '-o', out, ...MODEL)).code, 0)
  t.is(zlib.gunzipSync(readFileSync(out)).length, 0)
})

test('zstd is packed where the runtime has it, and else an error with the way out', async (t) => {
  const { file, at } = documentsFile()
  const { code, err } = await model2vec('embed', file, '-o', at('o.jsonl.zst'), ...MODEL)
  if (!hasZstd) {
    const rest = `this is ${process.version}: choose .gz (ERR_NOT_INSTALLED)\n`
    t.deepEqual([code, err], [1, `model2vec: zstd is packed by Node 22.15 and later, but ${rest}`])
    t.false(existsSync(at('o.jsonl.zst')))
    return
  }
  t.is(code, 0)
  // Embedded again, the lines are those of the plain file.
  t.is((await model2vec('embed', file, '-o', at('o.jsonl'), ...MODEL)).code, 0)
  const again = async (name: string): Promise<Buffer> => {
    const out = at(`${name}.npy`)
    t.is((await model2vec('embed', at(name), '--format', 'lines', '-o', out, ...MODEL)).code, 0)
    return readFileSync(out)
  }
  t.deepEqual(await again('o.jsonl.zst'), await again('o.jsonl'))
})

test('--progress json is lines of JSON on standard error, the last with all texts', async (t) => {
  const { file, at } = documentsFile()
  const { code, err } = await model2vec('embed', file, '-o', at('o.npy'), '--progress', 'json', ...MODEL)
  t.is(code, 0)
  const entries = err
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const bytes = readFileSync(file).length
  const { event, texts, bytes: read, totalBytes, secondsLeft } = entries.at(-1) ?? {}
  t.deepEqual([event, texts, read, totalBytes, secondsLeft], ['end', 300, bytes, bytes, 0])
  for (const entry of entries.slice(0, -1)) t.is(entry.event, 'progress')
  const piped = await run(['embed', '-', '--format', 'jsonl', '-o', at('p.npy'), '--progress', 'json', ...MODEL], {
    stdin: readFileSync(file),
  })
  t.is((JSON.parse(piped.err.trimEnd().split('\n').at(-1) ?? '') as { totalBytes: unknown }).totalBytes, null)
})

for (const [args, message] of [
  [
    ['-o', 'o.npy', '--vector-field', 'v'],
    /\.npy holds vectors only: --id-field, --with-text, --keep, --vector-field and --chunk/,
  ],
  [['-o', 'o.parquet', '--vector-encoding', 'base64'], /--vector-encoding is for \.jsonl, but --out is o\.parquet/],
  [['-o', 'o.jsonl', '--vector-encoding', 'hex'], /--vector-encoding should be numbers or base64|hex/],
  [['-o', 'o.parquet', '--id-field', 'v', '--vector-field', 'v'], /--id-field v would be a second column/],
  [['-o', 'o.jsonl', '--progress', 'xml'], /--progress should be bar/],
  [['-o', 'o.arrow', '--milvus'], /with --milvus --out should end with \.parquet, \.json, \.npy, but got o\.arrow/],
] as const) {
  test(`options that an output has no place for are an error: ${args.join(' ')}`, (t) => {
    const { file } = documentsFile()
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.resolve('dist/cli/main.js'), 'embed', file, ...args, ...MODEL],
      { cwd: path.dirname(file), encoding: 'utf8' },
    )
    t.is(status, 2)
    t.regex(stderr, message)
  })
}
