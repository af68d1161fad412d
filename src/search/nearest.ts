// The search for nearest neighbors: groups of queries, each compared with all rows.
//
// User code can transfer or shrink the memory of a matrix at any moment, so other threads never
// read it while JavaScript runs, unless it is a SharedArrayBuffer. Where an asynchronous search has
// few queries, the rows are compared on this thread, in the turns of the event loop that all calls
// share: to read them once is all the work. Where it has many, slices of the rows are copied, and
// other threads compare the copies. nearestSync holds JavaScript, so that all threads read the
// memory itself. The results are the same in every bit.

import { isSharedArrayBuffer } from 'node:util/types'

import { fromNative, OutOfMemoryError } from '../errors.js'
import { NATIVE_DTYPE, NATIVE_METRIC } from '../native/interface.js'
import type { NativeSearch } from '../native/interface.js'
import { native } from '../native/load.js'
import type { CheckedNearestOptions, SearchMetric, SearchVectors } from '../options/search.js'
import { checkNearestOptions } from '../options/search.js'
import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { inTurns } from '../runtime/event-loop.js'
import { bufferOf } from '../runtime/typed-array.js'
import { feedParts } from './feed-parts.js'
import { Neighbors, NO_ROW } from './neighbors.js'
import { bitsOf, firstOwnRow, queryReader, someQueries } from './queries.js'
import type { QueryRows } from './queries.js'

/**
 * Queries are prepared, and their results written, this many at a time, which takes a fraction of a
 * millisecond.
 */
const GROUP_QUERIES = 1024
const GROUP_ELEMENTS = 2 ** 18
/** And at most so many results. */
const GROUP_RESULTS = 2 ** 20
/** Up to this many queries the rows are compared on this thread. */
const FEW_QUERIES = 4
/**
 * So are they where that takes less time than to hand them over: pairs of elements, some 0.3 ms.
 */
const FEW_PRODUCTS = 2 ** 23
/** A step on this thread: pairs of elements, and bytes of rows. About a tenth of a millisecond. */
const STEP_PRODUCTS = 2 ** 21
const STEP_BYTES = 2 ** 20
/** Bytes of rows that are copied in a step: some 50 µs. */
const COPY_BYTES = 2 ** 19
/** Rows that are compared once more in a step of `rescore`. */
const RESCORED_ROWS = 2048
/** Results that are sorted and written in a step: some 0.5 ms. */
const WRITTEN_RESULTS = 2 ** 13

/** One call, its options settled. */
class NearestCall {
  readonly corpus: SearchVectors
  readonly queries: QueryRows
  readonly options: CheckedNearestOptions
  /** How many rows are found for each query by the first search, and by all. */
  readonly found: number
  readonly k: number
  readonly firstSelf: number
  readonly threads: number
  readonly result: Neighbors

  constructor(corpus: SearchVectors, queries: QueryRows, options: CheckedNearestOptions) {
    const { rescore, k, oversample, excludeSelf } = options
    this.corpus = corpus
    this.options = options
    this.queries = queries
    this.k = Math.min(k, corpus.rows)
    this.found = rescore === undefined ? this.k : Math.min(Math.ceil(k * oversample), corpus.rows)
    this.firstSelf = excludeSelf ? firstOwnRow(this.queries, rescore ?? corpus) : -1
    this.threads = options.threads ?? native().defaultThreads()
    this.result = emptyResult(this.queries.rows, k)
  }

  /** How many queries make a group. */
  get groupSize(): number {
    const { queries, found, corpus } = this
    const most = Math.min(GROUP_QUERIES, GROUP_ELEMENTS / corpus.dim, GROUP_RESULTS / Math.max(1, found))
    return Math.max(1, Math.min(queries.rows, Math.floor(most / 64) * 64 || 64))
  }

  /** The search of the queries `from` to `to` among all rows. */
  search(from: number, to: number): NativeSearch {
    const { corpus, options, found } = this
    const queries = this.#some(from, to)
    const { filter, rescore, metric } = options
    if (rescore === undefined) return this.#newSearch(queries, corpus, metric, found, from, filter)
    return this.#newSearch(bitsOf(queries, corpus.dim), corpus, 'hamming', found, from, filter)
  }

