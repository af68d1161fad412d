// The work of `model2vec classify`: what a head makes of each batch of texts.

import { textReader } from '../call/encode.js'
import { modelOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { Dtype } from '../dtype.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import { rowsOfMatrix } from '../pipeline/pipeline.js'
import type { Model2VecPipeline } from '../pipeline/pipeline.js'
import type { Label } from '../pipeline/predictions.js'
import type { RowBatch } from './input/row-batches.js'
import type { Rows } from './input/rows.js'
import { isPassedAny, isPassedBest } from './label-filters.js'
import type { LabelFilter } from './label-filters.js'
import type { Found, FoundRows, Probabilities } from './output/labels.js'
import type { JudgedLines } from './output/passed-lines.js'
import type { TextRun } from './text-run.js'
import type { WrittenRun } from './written-run.js'

export interface ClassifyRun extends Omit<WrittenRun<unknown>, 'reader' | 'work'> {
  readonly pipeline: Model2VecPipeline
  /** Gives for each text the row that its prediction is read off. */
  readonly predicting: Model2VecEmbeddingFunction
  readonly threshold: number
  readonly maxLength: number | null | undefined
  /** Whether the probability of every class is written. */
  readonly proba: boolean
}

/** Of texts that only the engine needs when `wantsTexts` is false. */
export function labelsRun(run: ClassifyRun, wantsTexts: boolean): WrittenRun<FoundRows> {
  return {
    ...run,
    reader: wantsTexts ? null : textReader(modelOf(run.predicting), run.maxLength, false),
    async work(texts, batch, signal) {
      const { rows, found, skipped } = await classified(run, texts, batch, signal)
      const written = rows.count === 0 ? null : { ids: rows.ids, texts: rows.texts, found }
      return { written, count: rows.count, skipped }
    },
  }
}

/** The input keeps its lines. */
export function filterRun(run: ClassifyRun, filters: readonly LabelFilter[]): WrittenRun<JudgedLines> {
  return {
    ...run,
    reader: null,
    async work(texts, batch, signal) {
      const { pipeline, threshold, maxLength } = run
      const classes = pipeline.classes ?? []
      const options = { dtype: 'float32', maxLength, signal } as const
      const { rows, matrix, skipped } = await texts.encode(run.predicting, batch, options)
      const passes = numbersOf(matrix).map((numbers) =>
        pipeline.activation === 'softmax'
          ? isPassedBest(filters, labelOf(classes, numbers[0] ?? 0), numbers[1] ?? Number.NaN)
          : isPassedAny(filters, classes, numbers, threshold),
      )
      const written = { name: texts.nameOf(batch.file), lines: rows.lines, passes, header: batch.header }
      return { written, count: rows.count, skipped }
    },
  }
}

interface Classified {
  readonly rows: Rows
  readonly found: readonly Found[]
  readonly skipped: number
}

async function classified(run: ClassifyRun, texts: TextRun, batch: RowBatch, signal: AbortSignal): Promise<Classified> {
  const { pipeline, proba, threshold, maxLength } = run
  const { activation } = pipeline
  const classes = pipeline.classes ?? []
  const options = { dtype: 'float32', maxLength, signal } as const
  if (activation === 'softmax' && proba) {
    // The texts are embedded once; the head is a small part of the work.
    const { rows, matrix, skipped } = await texts.encode(pipeline.embedder, batch, options)
    const [best, all] = await Promise.all([
      rowsOfMatrix(pipeline, 'best', matrix, signal),
      rowsOfMatrix(pipeline, 'activated', matrix, signal),
    ])
    const probabilities = numbersOf(all)
    const found = numbersOf(best).map(([index = 0, score = Number.NaN], i) => ({
      label: labelOf(classes, index),
      score,
      probabilities: named(classes, probabilities[i] ?? []),
    }))
    return { rows, found, skipped }
  }
  const { rows, matrix, skipped } = await texts.encode(run.predicting, batch, options)
  const found = numbersOf(matrix).map((numbers): Found => {
    if (activation === 'identity') return { values: numbers }
    if (activation === 'softmax') return { label: labelOf(classes, numbers[0] ?? 0), score: numbers[1] ?? Number.NaN }
    const chosen = [...numbers.keys()].filter((i) => Math.fround(numbers[i] ?? 0) > threshold)
    return {
      labels: chosen.map((i) => labelOf(classes, i)),
      scores: chosen.map((i) => numbers[i] ?? Number.NaN),
      ...(proba && { probabilities: named(classes, numbers) }),
    }
  })
  return { rows, found, skipped }
}

/** The rows as numbers with as few digits as say which float32 each is. */
function numbersOf(matrix: EmbeddingMatrix<Dtype>): number[][] {
  return JSON.parse(matrix.json().toString()) as number[][]
}

function labelOf(classes: readonly Label[], index: number): Label {
  const label = classes[index]
  if (label === undefined) throw new Error(`expected a class below ${classes.length}, found ${index}`)
  return label
}

function named(classes: readonly Label[], numbers: readonly number[]): Probabilities {
  return Object.fromEntries(classes.map((label, i) => [String(label), numbers[i] ?? Number.NaN]))
}
