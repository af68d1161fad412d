// The options of `nearest` and `duplicates`: their types, and the one place that checks them.

import { isUint32Array, isUint8Array } from 'node:util/types'

import { arrayOf, isArrayOf, widthOf } from '../dtype.js'
import type { Dtype, RowArray } from '../dtype.js'
import { Model2VecError, withArticle } from '../errors.js'
import { assertPresent } from '../row-memory.js'
import { isDetached, lengthOf } from '../runtime/typed-array.js'
import { abortSignal, boolean, callback, count, invalid, isRecord, optional, read } from './checks.js'
import { dtypeName } from './encode.js'

/**
 * How two vectors are compared:
 *
 * - 'cosine': the cosine of the angle between them, −1 to 1, higher is nearer. Rows of zeros have
 *   none, and are never found
 * - 'dot': the sum of the products of their elements, higher is nearer
 * - 'euclidean': the length of their difference, lower is nearer
 * - 'hamming': the number of bits that differ, lower is nearer; for 'binary' rows, and those only
 */
export type SearchMetric = 'cosine' | 'dot' | 'euclidean' | 'hamming'

/** Vectors, one row each: an `EmbeddingMatrix`, or what has its fields. */
export interface SearchVectors {
  /** All rows, one after the other: rows × width elements. */
  readonly data: RowArray
  /** How many rows. */
  readonly rows: number
  /** Dimensions of a vector. */
  readonly dim: number
  /** Elements of `data` that a row takes. */
  readonly width: number
  /** The element type of `data`. */
  readonly dtype: Dtype
}

/** Options of `nearest` and `nearestSync`. */
export interface NearestOptions {
  /**
   * The most rows that are found for each query: an integer ≥ 1.
   * @default 10
   */
  readonly k?: number | undefined
  /**
   * How vectors are compared.
   * @default 'cosine'; 'hamming' where `dtype` is 'binary'
   */
  readonly metric?: SearchMetric | undefined
  /**
   * The rows that may be found: a Uint8Array with an element for each row, 0 = left out; or a
   * Uint32Array of rows, each once, in rising order.
   * @default all
   */
  readonly filter?: Uint8Array | Uint32Array | undefined
  /**
   * The least score of what is found; for a distance, the largest. A row with just this score is
   * found. A cosine beyond ±(1 − 2⁻²¹) counts as ±1.
   */
  readonly minScore?: number | undefined
  /**
   * Whether a query that is a row of this matrix itself is kept from finding that row. The queries
   * are the matrix, a `slice` of it, or a `row` of it then; with `rescore`, those of `rescore`.
   * @default false
   */
  readonly excludeSelf?: boolean | undefined
  /**
   * For a matrix of 'binary': the same rows as numbers. The nearest k × `oversample` rows by
   * 'hamming' are found first, and then ordered by `metric` over these. The queries are vectors of
   * numbers then.
   */
  readonly rescore?: SearchVectors | undefined
  /**
   * With `rescore`: how many times k rows are found first. A number ≥ 1.
   * @default 4
   */
  readonly oversample?: number | undefined
  /**
   * How many threads the search may use, that of `nearestSync` included: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined
  /**
   * Ends the search: it rejects with `signal.reason`. `nearestSync` looks at it once, when it
   * starts.
   */
  readonly signal?: AbortSignal | undefined
}

/** How far a search for duplicates is. */
export interface DuplicatesProgress {
  /** Rows that are decided. */
  readonly done: number
  /** All rows. */
  readonly total: number
  /**
   * About how many milliseconds are left. Each row is compared with those that are kept before it,
   * so that later rows take longer.
   */
  readonly remainingMs: number
}

