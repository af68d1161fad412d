// Columns of Parquet and Arrow whose names or values could be taken for others: nothing is lost or
// made up without a word.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'
import type { Outcome } from './run.js'

const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const columnTest = python.command === null ? test.skip : test
const folder = emptyDirectory()
if (python.command !== null) execFileSync(python.command, ['test/cli/write_odd_columns.py', folder])

function embed(name: string, ...args: readonly string[]): Promise<Outcome> {
  return model2vec('embed', path.join(folder, name), '--model', SMALL, '--dimensionality', '1', ...args)
}

/** The types of the columns of a Parquet file, as pyarrow names them. */
function typesOf(file: string): Record<string, string> {
  const code =
    'import json, sys, pyarrow.parquet as p; print(json.dumps({f.name: str(f.type) for f in p.read_schema(sys.argv[1])}))'
  const args = ['-c', code, file]
  return JSON.parse(execFileSync(python.command ?? '', args, { encoding: 'utf8' })) as Record<string, string>
}

/** The objects of the output, without their vectors. */
function rowsOf({ out }: Outcome): unknown[] {
  const lines = out.trimEnd().split('\n')
  return lines.map((line) => ({ ...(JSON.parse(line) as object), embedding: undefined }))
}

for (const ending of ['parquet', 'feather']) {
  columnTest(`a column that a file has twice is refused, as it can't be said which is meant: .${ending}`, async (t) => {
    for (const options of [[], ['--text-field', 'id'], ['--keep', 'all']]) {
      const { code, err } = await embed(`twice.${ending}`, ...options)
      t.is(code, 1)
      if (options[0] !== '--text-field') t.regex(err, /twice\.\w+ has several columns "text"\n$/)
    }
  })

  columnTest(`a kept column with the name of the joined texts is refused, not left out: .${ending}`, async (t) => {
    const fields = ['--text-field', 'title', '--text-field', 'body', '--with-text']
    const { code, err } = await embed(`joined.${ending}`, ...fields, '--keep', 'text')
    t.is(code, 1)
    t.regex(err, /has a column "text", as that of the joined texts is named/)
    t.is((await embed(`joined.${ending}`, ...fields, '--keep', 'title')).code, 0)
  })

  columnTest(`JSON on several lines is written on one, and what is no JSON as a string: .${ending}`, async (t) => {
    const outcome = await embed(`lines.${ending}`, '--keep', 'j')
    t.is(outcome.code, 0, outcome.err)
    t.deepEqual(rowsOf(outcome), [
      { j: { n: 12345678901234567000 }, embedding: undefined },
      { j: 'no\njson', embedding: undefined },
      { j: null, embedding: undefined },
    ])
    t.true(outcome.out.includes('12345678901234567890'), 'a large integer keeps its digits')
  })
}

for (const ending of ['parquet', 'feather']) {
  const file = path.join(folder, `nested.${ending}`)

  columnTest(
    `lists, structs, maps and times of day are kept as JSON has them, in all digits: .${ending}`,
    async (t) => {
      const outcome = await embed(`nested.${ending}`, '--keep', 'all')
      t.deepEqual([outcome.code, outcome.err], [0, ''])
      const expected = readFileSync(`${file}.jsonl`, 'utf8').trimEnd().split('\n')
      t.deepEqual(
        rowsOf(outcome),
        expected.map((line) => ({ ...(JSON.parse(line) as object), embedding: undefined })),
      )
      for (const digits of [2n ** 62n + 1n, 2n ** 60n + 1n]) t.true(outcome.out.includes(String(digits)))
    },
  )

  columnTest(`of --keep to Parquet and Arrow such columns are strings of JSON: .${ending}`, async (t) => {
    const lines = await embed(`nested.${ending}`, '--keep', 'all')
    for (const out of ['parquet', 'arrow'].map((each) => path.join(emptyDirectory(), `out.${each}`))) {
      t.is((await embed(`nested.${ending}`, '--keep', 'all', '-o', out)).code, 0)
      const again = await model2vec(
        'embed',
        out,
        '--model',
        SMALL,
        '--dimensionality',
        '1',
        '--keep',
        'struct,map,numbers',
        '--vector-field',
        'v',
      )
      const values = again.out.trimEnd().split('\n')
      const parsed = values.map((line) => {
        const { struct, map, numbers } = JSON.parse(line) as Record<string, string | null>
        return [struct, map, numbers].map((json) => (json == null ? null : (JSON.parse(json) as unknown)))
      })
      t.deepEqual(
        parsed,
        (rowsOf(lines) as Record<string, unknown>[]).map((row) => [row.struct, row.map, row.numbers]),
      )
    }
  })

  columnTest(`a time that JavaScript has no date for is an error with its row: .${ending}`, async (t) => {
    const { code, err } = await embed(`far.${ending}`, '--keep', 'at')
    t.is(code, 1)
    t.regex(err, /far\.\w+:2: expected a time within 100,000,000 days of 1970/)
    t.is((await embed(`far.${ending}`, '--keep', 'at', '-o', path.join(emptyDirectory(), 'o.arrow'))).code, 0)
  })
}

