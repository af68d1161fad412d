// What a load of the soak test is, and what all of them share: one model, texts, and what Python
// makes of them.

import assert from 'node:assert/strict'
import { createHistogram } from 'node:perf_hooks'
import type { RecordableHistogram } from 'node:perf_hooks'

import { Model2VecEmbeddingFunction, Model2VecPipeline } from 'model2vec-node'

import { headPath, headReference } from '../heads.js'
import { corpus, crc, POTION, reference, ROOTS } from '../test-data.js'

/** A kind of work that is done again and again, beside the others. */
export interface Load {
  readonly name: string
  /** Once; it rejects when something is not as it should be. */
  readonly run: () => Promise<void>
  /** Milliseconds between two runs. */
  readonly pause: number
  /** Gives back what it keeps from run to run. */
  readonly end?: () => Promise<void>
}

/** What the loads work on. */
export interface Subject {
  readonly ef: Model2VecEmbeddingFunction
  readonly pipeline: Model2VecPipeline<'softmax', string>
  readonly texts: readonly string[]
  /** CRC-32 of Python's vector of each text. */
  readonly digests: readonly number[]
  /** Python's label of each text, by the pipeline's head. */
  readonly labels: readonly unknown[]
  /** Nanoseconds from the call of a query to its vector. */
  readonly latency: RecordableHistogram
}

const CORPUS = 'docs_en_300'
const HEAD = 'language'

export async function openSubject(): Promise<Subject> {
  const [root] = ROOTS
  assert(root)
  const texts = corpus(CORPUS)
  const digests = reference(root, 'potion-base-8M')?.digests[`${CORPUS}.default`]?.vector_crc32 ?? []
  const labels = headReference(HEAD).runs[CORPUS]?.labels ?? []
  assert.equal(digests.length, texts.length)
  assert.equal(labels.length, texts.length)
  return {
    ef: await Model2VecEmbeddingFunction.load(POTION),
    pipeline: await Model2VecPipeline.load<'softmax', string>(headPath(HEAD)),
    texts,
    digests,
    labels,
    latency: createHistogram(),
  }
}

export function closeSubject({ ef, pipeline }: Subject): void {
  ef.close()
  pipeline.close()
}

/** The rows are, bit by bit, those of Python for the texts from `first` on. */
export function assertRows(rows: Iterable<NodeJS.TypedArray>, { digests }: Subject, first = 0): void {
  let place = first
  for (const row of rows) {
    assert.equal(crc(row), digests[place % digests.length], `row ${place} is not Python's`)
    place++
  }
}

/** An integer from 0 to below `limit`. */
export function random(limit: number): number {
  return Math.floor(Math.random() * limit)
}