/** Options of `duplicates`. */
export interface DuplicatesOptions {
  /**
   * A row is dropped when an earlier row that is kept scores at least this much; for a distance, at
   * most. A cosine of more than 1 − 2⁻²¹ counts as 1.
   */
  readonly threshold: number
  /**
   * How vectors are compared.
   * @default 'cosine'; 'hamming' where `dtype` is 'binary'
   */
  readonly metric?: SearchMetric | undefined
  /**
   * The text of each row. A row whose text an earlier row has is dropped without comparing vectors.
   */
  readonly texts?: readonly string[] | undefined
  /**
   * How many threads the search may use: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined
  /** Ends the search: it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /**
   * Called about ten times a second, and at the end. An exception of the function ends the search.
   */
  readonly onProgress?: ((progress: DuplicatesProgress) => void) | undefined
}

const NEAREST_OPTIONS = [
  'k',
  'metric',
  'filter',
  'minScore',
  'excludeSelf',
  'rescore',
  'oversample',
  'threads',
  'signal',
] as const
const DUPLICATES_OPTIONS = ['threshold', 'metric', 'texts', 'threads', 'signal', 'onProgress'] as const

const METRICS: readonly unknown[] = ['cosine', 'dot', 'euclidean', 'hamming'] satisfies SearchMetric[]

const metricName = optional((name, value): SearchMetric => {
  if (!METRICS.includes(value)) throw invalid(name, "'cosine', 'dot', 'euclidean' or 'hamming'", value)
  return value as SearchMetric
})

const score = optional((name, value): number => {
  if (typeof value !== 'number' || Number.isNaN(value)) throw invalid(name, 'a number', value)
  return value
})

const factor = optional((name, value): number => {
  if (typeof value !== 'number' || !(value >= 1 && value < Infinity)) throw invalid(name, 'a number ≥ 1', value)
  return value
})

const rowFilter = optional((name, value): Uint8Array | Uint32Array => {
  if (!isUint8Array(value) && !isUint32Array(value)) {
    throw invalid(name, 'a Uint8Array with an element for each row, or a Uint32Array of rows in rising order', value)
  }
  // It has no elements, which would allow no row.
  if (isDetached(value)) throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` was detached`)
  return value
})

const vectors = optional((name, value): SearchVectors => {
  if (!isVectors(value)) throw invalid(name, 'an EmbeddingMatrix', value)
  return checkVectors(name, value)
})

/** Whether a value has the fields of a matrix. */
export function isVectors(value: unknown): value is SearchVectors {
  return isRecord(value) && ['data', 'rows', 'dim', 'width', 'dtype'].every((field) => field in value)
}

/**
 * A matrix, whose fields are read once.
 *
 * @throws Model2VecError ERR_INVALID_OPTION when they are not those of a matrix, ERR_OUT_TOO_SMALL
 * when its memory is gone
 */
export function checkVectors(name: string, { data, rows, dim, width, dtype }: SearchVectors): SearchVectors {
  if (dtypeName(`${name}.dtype`, dtype) === undefined) throw invalid(`${name}.dtype`, 'the name of a type', dtype)
  if (count(`${name}.dim`, dim) === undefined) throw invalid(`${name}.dim`, 'an integer ≥ 1', dim)
  if (!Number.isSafeInteger(rows) || rows < 0) throw invalid(`${name}.rows`, 'an integer ≥ 0', rows)
  if (width !== widthOf(dtype, dim)) throw invalid(`${name}.width`, `${widthOf(dtype, dim)}`, width)
  if (!isArrayOf(dtype, data)) throw invalid(`${name}.data`, withArticle(arrayOf(dtype).name), data)
  assertPresent(data, rows * width)
  return { data, rows, dim, width, dtype }
}

/** The metric of a matrix, checked against its element type. */
function metricFor(metric: SearchMetric | undefined, dtype: Dtype): SearchMetric {
  const isBinary = dtype === 'binary'
  if (metric !== undefined && (metric === 'hamming') !== isBinary) {
    const expected = isBinary
      ? "'hamming' for a matrix of 'binary'"
      : `'cosine', 'dot' or 'euclidean' for a matrix of '${dtype}'`
    throw invalid('metric', expected, metric)
  }
  return metric ?? (isBinary ? 'hamming' : 'cosine')
}

