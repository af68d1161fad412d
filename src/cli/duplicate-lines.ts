// The run of `model2vec dedupe`: the vectors of all texts, and which lines are like an earlier one.

import { createHash } from 'node:crypto'

import type { Dtype } from '../dtype.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import { DEFAULT_CONCURRENCY } from '../options/stream.js'
import { drawBar } from '../progress/bar.js'
import type { EncodedRows } from './encode-rows.js'
import type { Id } from './column.js'
import type { InputOptions, RowBatch } from './input/row-batches.js'
import { TextRun } from './text-run.js'

/** Where a text is. */
export interface LinePlace {
  /** The index of the input. */
  readonly file: number
  readonly line: number
  readonly id: Id | null
}

/** Lines that are left out, and those that are kept. */
export interface DuplicateLines {
  readonly kept: readonly LinePlace[]
  readonly dropped: readonly {
    readonly place: LinePlace
    /** The kept line that it is like. */
    readonly of: LinePlace
    readonly score: number
    readonly reason: 'text' | 'vector'
  }[]
  /** For each input whether it has a header. */
  readonly headers: ReadonlySet<number>
  /** A line for people. */
  readonly summary: string
}

export interface DedupeOptions {
  readonly threshold: number
  readonly maxLength: number | null | undefined
  readonly threads: number
  readonly signal: AbortSignal
}

/** A longer text is known by its SHA-256: so the texts of large inputs need not stay in memory. */
const MOST_KEY_LENGTH = 48

function keyOf(text: string): string {
  // Of two lengths and kinds, so that no short text is the key of a long one.
  return text.length <= MOST_KEY_LENGTH
    ? `t${text}`
    : `h${createHash('sha256').update(text, 'utf16le').digest('base64')}`
}

/** @param total bytes of all inputs */
export async function findDuplicates(
  input: InputOptions,
  total: number,
  model: Model2VecEmbeddingFunction,
  { threshold, maxLength, threads, signal }: DedupeOptions,
): Promise<DuplicateLines> {
  const run = new TextRun(input, total)
  const encode = async (
    batch: RowBatch,
    stopped: AbortSignal,
  ): Promise<EncodedRows & { readonly batch: RowBatch }> => ({
    ...(await run.encode(model, batch, { dtype: 'float32', maxLength, signal: stopped })),
    batch,
  })
  const places: LinePlace[] = []
  const keys: string[] = []
  const parts: Float32Array[] = []
  const headers = new Set<number>()
  try {
    for await (const { rows, matrix, batch } of run.results(encode, DEFAULT_CONCURRENCY, signal)) {
      const { file, hasHeader } = batch
      if (hasHeader) headers.add(file)
      for (const [i, text] of rows.texts.entries()) {
        places.push({ file, line: rows.lineOf(i), id: rows.ids[i] ?? null })
        keys.push(keyOf(text))
      }
      parts.push(matrix.data as Float32Array)
      run.at(places.length)
    }
  } finally {
    run.progress.clear()
  }
  const matrix = joined(parts, places.length, model.dim)
  const onProgress = process.stderr.isTTY ? drawProgress : undefined
  const { kept, dropped } = await matrix.duplicates({ threshold, texts: keys, threads, signal, onProgress })
  const leftOut = dropped.map(({ index, of, score }) => ({
    place: placeOf(places, index),
    of: placeOf(places, of),
    score,
    reason: keys[index] === keys[of] ? ('text' as const) : ('vector' as const),
  }))
  const equal = leftOut.filter(({ reason }) => reason === 'text').length
  const near = leftOut.length - equal
  return {
    kept: Array.from(kept, (row) => placeOf(places, row)),
    dropped: leftOut,
    headers,
    summary: `${keys.length} texts: ${kept.length} kept, ${equal} left out for an equal text, ${near} for a near one`,
  }
}

function placeOf(places: readonly LinePlace[], row: number): LinePlace {
  const place = places[row]
  if (place === undefined) throw new Error(`expected row ${row} of ${places.length}`)
  return place
}

/**
 * All vectors in one matrix. The parts are let go one by one, so that no vector is in memory twice
 * for long.
 */
function joined(parts: Float32Array[], rows: number, dim: number): EmbeddingMatrix<Dtype> {
  const data = new Float32Array(rows * dim)
  let at = 0
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    data.set(part, at)
    at += part.length
  }
  return EmbeddingMatrix.from(data, { dim })
}

function drawProgress({ done, total, remainingMs }: { done: number; total: number; remainingMs: number }): void {
  const isEnd = done === total
  drawBar(done / total, `${done} of ${total} compared, ${Math.ceil(remainingMs / 1000)} s left`, isEnd)
}
