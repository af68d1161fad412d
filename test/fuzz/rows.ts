// All rows of a file, as `model2vec embed` reads them.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import type * as callModule from '../../build/modules/call/encode.js'
import type * as batchesModule from '../../build/modules/cli/input/row-batches.js'
import type * as valuesModule from '../../build/modules/cli/column-values.js'
import { load } from '../modules.js'
import { assertTyped, Fault } from './outcome.js'

type InputOptions = batchesModule.InputOptions
type TextReader = callModule.TextReader
type Id = string | number | bigint

const { RowBatches } = load('cli/input/row-batches') as typeof batchesModule
const { listOf } = load('cli/column-values') as typeof valuesModule

/** A folder of this process. */
export const scratch: string = mkdtempSync(path.join(os.tmpdir(), 'model2vec-fuzz-'))
process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true })
})

/** What was read of a file. */
export interface ReadRows {
  readonly texts: string[]
  readonly ids: Id[]
  /** Names of columns that were kept, with how many values there were. */
  readonly kept: Map<string, number>
  skipped: number
  /** The message of the error that ended it. */
  failure: string | null
}

export type Reading = Omit<InputOptions, 'paths' | 'format'>

/** How most targets read: one text, no id, nothing else. */
export const PLAIN: Reading = {
  fields: { texts: ['text'], join: '\n', id: null, onNull: 'empty' },
  table: { delimiter: null, quotes: null },
  keep: [],
  skipsBadLines: false,
}

/**
 * Writes a file and reads its rows.
 *
 * @param name its ending says the format
 * @throws Fault
 */
export async function rowsOf(
  bytes: Uint8Array,
  name: string,
  options: Reading,
  reader: TextReader | null = null,
): Promise<ReadRows> {
  const file = path.join(scratch, name)
  writeFileSync(file, bytes)
  const read: ReadRows = { texts: [], ids: [], kept: new Map(), skipped: 0, failure: null }
  const onSkip = (message: string): void => {
    if (!message.startsWith(file)) throw new Fault(`expected a message about ${file}, but got ${message}`)
  }
  const batches = new RowBatches({ paths: [file], format: null, ...options }, onSkip, undefined, reader)
  try {
    for (let batch = await batches.next(); batch !== null; batch = await batches.next()) add(read, batch.rows)
  } catch (error) {
    assertTyped(error, file)
    read.failure = (error as Error).message
  } finally {
    batches.close()
  }
  read.skipped = batches.skipped
  return read
}

function add(read: ReadRows, rows: batchesModule.RowBatch['rows']): void {
  const texts = listOf(rows.textValues)
  if (texts.length !== rows.count) throw new Fault(`expected ${rows.count} texts, but got ${texts.length}`)
  for (const text of texts) {
    if (typeof text !== 'string') throw new Fault('expected texts only')
    read.texts.push(text)
  }
  for (const id of rows.ids) {
    if (!['string', 'number', 'bigint'].includes(typeof id)) throw new Fault('expected an id for each row')
    read.ids.push(id)
  }
  for (const { column, values } of rows.kept) {
    const count = listOf(values).length
    if (count !== rows.count) throw new Fault(`expected ${rows.count} values of ${column.name}, but got ${count}`)
    read.kept.set(column.name, (read.kept.get(column.name) ?? 0) + count)
  }
}
