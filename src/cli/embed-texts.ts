// The run of `model2vec embed`: reading, encoding and writing overlap, and checkpoints say where a
// run that ended early can go on.

import { stat } from 'node:fs/promises'

import { textReader } from '../call/encode.js'
import type { Dtype } from '../dtype.js'
import { modelOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import { DEFAULT_CONCURRENCY } from '../options/stream.js'
import type { EncodedRows } from './encode-rows.js'
import type { Position } from './input/position.js'
import type { InputOptions, RowBatch } from './input/row-batches.js'
import type { Columns } from './output/format.js'
import { PartialOutput } from './output/partial-output.js'
import type { StandardOutput } from './output/standard-output.js'
import { Interrupted } from './terminal/interrupt.js'
import { TextRun } from './text-run.js'

/** How texts are encoded. */
export interface Encoding {
  readonly dtype: Dtype
  readonly dimensionality: number | undefined
  readonly normalize: boolean | undefined
  readonly maxLength: number | null | undefined
}

export interface EmbedRun {
  readonly model: Model2VecEmbeddingFunction
  readonly columns: Columns
  readonly input: InputOptions
  readonly encoding: Encoding
  readonly signal: AbortSignal
  /** Milliseconds between two checkpoints. */
  readonly checkpointMs: number
  /** Bytes of all inputs, null when not known: then they can be read only once. */
  readonly total: number | null
}

/**
 * Encodes and writes all rows from `from` on. Where it ends early, it leaves a checkpoint.
 *
 * @returns how many lines were skipped
 */
export async function embedTexts(
  run: EmbedRun,
  output: PartialOutput | StandardOutput,
  from: Position,
): Promise<number> {
  const { model, columns, input, encoding, signal, checkpointMs, total } = run
  // Where only the engine needs the texts, they are read natively. Over short lines that halves the
  // time of a run.
  const wantsTexts = columns.id !== null || columns.text !== null
  const newTexts = wantsTexts ? null : textReader(modelOf(model), encoding.maxLength)
  const texts = new TextRun(input, total, { position: from, done: output.rows, newTexts })
  for (const each of input.paths.slice(0, from.file)) texts.countBytes((await stat(each)).size)
  const encode = async (batch: RowBatch, stopped: AbortSignal): Promise<EncodedRows & { readonly end: Position }> => ({
    ...(await texts.encode(model, batch, { ...encoding, signal: stopped })),
    end: batch.end,
  })
  let position = from
  let saved = performance.now()
  let expected = output.rows
  /** Rows that were read but not tokenized. `texts.skipped` counts what reading skips. */
  let skipped = 0
  try {
    for await (const { rows, matrix, end, skipped: untokenized } of texts.results(
      encode,
      DEFAULT_CONCURRENCY,
      signal,
    )) {
      if (rows.count > 0) await output.write({ ids: rows.ids, texts: rows.texts, matrix })
      expected += rows.count
      skipped += untokenized
      position = { ...end, skipped: end.skipped + skipped }
      texts.at(output.rows)
      if (output instanceof PartialOutput && performance.now() - saved >= checkpointMs) {
        output.checkpoint(position)
        saved = performance.now()
      }
    }
    if (output.rows !== expected) throw new Error(`expected ${expected} rows in the output, but it has ${output.rows}`)
    texts.progress.end(output.rows)
  } catch (error) {
    texts.progress.leave()
    if (!(output instanceof PartialOutput)) throw error
    if (total === null) {
      await output.discard()
      throw error
    }
    await output.leave(position)
    if (!(error instanceof Interrupted)) throw error
    throw error.withHint(`${output.path} is kept: the same command with --resume goes on`)
  }
  return texts.skipped + skipped
}
