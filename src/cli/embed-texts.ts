// The work of `model2vec embed`: what is done with each batch of texts.

import { textReader } from '../call/encode.js'
import type { Dtype } from '../dtype.js'
import { modelOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { CheckedChunkOptions } from '../options/chunks.js'
import { chunkColumnData, chunkColumns } from './chunking.js'
import type { Column, ColumnData, ColumnType } from './column.js'
import { listOf } from './column-values.js'
import type { InputOptions } from './input/row-batches.js'
import type { Rows } from './input/rows.js'
import type { OutputRows, VectorColumn } from './output/format.js'
import type { WrittenRun } from './written-run.js'

/** How texts are encoded. */
export interface Encoding {
  readonly dtype: Dtype
  readonly dimensionality: number | undefined
  readonly normalize: boolean | undefined
  readonly maxLength: number | null | undefined
}

export interface ColumnNames {
  readonly id: string | null
  readonly text: string | null
}

export interface EmbedRun {
  readonly model: Model2VecEmbeddingFunction
  readonly vector: VectorColumn
  /** The names of the columns for ids and texts; null = none. */
  readonly names: ColumnNames
  readonly input: InputOptions
  readonly encoding: Encoding
  /** Null = a row is a text. */
  readonly chunking: CheckedChunkOptions | null
  readonly signal: AbortSignal
  /** Milliseconds between two checkpoints. */
  readonly checkpointMs: number
  /** Bytes of all inputs, null when not known: then they can be read only once. */
  readonly total: number | null
  readonly progressIsJson: boolean
  /** Gets the names of the other fields that rows have. */
  readonly keptNames: Set<string>
  /** Whether ids and texts are for a caller, who gets them as values of JavaScript. */
  readonly isForCaller?: boolean
}

export function embedRun({
  model,
  names,
  encoding,
  chunking,
  isForCaller = false,
  ...run
}: EmbedRun): WrittenRun<OutputRows> {
  const { id, text } = columnsOf(names)
  const idColumn = (rows: Rows): Column | null => id && { ...id, type: idType(rows) }
  /** @param file the name of their input */
  const keptData = (rows: Rows, file: string): ColumnData[] => {
    const { kept } = rows
    for (const { column, values } of kept) {
      if (column.type !== 'any' || listOf(values).some((value: unknown) => value !== null)) {
        run.keptNames.add(column.name)
      }
    }
    if (kept.some(({ column }) => column.name === run.vector.name)) {
      throw new Error(
        `${file} has a column ${JSON.stringify(run.vector.name)}, as the vectors' is named: ` +
          'give them another with --vector-field, or name the columns to --keep',
      )
    }
    // A field that is read anyway is written once. Joined texts are another column than the field
    // that has their name.
    const isJoined = run.input.fields.texts.length > 1
    if (isJoined && kept.some(({ column }) => column.name === text?.name)) {
      throw new Error(
        `${file} has a column ${JSON.stringify(text?.name)}, as that of the joined texts is named: ` +
          'leave it out of --keep, or leave out --with-text',
      )
    }
    return kept.filter(({ column }) => column.name !== id?.name && column.name !== text?.name)
  }
  return {
    ...run,
    // Texts and ids that are only encoded and written are read natively, and never become strings of
    // JavaScript. Over short lines that halves the time of a run.
    reader:
      text !== null && (chunking !== null || isForCaller)
        ? null
        : textReader(modelOf(model), chunking === null ? encoding.maxLength : null, text !== null),
    async work(texts, batch, signal) {
      if (chunking !== null) {
        const chunked = await texts.encodeChunks(model, batch, chunking, { ...encoding, signal })
        const { rows, found, matrix, skipped } = chunked
        const kept = keptData(rows, texts.nameOf(batch.file))
        const ofId = idColumn(rows)
        const ids = ofId && { column: ofId, values: rows.ids }
        const { columns, rowOf } = chunkColumnData(ids, text, kept, rows, found)
        const placeOf = (row: number): string => `${texts.nameOf(batch.file)}:${rows.lineOf(rowOf[row] ?? 0)}`
        return {
          written: matrix.rows === 0 ? null : { columns, matrix, isSparse: rows.isSparse, placeOf },
          count: matrix.rows,
          skipped,
        }
      }
      const { rows, matrix, skipped } = await texts.encode(model, batch, { ...encoding, signal })
      const ofId = idColumn(rows)
      const columns = [
        ...(ofId === null ? [] : [{ column: ofId, values: rows.idValues }]),
        ...(text === null ? [] : [{ column: text, values: rows.textValues }]),
        ...keptData(rows, texts.nameOf(batch.file)),
      ]
      const placeOf = (row: number): string => `${texts.nameOf(batch.file)}:${rows.lineOf(row)}`
      const written = rows.count === 0 ? null : { columns, matrix, isSparse: rows.isSparse, placeOf }
      return { written, count: rows.count, skipped }
    },
  }
}

/** Integers are of 64 bits, so that ids of several inputs, and of other tools, are of one type. */
function idType({ idType: type }: Rows): ColumnType {
  return type === 'int32' ? 'int64' : type
}

/** All columns of an output, in their order. */
export function outputColumns(names: ColumnNames, isChunked: boolean): Column[] {
  const { id, text } = columnsOf(names)
  return isChunked ? chunkColumns(id, text) : [id, text].filter((column) => column !== null)
}

/** The columns for ids and texts. */
function columnsOf({ id, text }: ColumnNames): { readonly id: Column | null; readonly text: Column | null } {
  return {
    id: id === null ? null : { name: id, type: 'id', isNullable: false },
    text: text === null ? null : { name: text, type: 'string', isNullable: false },
  }
}
