// Parquet and Arrow files as inputs: those of pyarrow, pandas, polars and DuckDB, with what these say
// is in them.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { vectorsOf } from './embedded.js'
import { outputReader } from './python.js'
import { emptyDirectory, model2vec, run, signaled } from './run.js'

const MODEL = ['--model', SMALL]
const ef = new Model2VecEmbeddingFunction(SMALL)

/** A file, as write_columns.py says it is. */
interface Written {
  readonly name: string
  readonly ids: readonly string[]
  readonly texts: readonly (string | null)[]
  readonly textField?: string
  readonly idField?: string
}

const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const folder = emptyDirectory()
const written: readonly Written[] =
  python.command === null
    ? []
    : (JSON.parse(
        execFileSync(python.command, ['test/cli/write_columns.py', folder], { encoding: 'utf8', maxBuffer: 2 ** 28 }),
      ) as Written[])
const columnTest = python.command === null ? test.skip : test
const at = (name: string): string => path.join(folder, name)

/** Files that are read with the same options: one run reads many. */
function groups(): Map<string, Written[]> {
  const found = new Map<string, Written[]>()
  for (const each of written) {
    const { textField = 'text', idField = 'id' } = each
    const options = ['--text-field', textField, '--id-field', idField]
    if (each.texts.includes(null)) options.push('--on-null', 'empty')
    const key = JSON.stringify(options)
    found.set(key, [...(found.get(key) ?? []), each])
  }
  return found
}

