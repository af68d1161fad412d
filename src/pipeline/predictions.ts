// From the rows of a head to what `predict` gives: labels, lists of labels, or the rows themselves.

import type { Dtype, FreshArray, TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { inTurns } from '../runtime/event-loop.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'

/**
 * What a head computes last: 'softmax' chooses one class, 'sigmoid' any number of them
 * (multi-label), 'identity' gives a vector (a regressor, a projection).
 */
export type Activation = 'softmax' | 'sigmoid' | 'identity'

/** A class of a head: what the model's configuration has, strings or numbers (or booleans). */
export type Label = string | number | boolean

/** The rows of a head: rows × outputs; `tokens` is null where a matrix without them went in. */
export type HeadRows<T extends TokenArray | null = TokenArray | null> = EmbeddingMatrix<
  'float32',
  FreshArray<'float32'>,
  T
>

/** What `predict` gives: a label per text, a list of labels per text, or a row per text. */
export type Predictions<A extends Activation = Activation, L extends Label = Label> = A extends 'softmax'
  ? L[]
  : A extends 'sigmoid'
    ? L[][]
    : HeadRows

/**
 * The probabilities of what was predicted: one per text, a list per text in the order of its
 * labels, or null for a head that has none.
 */
export type Scores<A extends Activation = Activation> = A extends 'softmax'
  ? Float32Array
  : A extends 'sigmoid'
    ? number[][]
    : null

/** Labels, each with its probability. */
export interface Scored {
  readonly predictions: Label[] | Label[][]
  readonly scores: Float32Array | number[][]
}

/** How many numbers are looked at in a step: some 50 µs. */
const NUMBERS_PER_STEP = 65_536

/** How labels are read off the rows of a head. */
export interface LabelReader {
  /** Reads some rows, and appends to what was read before. */
  read(from: number, to: number): void
  readonly scored: Scored
}

/** Of rows [index of the best class, its probability]. */
export function bestLabels({ data, rows }: EmbeddingMatrix<Dtype>, classes: readonly Label[]): LabelReader {
  const predictions: Label[] = []
  const scores = new Float32Array(rows)
  return {
    read(from, to) {
      for (let row = from; row < to; row++) {
        predictions.push(labelOf(classes, data[2 * row] ?? NaN))
        scores[row] = data[2 * row + 1] ?? NaN
      }
    },
    scored: { predictions, scores },
  }
}

/** Of rows of probabilities: every class whose probability is above the threshold. */
export function labelsAbove(
  { data, rows, width }: EmbeddingMatrix<Dtype>,
  classes: readonly Label[],
  threshold: number,
): LabelReader {
  const predictions = new Array<Label[]>(rows)
  const scores = new Array<number[]>(rows)
  return {
    read(from, to) {
      for (let row = from; row < to; row++) {
        const labels: Label[] = []
        const found: number[] = []
        for (let i = 0; i < width; i++) {
          const probability = data[row * width + i] ?? NaN
          if (!(probability > threshold)) continue
          labels.push(labelOf(classes, i))
          found.push(probability)
        }
        predictions[row] = labels
        scores[row] = found
      }
    },
    scored: { predictions, scores },
  }
}

function labelOf(classes: readonly Label[], index: number): Label {
  const label = classes[index]
  if (label === undefined) throw new Error(`expected a class below ${classes.length}, found ${index}`)
  return label
}

/** All labels at once. */
export function readLabels(reader: LabelReader, rows: number): Scored {
  reader.read(0, rows)
  return reader.scored
}

/**
 * All labels, leaving the event loop to others every few milliseconds; the signal may end it there.
 */
export function readLabelsInTurns(
  reader: LabelReader,
  { rows, width }: EmbeddingMatrix<Dtype>,
  signal: AbortSignal | undefined,
): Scored | Promise<Scored> {
  const step = Math.max(1, Math.floor(NUMBERS_PER_STEP / width))
  if (rows <= step) return readLabels(reader, rows)
  let index = 0
  return inTurns(() => {
    throwIfAborted(signal)
    const end = Math.min(rows, index + step)
    reader.read(index, end)
    index = end
    return end === rows ? reader.scored : undefined
  }, signal)
}
