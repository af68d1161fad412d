// The work of `model2vec embed`: what is done with each batch of texts.

import { textReader } from '../call/encode.js'
import type { Dtype } from '../dtype.js'
import { modelOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { InputOptions } from './input/row-batches.js'
import type { Columns, OutputRows } from './output/format.js'
import type { WrittenRun } from './written-run.js'

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

export function embedRun({ model, columns, encoding, ...run }: EmbedRun): WrittenRun<OutputRows> {
  // Where only the engine needs the texts, they are read natively. Over short lines that halves the
  // time of a run.
  const wantsTexts = columns.id !== null || columns.text !== null
  return {
    ...run,
    newTexts: wantsTexts ? null : textReader(modelOf(model), encoding.maxLength),
    async work(texts, batch, signal) {
      const { rows, matrix, skipped } = await texts.encode(model, batch, { ...encoding, signal })
      const written = rows.count === 0 ? null : { ids: rows.ids, texts: rows.texts, matrix }
      return { written, count: rows.count, skipped }
    },
  }
}
