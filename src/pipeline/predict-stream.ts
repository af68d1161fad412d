// `predictStream`: a source of any length in, batches of items with what was predicted out.

import { encode } from '../call/encode.js'
import { textList } from '../call/texts.js'
import type { Dtype } from '../dtype.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { Model } from '../model/model.js'
import type { ModelState } from '../model/state.js'
import type { CheckedStreamOptions } from '../options/stream.js'
import { EncodeStream } from '../stream/encode-stream.js'
import type { EncodeBatch, StreamBatch } from '../stream/encode-stream.js'
import { MappedStream } from '../stream/mapped-stream.js'
import { openerOf } from '../stream/stream-source.js'
import type { StreamSource } from '../stream/stream-source.js'
import { labelReader, outputOf } from './predict.js'
import { readLabels } from './predictions.js'
import type { Activation, Label, Predictions, Scores } from './predictions.js'

/** Some items of a stream, and what was predicted for each. */
export interface PredictBatch<Item, A extends Activation = Activation, L extends Label = Label> {
  /** The place of the first item in the source, from 0. */
  readonly index: number
  /** The items, as the source gave them. */
  readonly items: Item[]
  /** As `predict` gives them, one per item. */
  readonly predictions: Predictions<A, L>
  /** How probable each is. */
  readonly scores: Scores<A>
}

/** @param state of a model that may be pending */
export function predictStream<Item, A extends Activation, L extends Label>(
  state: ModelState,
  source: StreamSource<Item>,
  options: CheckedStreamOptions & { readonly threshold: number },
): AsyncGenerator<PredictBatch<Item, A, L>, void, undefined> {
  let loaded: Model | null = null
  const encodeBatch: EncodeBatch = async (texts, signal) => {
    const model = state.model ?? (await state.ready(signal))
    loaded = model
    const through = model.throughHead(outputOf(model))
    const checked = { ...options.encode, normalize: false, signal }
    return encode(through, textList(texts), checked) as ReturnType<EncodeBatch>
  }
  const predicted = ({ index, items, embeddings }: StreamBatch<Item, Dtype>): PredictBatch<Item, A, L> => {
    if (loaded === null) throw new Error('expected a model that has given a batch')
    const found = predictedOf(loaded, embeddings, options.threshold)
    return { index, items, ...found } as PredictBatch<Item, A, L>
  }
  return new MappedStream(new EncodeStream<Item>(encodeBatch, openerOf(source), options), predicted)
}

function predictedOf(
  model: Model,
  rows: EmbeddingMatrix<Dtype>,
  threshold: number,
): { readonly predictions: unknown; readonly scores: unknown } {
  if (outputOf(model) === 'scores') return { predictions: rows, scores: null }
  return readLabels(labelReader(model, rows, threshold), rows.rows)
}