  /**
   * The search of the queries `from` to `to` among the rows of `rescore` that the first one has
   * found, which a filter has let through.
   */
  secondSearch(rescore: SearchVectors, from: number, to: number): NativeSearch {
    return this.#newSearch(this.#some(from, to), rescore, this.options.metric, this.k, from, undefined)
  }

  #some(from: number, to: number): QueryRows {
    return { ...this.queries, data: someQueries(this.queries, from, to), rows: to - from }
  }

  #newSearch(
    queries: QueryRows,
    corpus: SearchVectors,
    metric: SearchMetric,
    k: number,
    from: number,
    filter: CheckedNearestOptions['filter'],
  ): NativeSearch {
    const { options, firstSelf, threads } = this
    // A bound is one of the last search.
    const isLast = options.rescore === undefined || corpus === options.rescore
    return native().createSearch(
      queries.data,
      NATIVE_DTYPE[queries.dtype],
      NATIVE_DTYPE[corpus.dtype],
      corpus.dim,
      corpus.rows,
      NATIVE_METRIC[metric],
      k,
      (isLast ? options.minScore : undefined) ?? NaN,
      firstSelf < 0 ? -1 : firstSelf + from,
      filter,
      threads,
    )
  }

  /**
   * Writes what a search has found: its query `first` and the next ones are the queries `from` to
   * `to` of the call.
   */
  write(search: NativeSearch, first: number, from: number, to: number): void {
    const { result, k } = this
    const counts = result.counts.subarray(from, to)
    const indices = result.indices.subarray(from * result.k, to * result.k)
    const scores = result.scores.subarray(from * result.k, to * result.k)
    if (k === result.k) {
      native().writeResults.call(search, indices, scores, counts, first)
      return
    }
    // There are fewer rows than places.
    const found = new Found(to - from, k)
    native().writeResults.call(search, found.indices, found.scores, counts, first)
    indices.fill(NO_ROW)
    for (let query = 0; query < to - from; query++) {
      indices.set(found.indices.subarray(query * k, (query + 1) * k), query * result.k)
      scores.set(found.scores.subarray(query * k, (query + 1) * k), query * result.k)
    }
  }
}

/** Places for what is found for some queries. */
class Found {
  readonly indices: ReturnType<Uint32Array['slice']>
  readonly scores: ReturnType<Float32Array['slice']>

  constructor(queries: number, k: number) {
    this.indices = new Uint32Array(queries * k)
    this.scores = new Float32Array(queries * k)
  }
}

/** Places that are to be written. @throws OutOfMemoryError */
function emptyResult(queries: number, k: number): Neighbors {
  try {
    const { indices, scores } = new Found(queries, k)
    return Neighbors.of(indices, scores, new Uint32Array(queries), k)
  } catch (cause) {
    throw new OutOfMemoryError(`the ${k} nearest rows of ${queries} queries can't be allocated`, { cause })
  }
}

/** `matrix.nearest`. */
export async function nearest(corpus: SearchVectors, queries: unknown, options: unknown): Promise<Neighbors> {
  const checked = checkNearestOptions('nearest', options, corpus)
  const { signal } = checked
  throwIfAborted(signal)
  const read = queryReader(queries, corpus, checked.rescore?.dtype ?? corpus.dtype)
  const call = new NearestCall(corpus, await inTurns(read, signal), checked)
  const { rows } = call.queries
  const size = call.groupSize
  try {
    for (let from = 0; from < rows; from += size) {
      throwIfAborted(signal)
      const to = Math.min(rows, from + size)
      const search = call.search(from, to)
      await compare(call, search, to - from)
      await inTurns(finishing(call, search, from, to), signal)
    }
  } catch (error) {
    throwIfAborted(signal)
    throw fromNative(error)
  }
  return call.result
}