/** The options of a search, checked. */
export interface CheckedNearestOptions {
  readonly k: number
  /** Of the search itself: with `rescore`, of the second one. */
  readonly metric: SearchMetric
  readonly filter: Uint8Array | Uint32Array | undefined
  readonly minScore: number | undefined
  readonly excludeSelf: boolean
  readonly rescore: SearchVectors | undefined
  readonly oversample: number
  /** Undefined = as many as there are. */
  readonly threads: number | undefined
  readonly signal: AbortSignal | undefined
}

/** @throws Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH */
export function checkNearestOptions(
  method: string,
  options: unknown,
  { rows, dim, dtype }: SearchVectors,
): CheckedNearestOptions {
  const given = read(method, options, NEAREST_OPTIONS)
  const rescore = vectors('rescore', given.rescore)
  const oversample = factor('oversample', given.oversample)
  if (oversample !== undefined && rescore === undefined) {
    throw new Model2VecError('ERR_INVALID_OPTION', '`oversample` goes with `rescore`, which was not given')
  }
  if (rescore !== undefined) {
    if (dtype !== 'binary' || rescore.dtype === 'binary') {
      const found = `a matrix of '${dtype}' with one of '${rescore.dtype}'`
      throw new Model2VecError(
        'ERR_INVALID_OPTION',
        `\`rescore\` goes with a matrix of 'binary' and is of numbers, but got ${found}`,
      )
    }
    if (rescore.rows !== rows || rescore.dim !== dim) {
      const shape = `${rows} rows of ${dim} dimensions`
      const found = `${rescore.rows} rows of ${rescore.dim}`
      throw new Model2VecError(
        'ERR_SHAPE_MISMATCH',
        `\`rescore\` should have ${shape} as the matrix has, but has ${found}`,
      )
    }
  }
  const filter = rowFilter('filter', given.filter)
  if (isUint8Array(filter) && lengthOf(filter) !== rows) {
    const found = lengthOf(filter)
    throw new Model2VecError(
      'ERR_SHAPE_MISMATCH',
      `\`filter\` should have an element for each of the ${rows} rows, but has ${found}`,
    )
  }
  return {
    k: count('k', given.k) ?? 10,
    metric: metricFor(metricName('metric', given.metric), rescore?.dtype ?? dtype),
    filter,
    minScore: score('minScore', given.minScore),
    excludeSelf: boolean('excludeSelf', given.excludeSelf) ?? false,
    rescore,
    oversample: oversample ?? 4,
    threads: count('threads', given.threads),
    signal: abortSignal('signal', given.signal),
  }
}

/** The options of a search for duplicates, checked. */
export interface CheckedDuplicatesOptions {
  readonly threshold: number
  readonly metric: SearchMetric
  readonly texts: readonly unknown[] | undefined
  readonly threads: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: DuplicatesProgress) => void) | undefined
}

/** @throws Model2VecError ERR_INVALID_OPTION, ERR_SHAPE_MISMATCH */
export function checkDuplicatesOptions(options: unknown, { rows, dtype }: SearchVectors): CheckedDuplicatesOptions {
  const given = read('duplicates', options, DUPLICATES_OPTIONS)
  const threshold = score('threshold', given.threshold)
  if (threshold === undefined) throw invalid('threshold', 'a number', given.threshold)
  const { texts } = given
  if (texts !== undefined && !Array.isArray(texts)) throw invalid('texts', 'an array of strings', texts)
  if (texts !== undefined && texts.length !== rows) {
    throw new Model2VecError(
      'ERR_SHAPE_MISMATCH',
      `\`texts\` should have one text for each of the ${rows} rows, but has ${texts.length}`,
    )
  }
  return {
    threshold,
    metric: metricFor(metricName('metric', given.metric), dtype),
    texts: texts as readonly unknown[] | undefined,
    threads: count('threads', given.threads),
    signal: abortSignal('signal', given.signal),
    onProgress: callback('onProgress', given.onProgress) as ((progress: DuplicatesProgress) => void) | undefined,
  }
}
