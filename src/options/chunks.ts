// The options of `chunks`.

import { abortSignal, invalid, length, optional, read } from './checks.js'
import type { Check } from './checks.js'

/** Options of `chunks`. */
export interface ChunkOptions {
  /** The most token ids of a chunk, as `countTokens` counts them: an integer ≥ 1. */
  readonly size: number
  /**
   * The most token ids that a chunk repeats of the one before it: an integer ≥ 0 and below `size`.
   * @default 0
   */
  readonly overlap?: number | undefined
  /**
   * The `maxLength` with which the chunks will be encoded: none of them is cut then, neither for its
   * token ids nor for its characters. At least `size`, or null for no limit but `size`.
   * @default the model's
   */
  readonly maxLength?: number | null | undefined
}

/** Options of `chunksAsync`. */
export interface ChunkAsyncOptions extends ChunkOptions {
  /** Stops the work between two chunks; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Options of `chunks`, checked. Undefined = the model's own. */
export interface CheckedChunkOptions {
  readonly size: number
  readonly overlap: number
  readonly maxLength: number | null | undefined
  readonly signal: AbortSignal | undefined
}

const OPTIONS = ['size', 'overlap', 'maxLength'] as const
const ASYNC_OPTIONS = [...OPTIONS, 'signal'] as const
/** More ids than a text can have. */
const MOST = 2 ** 32 - 1

const size: Check<number> = (name, value) => {
  if (isInteger(value) && value >= 1) return Math.min(value, MOST)
  throw invalid(name, 'an integer ≥ 1', value)
}

function overlapBelow(size: number): Check<number | undefined> {
  return optional((name, value) => {
    if (isInteger(value) && value >= 0 && value < size) return value
    throw invalid(name, `an integer ≥ 0 and below \`size\`, ${size}`, value)
  })
}

function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkChunkOptions(method: 'chunks' | 'chunksAsync', options: unknown): CheckedChunkOptions {
  const given = read<(typeof ASYNC_OPTIONS)[number]>(method, options, method === 'chunks' ? OPTIONS : ASYNC_OPTIONS)
  const checked = size('size', given.size)
  return {
    size: checked,
    overlap: overlapBelow(checked)('overlap', given.overlap) ?? 0,
    maxLength: length('maxLength', given.maxLength),
    signal: abortSignal('signal', given.signal),
  }
}