/** `matrix.nearestSync`. */
export function nearestSync(corpus: SearchVectors, queries: unknown, options: unknown): Neighbors {
  const checked = checkNearestOptions('nearestSync', options, corpus)
  throwIfAborted(checked.signal)
  const read = queryReader(queries, corpus, checked.rescore?.dtype ?? corpus.dtype)
  const call = new NearestCall(corpus, atOnce(read), checked)
  const { rows } = call.queries
  const size = call.groupSize
  try {
    for (let from = 0; from < rows; from += size) {
      const to = Math.min(rows, from + size)
      const search = call.search(from, to)
      if (call.threads === 1) native().scanHere.call(search, corpus.data, 0, corpus.rows)
      else native().scanDirect.call(search, corpus.data, corpus.rows, true)
      atOnce(finishing(call, search, from, to))
    }
  } catch (error) {
    throw fromNative(error)
  }
  return call.result
}

/** The result of work in steps. */
function atOnce<T>(step: () => T | undefined): T {
  for (;;) {
    const result = step()
    if (result !== undefined) return result
  }
}

/** Compares all rows with a search's `count` queries. */
async function compare(call: NearestCall, search: NativeSearch, count: number): Promise<void> {
  const { corpus } = call
  const { signal } = call.options
  const isShared = isSharedArrayBuffer(bufferOf(corpus.data))
  const isLittle = corpus.rows * corpus.dim * count <= FEW_PRODUCTS
  if (isLittle || (count <= FEW_QUERIES && !isShared)) {
    await inTurns(comparing(corpus, search, count, signal), signal)
    return
  }
  const forget = onAbort([signal], () => {
    search.cancel()
  })
  try {
    if (isShared) {
      native().scanDirect.call(search, corpus.data, corpus.rows, false)
    } else {
      const step = rowsOf(corpus, COPY_BYTES)
      await feedParts(search, corpus.rows, step, signal, (from, to) =>
        native().scanCopied.call(search, corpus.data, from, to),
      )
    }
    await search.idle()
  } catch (error) {
    // The memory was taken away, or the signal has ended the wait.
    search.cancel()
    throw error
  } finally {
    forget()
  }
}

/** Compares all rows on this thread, some at each call. */
function comparing(
  corpus: SearchVectors,
  search: NativeSearch,
  count: number,
  signal: AbortSignal | undefined,
): () => true | undefined {
  const step = Math.min(rowsOf(corpus, STEP_BYTES), Math.max(16, Math.floor(STEP_PRODUCTS / (corpus.dim * count))))
  let from = 0
  return () => {
    throwIfAborted(signal)
    const to = Math.min(corpus.rows, from + step)
    native().scanHere.call(search, corpus.data, from, to)
    from = to
    return from === corpus.rows ? true : undefined
  }
}

/** Writes the results of some queries at each call, with `rescore` in another order. */
function finishing(call: NearestCall, search: NativeSearch, from: number, to: number): () => true | undefined {
  const { found } = call
  const { rescore, signal } = call.options
  const results = rescore === undefined ? WRITTEN_RESULTS : RESCORED_ROWS
  const step = Math.max(1, Math.floor(results / Math.max(1, found)))
  let next = from
  return () => {
    throwIfAborted(signal)
    const end = Math.min(to, next + step)
    if (rescore === undefined) call.write(search, next - from, next, end)
    else rescoreSome(call, rescore, search, next - from, next, end)
    next = end
    return next === to ? true : undefined
  }
}

/** Orders what a search has found for its query `first` and the next ones anew. */
function rescoreSome(
  call: NearestCall,
  rescore: SearchVectors,
  search: NativeSearch,
  first: number,
  from: number,
  to: number,
): void {
  const { found: each } = call
  const candidates = new Found(to - from, each)
  native().writeResults.call(search, candidates.indices, candidates.scores, new Uint32Array(to - from), first)
  const second = call.secondSearch(rescore, from, to)
  native().rescore.call(second, rescore.data, candidates.indices, each)
  call.write(second, 0, from, to)
}

/** How many rows have about this many bytes; at least one. */
function rowsOf({ data, width }: SearchVectors, bytes: number): number {
  return Math.max(1, Math.floor(bytes / (width * data.BYTES_PER_ELEMENT)))
}
