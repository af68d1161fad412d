// The search for near-duplicates: greedily in the order of the rows, a row is dropped when an
// earlier row that is kept is near enough to it.
//
// Rows are decided in groups. A group is copied; the rows before it are copied too, slice by slice,
// and other threads compare the copies (nearest.ts says why). So the matrix is never in memory
// twice.

import { fromNative, notAString } from '../errors.js'
import type { TokenArray } from '../dtype.js'
import { NATIVE_DTYPE, NATIVE_METRIC } from '../native/interface.js'
import type { NativeDuplicates } from '../native/interface.js'
import { native } from '../native/load.js'
import { checkDuplicatesOptions } from '../options/search.js'
import type { CheckedDuplicatesOptions, SearchMetric, SearchVectors } from '../options/search.js'
import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { inTurns } from '../runtime/event-loop.js'
import { PROGRESS_INTERVAL_MS, ProgressThrottle } from '../progress/throttle.js'
import { performance } from '../runtime/node-globals.js'
import { viewOf } from '../row-memory.js'
import { feedParts } from './feed-parts.js'
import { nearestSync } from './nearest.js'

/** A row that was dropped. */
export interface Duplicate {
  /** The row. */
  readonly index: number
  /** The kept row that it is like, which comes before it: the first one, or that of its text. */
  readonly of: number
  /** The score of the two. */
  readonly score: number
}

/** What native code has found. */
interface FoundDuplicates {
  readonly kept: TokenArray
  /** The rows that were dropped in rising order, the kept rows that they are like, and the scores. */
  readonly indices: Uint32Array
  readonly of: Uint32Array
  readonly scores: Float32Array
}

/** What a search for near-duplicates has found. */
export interface Duplicates {
  /** The rows that are kept, in rising order. */
  readonly kept: TokenArray
  /** All other rows, in rising order. */
  readonly dropped: Duplicate[]
}

/**
 * The most rows of a group, and its most bytes: each slice of the rows before it is copied once for
 * a group.
 */
const GROUP_ROWS = 1024
const GROUP_BYTES = 2 ** 21
/** Bytes of rows that are copied in a step: some 50 µs. */
const COPY_BYTES = 2 ** 19
/** Texts that are looked up in a step. */
const TEXTS_PER_STEP = 512
/** Rows that are listed in a step. */
const ROWS_PER_STEP = 1024

/** `matrix.duplicates`. */
export async function duplicates(corpus: SearchVectors, options: unknown): Promise<Duplicates> {
  const checked = checkDuplicatesOptions(options, corpus)
  const { signal } = checked
  throwIfAborted(signal)
  const firsts = checked.texts === undefined ? null : await inTurns(firstTexts(checked.texts, signal), signal)
  try {
    const found = await compareAll(corpus, firsts, checked)
    const dropped = await inTurns(droppedRows(corpus, found, firsts, checked), signal)
    return { kept: found.kept, dropped }
  } catch (error) {
    throwIfAborted(signal)
    throw error
  }
}

/** For each text the first row that has it: its own where it is new. */
function firstTexts(texts: readonly unknown[], signal: AbortSignal | undefined): () => Uint32Array | undefined {
  const firsts = new Uint32Array(texts.length)
  const known = new Map<string, number>()
  let row = 0
  return () => {
    throwIfAborted(signal)
    const end = Math.min(texts.length, row + TEXTS_PER_STEP)
    for (; row < end; row++) {
      const text = texts[row]
      if (typeof text !== 'string') throw notAString(row, text === null ? 'null' : typeof text)
      const first = known.get(text)
      if (first === undefined) known.set(text, row)
      firsts[row] = first ?? row
    }
    return row === texts.length ? firsts : undefined
  }
}

