// The calls of a pipeline: texts or embeddings through the head, and labels of the rows.

import { encode, encodeSync } from '../call/encode.js'
import { applyHead, applyHeadSync } from '../call/head.js'
import type { Texts } from '../call/texts.js'
import { elementOf, valueOf } from '../dtype.js'
import type { Dtype } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { ModelHead } from '../model/head.js'
import type { Model } from '../model/model.js'
import type { HeadOutput } from '../native/interface.js'
import type { CheckedEncodeOptions } from '../options/encode.js'
import type { CheckedPredictOptions } from '../options/predict.js'
import { isVectors } from '../options/search.js'
import type { SearchVectors } from '../options/search.js'
import { bestLabels, labelsAbove, readLabels, readLabelsInTurns } from './predictions.js'
import type { HeadRows, Label, LabelReader, Scored } from './predictions.js'

/** Texts, or embeddings. */
export type PredictInput = Texts | SearchVectors

/** What a pipeline predicts, and how probable it is; for identity only rows. */
export type Predicted = Scored | { readonly predictions: HeadRows; readonly scores: null }

/** The head of a pipeline's model. */
export function headOf({ head }: Model): ModelHead {
  if (head === null) throw new Model2VecError('ERR_INTERNAL', 'internal error: a pipeline has no head')
  return head
}

/** What the head makes of each text or embedding. */
export function headRows(
  model: Model,
  output: HeadOutput,
  input: PredictInput,
  options: CheckedEncodeOptions,
): EmbeddingMatrix<Dtype> | Promise<EmbeddingMatrix<Dtype>> {
  const through = model.throughHead(output)
  return isVectors(input) ? applyHead(through, input, options) : encode(through, input, options)
}

export function headRowsSync(
  model: Model,
  output: HeadOutput,
  input: PredictInput,
  options: CheckedEncodeOptions,
): EmbeddingMatrix<Dtype> {
  const through = model.throughHead(output)
  return isVectors(input) ? applyHeadSync(through, input, options) : encodeSync(through, input, options)
}

export async function predict(
  model: Model,
  input: PredictInput,
  { encode: options, threshold }: CheckedPredictOptions,
): Promise<Predicted> {
  const output = outputOf(model)
  const rows = await headRows(model, output, input, options)
  if (output === 'scores') return { predictions: rows as HeadRows, scores: null }
  return readLabelsInTurns(labelReader(model, rows, threshold), rows, options.signal)
}

export function predictSync(
  model: Model,
  input: PredictInput,
  { encode: options, threshold }: CheckedPredictOptions,
): Predicted {
  const output = outputOf(model)
  const rows = headRowsSync(model, output, input, options)
  if (output === 'scores') return { predictions: rows as HeadRows, scores: null }
  return readLabels(labelReader(model, rows, threshold), rows.rows)
}

/**
 * The rows that a prediction is read off.
 *
 * @throws Model2VecError ERR_BAD_HEAD when labels are wanted and no class has a name
 */
export function outputOf(model: Model): HeadOutput {
  const { activation } = headOf(model)
  if (activation === 'identity') return 'scores'
  classesOf(model)
  return activation === 'softmax' ? 'best' : 'activated'
}

/** Reads labels off rows of {@link outputOf}. */
export function labelReader(model: Model, rows: EmbeddingMatrix<Dtype>, threshold: number): LabelReader {
  const classes = classesOf(model)
  return headOf(model).activation === 'softmax'
    ? bestLabels(rows, classes)
    : labelsAbove(rows, classes, thresholdIn(headOf(model).precision, threshold))
}

/** numpy compares with the threshold in the number type of the probabilities; here they are float32. */
export function thresholdIn(precision: ModelHead['precision'], threshold: number): number {
  return precision === 'float16' ? valueOf('float16', elementOf('float16', threshold)) : Math.fround(threshold)
}

/** @throws Model2VecError ERR_BAD_HEAD */
function classesOf(model: Model): readonly Label[] {
  const { classes, activation } = headOf(model)
  if (classes !== null) return classes
  throw new Model2VecError(
    'ERR_BAD_HEAD',
    `${model.info.path}: \`head_config.classes\` should name the classes of a head with ${activation}, but is null (\`predictProba\` works without)`,
  )
}