for (const [key, files] of groups()) {
  const options = JSON.parse(key) as string[]
  const paths = files.map(({ name }) => at(name))
  const texts = files.flatMap((each) => each.texts.map((text) => text ?? ''))

  columnTest(`every id and text is the one that was written: ${options.join(' ')}`, async (t) => {
    const { code, out, err } = await model2vec(
      'embed',
      ...paths,
      ...options,
      '--with-text',
      '--dimensionality',
      '1',
      ...MODEL,
    )
    t.is(code, 0, err)
    const rows = out.trimEnd().split('\n')
    let row = 0
    for (const { name, ids, texts: expected, textField = 'text' } of files) {
      const own = rows.slice(row, row + ids.length)
      row += ids.length
      t.deepEqual(
        own.map((line) => (JSON.parse(line) as Record<string, string>)[textField]),
        expected.map((text) => text ?? ''),
        name,
      )
      // As written: JSON.parse would round the largest.
      t.deepEqual(
        own.map((line) => /^\{"[^"]+":"?([^,"]*)"?,/.exec(line)?.[1]),
        ids,
        name,
      )
    }
    t.is(rows.length, row)
  })

  columnTest(`texts that only the engine needs are the same: ${options.join(' ')}`, async (t) => {
    const out = path.join(emptyDirectory(), 'out.npy')
    const without = options.filter((_, i) => options[i] !== '--id-field' && options[i - 1] !== '--id-field')
    const { code, err } = await model2vec('embed', ...paths, ...without, '-o', out, ...MODEL)
    t.is(code, 0, err)
    t.deepEqual(vectorsOf(out), (await ef.encode(texts)).data)
  })
}

columnTest('a null text fails, is left out or is empty', async (t) => {
  for (const name of [
    'null.parquet',
    'null-v2.parquet',
    'null-utf8.feather',
    'null-large.feather',
    'null-view.feather',
  ]) {
    const texts = written.find((each) => each.name === name)?.texts ?? []
    const failed = await model2vec('embed', at(name), '-o', path.join(emptyDirectory(), 'v.npy'), ...MODEL)
    t.deepEqual([failed.code, failed.out], [1, ''], name)
    t.is(failed.err, `model2vec: ${at(name)}:3: expected a string in "text", but got null\n`)
    const out = path.join(emptyDirectory(), 'v.npy')
    const { code, err } = await model2vec('embed', at(name), '--on-null', 'skip', '-o', out, ...MODEL)
    t.deepEqual([code, err], [0, 'model2vec: 1000 lines were skipped\n'])
    t.deepEqual(vectorsOf(out), (await ef.encode(texts.filter((text) => text !== null))).data)
  }
})

columnTest('the texts of several columns are joined', async (t) => {
  const { out } = await model2vec(
    'embed',
    at('exact.parquet'),
    '--text-field',
    'meta.inner.n',
    '--text-field',
    'meta.title',
    '--join',
    '-',
    '--with-text',
    ...MODEL,
  )
  t.deepEqual(
    out
      .split('\n')
      .slice(0, 2)
      .map((line) => (JSON.parse(line) as { text: string }).text),
    ['0-exact 0', '1-exact 1'],
  )
})

for (const name of ['lists.parquet', 'lists.feather', 'kept.parquet', 'kept.feather']) {
  const isLists = name.startsWith('lists')
  const arrow = name.endsWith('.feather')
  for (const [options, message] of [
    ...(isLists
      ? ([
          [
            ['--text-field', 'tags'],
            arrow
              ? 'expected strings in the column "tags", but got List<Utf8>'
              : 'expected strings in the column "tags", but got LIST',
          ],
          [
            ['--keep', arrow ? 'lasted' : 'prices'],
            arrow
              ? 'expected values that can be kept in the column "lasted", but got Duration<MICROSECOND>'
              : 'expected values that can be kept in the column "prices", but got LIST',
          ],
        ] as const)
      : ([
          [
            ['--text-field', 'body'],
            'expected a column "body", but there is only "id", "text", "flag", "small", "wide", "single", "double", "raw", "day", "when", …',
          ],
          [['--text-field', 'raw'], arrow ? 'expected strings in the column "raw", but got Binary' : null],
          [
            ['--id-field', 'double'],
            `expected strings or integers in the column "double", but got ${arrow ? 'Float64' : 'DOUBLE'}`,
          ],
          [
            ['--id-field', 'price'],
            `expected strings or integers in the column "price", but got ${arrow ? 'Decimal[38e+6]' : 'DECIMAL'}`,
          ],
        ] as const)),
  ] as const) {
    if (message === null) continue
    columnTest(`a column of another type is named with its file and type: ${name} ${options.join(' ')}`, async (t) => {
      const { code, out, err } = await model2vec('embed', at(name), ...options, ...MODEL)
      t.deepEqual([code, out, err], [1, '', `model2vec: ${at(name)}: ${message}\n`])
    })
  }
}

const reader = outputReader()
;(python.command !== null && 'read' in reader ? test : test.skip)(
  'with --keep all, a dataset comes out as it was, with one column more',
  async (t) => {
    if (python.command === null || !('read' in reader)) return
    for (const input of ['kept.parquet', 'kept.feather']) {
      for (const ending of ['parquet', 'arrow']) {
        const out = path.join(emptyDirectory(), `out.${ending}`)
        const { code, err } = await model2vec('embed', at(input), '--keep', 'all', '-o', out, ...MODEL)
        t.is(code, 0, err)
        t.notThrows(() => {
          execFileSync(python.command, ['test/cli/compare_columns.py', at(input), out])
        }, `${input} ${ending}`)
      }
      const { out } = await model2vec('embed', at(input), '--keep', 'wide,price,text', '--id-field', 'id', ...MODEL)
      t.regex(out, /^\{"id":1,"wide":18446744073709551615,"price":"12345678901234567890\.123456","text":"text number 0/)
      t.regex(out, /\n\{"id":9007199254740993,"wide":null,"price":null,"text":"[^"]+","embedding":/)
    }
  },
)

columnTest('search and bench read columns, and large ids stay what they are', async (t) => {
  const { out, code } = await model2vec(
    'search',
    'a dog',
    at('kept.parquet'),
    '--id-field',
    'id',
    '--json',
    '-k',
    '3',
    ...MODEL,
  )
  t.is(code, 0)
  t.regex(out, /"line":2,"id":9007199254740993,|"line":3,"id":-5,/)
  const bench = await model2vec('bench', at('kept.feather'), '--rounds', '1', '--json', ...MODEL)
  t.is((JSON.parse(bench.out) as { texts: number }).texts, 3)
})

columnTest('commands that write lines as they are say that columns have none', async (t) => {
  const { code, err } = await model2vec('dedupe', at('kept.parquet'), ...MODEL)
  t.is(code, 2)
  t.regex(err, /rows are written as the lines that they are, but \S+kept\.parquet is Parquet, which has none/)
})

for (const name of ['snappy-v1.parquet', 'null-struct.parquet', 'lz4.feather', 'stream.arrow']) {
  columnTest(`a run over columns that was interrupted goes on where it was: ${name}`, async (t) => {
    const directory = emptyDirectory()
    const found = written.find((each) => each.name === name)
    const options = [
      '--text-field',
      found?.textField ?? 'text',
      '--id-field',
      'id',
      '--on-null',
      'skip',
      '--checkpoint',
      '0',
      ...MODEL,
    ]
    const [whole, resumed] = [path.join(directory, 'whole.parquet'), path.join(directory, 'resumed.parquet')]
    t.is((await model2vec('embed', at(name), '-o', whole, ...options)).code, 0)
    await signaled(['embed', at(name), '-o', resumed, ...options], 'SIGKILL', 'checkpoint')
    const again = await model2vec('embed', at(name), '-o', resumed, '--resume', ...options)
    t.is(again.code, 0, again.err)
    t.deepEqual(readFileSync(resumed), readFileSync(whole))
  })
}

columnTest('Arrow comes through a pipe, Parquet does not', async (t) => {
  for (const name of ['stream-lz4.arrow', 'lz4.feather']) {
    const out = path.join(emptyDirectory(), 'out.npy')
    const args = ['embed', '-', '--format', 'arrow', '-o', out, ...MODEL]
    t.is((await run(args, { stdin: readFileSync(at(name)) })).code, 0)
    const texts = written.find((each) => each.name === name)?.texts ?? []
    t.deepEqual(vectorsOf(out), (await ef.encode(texts as string[])).data)
  }
  const parquet = await run(['embed', '-', '--format', 'parquet', ...MODEL], {
    stdin: readFileSync(at('kept.parquet')),
  })
  t.deepEqual([parquet.code, parquet.err], [1, 'model2vec: <stdin>: Parquet is read from files only\n'])
})
