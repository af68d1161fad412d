// Columns of Parquet and Arrow whose names or values could be taken for others: nothing is lost or
// made up without a word.

import { execFileSync } from 'node:child_process'
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