async function compareAll(
  corpus: SearchVectors,
  firsts: Uint32Array | null,
  { threshold, metric, threads, signal, onProgress }: CheckedDuplicatesOptions,
): Promise<FoundDuplicates> {
  const { rows, dim, dtype, data, width } = corpus
  const rowBytes = width * data.BYTES_PER_ELEMENT
  const size = Math.max(64, Math.min(GROUP_ROWS, Math.floor(GROUP_BYTES / rowBytes)))
  const step = Math.max(1, Math.floor(COPY_BYTES / rowBytes))
  const progress = new Progress(rows, onProgress)
  let work: NativeDuplicates | null = null
  const forget = onAbort([signal], () => work?.cancel())
  try {
    const most = threads ?? native().defaultThreads()
    const search = native().createDuplicates(NATIVE_DTYPE[dtype], dim, NATIVE_METRIC[metric], threshold, most)
    work = search
    for (let from = 0; from < rows; from += size) {
      throwIfAborted(signal)
      const to = Math.min(rows, from + size)
      const indices = newRows(firsts, from, to)
      if (indices.length > 0) {
        native().beginGroup.call(search, data, from, to, indices)
        await feedParts(search, from, step, signal, (first, last) =>
          native().compareKept.call(search, data, first, last),
        )
        await search.idle()
        native().decideGroup.call(search)
        await search.idle()
      }
      progress.at(to)
    }
    const { kept, indices, of, scoreBits } = search.lists()
    return { kept, indices, of, scores: new Float32Array(scoreBits.buffer) }
  } catch (error) {
    work?.cancel()
    // What the caller's function threw is the caller's.
    throw progress.hasFailed ? error : fromNative(error)
  } finally {
    forget()
  }
}

/** The rows from `from` to `to` whose text no earlier row has. */
function newRows(firsts: Uint32Array | null, from: number, to: number): Uint32Array {
  const all = Uint32Array.from({ length: to - from }, (_, i) => from + i)
  return firsts === null ? all : all.filter((row) => firsts[row] === row)
}

/**
 * A list of the rows that were dropped, for their vector or for their text, some rows at each call.
 */
function droppedRows(
  corpus: SearchVectors,
  { indices, of, scores }: FoundDuplicates,
  firsts: Uint32Array | null,
  { metric, signal }: CheckedDuplicatesOptions,
): () => Duplicate[] | undefined {
  const all: Duplicate[] = []
  // The place of each row that was dropped in `all`, from 1 on.
  const places = new Uint32Array(firsts === null ? 0 : corpus.rows)
  let next = 0
  let row = 0
  const dropUntil = (end: number): void => {
    for (; next < indices.length && (indices[next] ?? NaN) < end; next++) {
      const index = indices[next] ?? NaN
      places[index] = all.push({ index, of: of[next] ?? NaN, score: scores[next] ?? NaN })
    }
  }
  return () => {
    throwIfAborted(signal)
    const end = Math.min(corpus.rows, row + ROWS_PER_STEP)
    for (; firsts !== null && row < end; row++) {
      const first = firsts[row] ?? row
      if (first === row) continue
      dropUntil(row)
      // Where the first row with the text was dropped, this one is like the same kept row.
      const like = all[(places[first] ?? 0) - 1] ?? { of: first, score: ownScore(corpus, first, metric) }
      places[row] = all.push({ index: row, of: like.of, score: like.score })
    }
    row = end
    dropUntil(row)
    return row === corpus.rows ? all : undefined
  }
}

/** The score of a row and one that equals it; 0 where they can't be compared. */
function ownScore({ data, dtype, dim, width }: SearchVectors, row: number, metric: SearchMetric): number {
  if (metric === 'cosine') return 1
  if (metric !== 'dot') return 0
  const own = { data: viewOf(dtype, data, row * width, (row + 1) * width), rows: 1, dim, width, dtype }
  return nearestSync(own, own, { k: 1, metric, threads: 1 }).scores[0] ?? 0
}

/** Tells the caller's function how far the search is. */
class Progress {
  /** Whether the caller's function has thrown. */
  hasFailed = false
  readonly #total: number
  readonly #report: CheckedDuplicatesOptions['onProgress']
  readonly #start = performance.now()
  readonly #throttle = new ProgressThrottle(PROGRESS_INTERVAL_MS)

  constructor(total: number, report: CheckedDuplicatesOptions['onProgress']) {
    this.#total = total
    this.#report = report
  }

  at(done: number): void {
    const total = this.#total
    if (this.#report === undefined || !(this.#throttle.isDue() || done === total)) return
    // A row is compared with those before it, so that the work grows with the square of the rows.
    const part = (done / total) ** 2
    const remainingMs = (performance.now() - this.#start) * (1 / part - 1)
    try {
      this.#report({ done, total, remainingMs })
    } catch (error) {
      this.hasFailed = true
      throw error
    }
  }
}
