// `--chunk` of `model2vec embed`: its options, and the columns that say which part of which text a row
// is.

import { chunkAt, chunkCount } from '../call/chunks.js'
import type { TextChunks } from '../native/interface.js'
import type { CheckedChunkOptions } from '../options/chunks.js'
import type { Column, ColumnData } from './column.js'
import { listOf } from './column-values.js'
import { integer, UsageError } from './command.js'
import type { CommandOptions, OptionValues } from './command.js'
import { textColumn } from './input/fields.js'
import type { InputOptions } from './input/row-batches.js'
import type { Rows } from './input/rows.js'

export const CHUNK_OPTIONS: CommandOptions = {
  chunk: {
    type: 'string',
    value: '<n>',
    help:
      'a row for each chunk of at most n tokens, not for each text; with columns for its number in the text, its ' +
      'first byte and the byte after it (chunk, start, end), and for the line where there is no --id-field',
  },
  overlap: { type: 'string', value: '<n>', help: 'tokens that a chunk repeats of the one before it (default: 0)' },
}

const LINE: Column = { name: 'line', type: 'int64', isNullable: false }
const PLACE = ['chunk', 'start', 'end'].map((name): Column => ({ name, type: 'int32', isNullable: false }))

/** The options of chunks; null = a row is a text. @throws UsageError */
export function chunking(values: OptionValues, { fields, paths }: InputOptions): CheckedChunkOptions | null {
  const size = integer(values, 'chunk', 1)
  const overlap = integer(values, 'overlap', 0)
  if (size === undefined) {
    if (overlap === undefined) return null
    throw new UsageError('--overlap is for --chunk')
  }
  if (overlap !== undefined && overlap >= size) {
    throw new UsageError(`--overlap should be below --chunk, ${size}, but got ${overlap}`)
  }
  if (values['max-length'] !== undefined) throw new UsageError('--max-length is not for --chunk: no chunk is cut')
  if (fields.id === null && paths.length > 1) {
    throw new UsageError('--chunk needs --id-field with several files: a line alone does not say which text it is')
  }
  const taken = [...(fields.id === null ? [LINE] : []), ...PLACE].map(({ name }) => name)
  for (const name of [
    fields.id,
    values['vector-field'] as string | undefined,
    values['with-text'] === true ? textColumn(fields) : null,
  ]) {
    if (name == null || !taken.includes(name)) continue
    throw new UsageError(`with --chunk, ${name} would be two columns: ${taken.join(', ')} are taken`)
  }
  return { size, overlap: overlap ?? 0, maxLength: null, signal: undefined }
}

/** The columns of chunks, where ids and texts have these. */
export function chunkColumns(id: Column | null, text: Column | null): Column[] {
  return [id ?? LINE, ...PLACE, ...(text === null ? [] : [text])]
}

/**
 * The columns of chunks, and the row of each chunk's text.
 *
 * @param ids null = the line stands for the id
 * @param kept other columns of the texts
 * @throws Error where one of these has a name that is taken
 */
export function chunkColumnData(
  ids: ColumnData | null,
  text: Column | null,
  kept: readonly ColumnData[],
  rows: Rows,
  found: TextChunks,
): { readonly columns: ColumnData[]; readonly rowOf: Uint32Array } {
  const count = chunkCount(found)
  const rowOf = new Uint32Array(count)
  const places = PLACE.map(() => new Int32Array(count))
  const parts: string[] = []
  let chunk = 0
  for (const [row, ofRow] of found.counts.entries()) {
    for (let i = 0; i < ofRow; i++, chunk++) {
      const { start, end, startByte, endByte } = chunkAt(found, chunk)
      rowOf[chunk] = row
      for (const [k, value] of [i, startByte, endByte].entries()) (places[k] as Int32Array)[chunk] = value
      if (text !== null) parts.push((rows.texts[row] ?? '').slice(start, end))
    }
  }
  const lines = Array.from({ length: rows.count }, (_, row) => rows.lineOf(row))
  const ofRows = ({ column, values }: ColumnData): ColumnData => {
    const all = listOf(values)
    return { column, values: Array.from(rowOf, (row) => all[row] ?? null) }
  }
  const columns = [
    ofRows(ids ?? { column: LINE, values: lines }),
    ...PLACE.map((column, i) => ({ column, values: places[i] ?? [] })),
    ...(text === null ? [] : [{ column: text, values: parts }]),
  ]
  const taken = columns.map(({ column }) => column.name)
  for (const { column } of kept) {
    if (taken.includes(column.name)) throw new Error(`--keep: with --chunk, ${column.name} would be two columns`)
  }
  return { columns: [...columns, ...kept.map(ofRows)], rowOf }
}
