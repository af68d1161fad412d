// Parquet and Arrow files that are cut off or broken: an error in one line that names the file, or
// what can be read of it; never a crash.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'

import type * as batchesModule from '../../build/modules/cli/input/row-batches.js'
import { load } from '../modules.js'
import { pythonEnvironment } from '../python-environment.js'
import { SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

const { RowBatches } = load('cli/input/row-batches') as typeof batchesModule
const python = pythonEnvironment('test/cli/columns-requirements.txt', 'duckdb, pandas, polars, pyarrow')
const folder = emptyDirectory()
if (python.command !== null) execFileSync(python.command, ['test/cli/write_columns.py', folder], { stdio: 'ignore' })
const columnTest = python.command === null ? test.skip : test

const NAMES = [
  ...['snappy-v1', 'zstd-v2', 'gzip-v1', 'brotli-v2', 'lz4-v1', 'none-v2', 'delta_byte_array-v2', 'null'].map(
    (name) => `${name}.parquet`,
  ),
  ...[
    'lz4.feather',
    'uncompressed.feather',
    'zstd.feather',
    'view-plain.arrow',
    'dictionary-int32.feather',
    'stream-lz4.arrow',
  ],
]
const scratch = mkdtempSync(path.join(os.tmpdir(), 'model2vec-broken-'))

/** Reads all rows. @returns how many there were, or the message of the error */
async function read(bytes: Uint8Array, name: string): Promise<number | string> {
  const file = path.join(scratch, name)
  writeFileSync(file, bytes)
  const fields = { texts: ['text'], join: '\n', id: null, onNull: 'empty' } as const
  const table = { delimiter: null, quotes: null }
  const batches = new RowBatches(
    { paths: [file], format: null, fields, table, keep: [], skipsBadLines: false },
    () => undefined,
  )
  let rows = 0
  try {
    for (let batch = await batches.next(); batch !== null; batch = await batches.next()) rows += batch.rows.count
    return rows
  } catch (error) {
    return error instanceof Error ? error.message : 'no error'
  } finally {
    batches.close()
  }
}

/** Numbers from 0 to 1 that are the same in each run. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

for (const [seed, name] of NAMES.entries()) {
  columnTest(`a file that is cut off or broken gives one line that names it: ${name}`, async (t) => {
    const whole = readFileSync(path.join(folder, name))
    const random = randomNumbers(seed)
    t.is(await read(whole, name), 5000)
    const isStream = name.startsWith('stream')
    for (let i = 0; i < 30; i++) {
      const end = Math.floor(random() * whole.length)
      const found = await read(whole.subarray(0, end), name)
      // A stream may end after any of its batches.
      if (isStream && typeof found === 'number') t.is(found % 800, 0)
      else assertLine(found, `cut off at ${end}`)
    }
    for (let i = 0; i < 80; i++) {
      const broken = Buffer.from(whole)
      // Half of the changes are where the most depends on them: at the end, and at the start.
      const near = random() < 0.5 ? Math.floor(random() * 600) : Math.floor(random() * whole.length)
      const place = random() < 0.5 ? near : whole.length - 1 - near
      for (let at = 0; at < 1 + (i % 4); at++) broken[(place + at) % whole.length] = Math.floor(random() * 256)
      const found = await read(broken, name)
      if (typeof found === 'number') t.true(found <= 5000 * 2)
      else assertLine(found, `changed at ${place}`)
    }
    function assertLine(found: number | string, what: string): void {
      t.is(typeof found, 'string', what)
      const message = String(found)
      t.true(message.startsWith(path.join(scratch, name)), `${what}: ${message}`)
      t.false(message.includes('\n'), `${what}: ${message}`)
    }
  })
}

const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex')

for (const name of ['zstd-v1.parquet', 'zstd.feather']) {
  columnTest(`broken zstd data is said to be that, with the file and the part of it: ${name}`, async (t) => {
    const whole = readFileSync(path.join(folder, name))
    const places: number[] = []
    for (let at = whole.indexOf(ZSTD_MAGIC); at !== -1; at = whole.indexOf(ZSTD_MAGIC, at + 1)) places.push(at)
    t.true(places.length > 1)
    const found: (number | string)[] = []
    for (const place of places.slice(0, 30)) {
      const broken = Buffer.from(whole)
      // The header of the frame's first block: its type is none that there is.
      const header = place + frameHeaderBytes(whole, place)
      broken.fill(0xff, header, header + 3)
      found.push(await read(broken, `zstd-${name}`))
    }
    // Parquet has columns that are not read.
    const messages = found.filter((each) => each !== 5000)
    t.true(messages.length >= 5)
    const part = name.endsWith('parquet')
      ? 'broken column "text" in row group \\d+'
      : "can't read its record batch \\d+"
    for (const each of messages) t.regex(String(each), new RegExp(`zstd-${name}: ${part}: broken zstd data$`))
  })
}

/** Of a frame of RFC 8878 that starts here, without a dictionary. */
function frameHeaderBytes(bytes: Buffer, start: number): number {
  const descriptor = bytes[start + 4] ?? 0
  const isSingle = (descriptor & 0x20) !== 0
  return 5 + (isSingle ? 0 : 1) + ([isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0)
}

for (const [name, content, message] of [
  ['empty.parquet', '', 'expected a Parquet file, but it does not end as one does'],
  ['text.parquet', 'PAR1 but not a file', 'expected a Parquet file, but it does not end as one does'],
  ['short.parquet', 'PAR1PAR1', 'expected a Parquet file, but it does not end as one does'],
  ['secret.parquet', 'PAR1 some bytes PARE', 'expected a Parquet file that is not encrypted'],
  ['empty.arrow', '', 'expected an Arrow file or stream, but it is empty'],
  [
    'old.feather',
    'FEA1 some bytes FEA1',
    'expected Feather version 2 (Arrow), but got version 1: write it anew with pyarrow',
  ],
] as const) {
  test(`a file that is none of its format says so: ${name}`, async (t) => {
    const file = path.join(emptyDirectory(), name)
    writeFileSync(file, content)
    const { code, out, err } = await model2vec('embed', file, '--model', SMALL)
    t.deepEqual([code, out, err], [1, '', `model2vec: ${file}: ${message}\n`])
  })
}