columnTest(
  'ids of 32 and 64 bits, signed and not, are of one type in one output, which holds all of them',
  async (t) => {
    const paths = ['ids32.parquet', 'ids64.feather', 'idsu64.parquet'].map((name) => path.join(folder, name))
    const out = path.join(emptyDirectory(), 'out.parquet')
    const options = ['--id-field', 'id', '--model', SMALL, '--dimensionality', '1']
    t.is((await model2vec('embed', ...paths, '-o', out, ...options)).code, 0)
    t.is(typesOf(out).id, 'int64')
    const again = await model2vec('embed', out, '--text-field', 'id', ...options)
    t.regex(again.err, /expected strings in the column "id"/)
    const ids = [0n, 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 53n + 2n, 2n ** 53n + 3n]
    const lines = await model2vec('embed', ...paths, ...options)
    t.deepEqual(
      lines.out
        .trimEnd()
        .split('\n')
        .map((line) => /"id":(\d+),/.exec(line)?.[1]),
      ids.map(String),
    )
    const large = path.join(folder, 'large.parquet')
    const { code, err } = await model2vec('embed', ...paths, large, '-o', out, ...options)
    t.deepEqual(
      [code, err],
      [
        1,
        `model2vec: ${large}:1: expected an integer of 64 bits in "id", as in the rows before, but got ${2n ** 63n}\n`,
      ],
    )
    t.is((await model2vec('embed', large, '-o', out, ...options)).code, 0)
    t.is(typesOf(out).id, 'uint64')
  },
)

columnTest('--milvus writes columns in types that Milvus has, and refuses others', async (t) => {
  const out = path.join(emptyDirectory(), 'out.parquet')
  t.is((await embed('times.parquet', '--keep', 'day,at,hash', '--milvus', '--dimensionality', '8', '-o', out)).code, 0)
  const { day, at, hash } = typesOf(out)
  t.deepEqual([day, at, hash], ['string', 'string', 'int64'])
  const raw = await embed('times.parquet', '--keep', 'raw', '--milvus', '-o', out)
  t.is(raw.code, 1)
  t.regex(raw.err, /times\.parquet:1: Milvus has no field for bytes, as "raw" has: leave it out of --keep\n$/)
  const large = await embed('large.parquet', '--id-field', 'id', '--milvus', '-o', out)
  t.is(large.code, 1)
  t.regex(large.err, /large\.parquet:1: expected an integer of 64 bits in "id"/)
})

columnTest('a null in the dictionary of an Arrow column is a null text', async (t) => {
  const { code, err } = await embed('null.feather')
  t.is(code, 1)
  t.regex(err, /null\.feather:2: expected a string.*, but got null/)
  const skipped = await embed('null.feather', '--with-text', '--on-null', 'skip')
  t.deepEqual(rowsOf(skipped), [
    { text: 'cat', embedding: undefined },
    { text: 'dog', embedding: undefined },
  ])
})
