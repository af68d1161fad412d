// The options of `encodeStream` and `transform`: their types, and the one place that checks them.

import type { Dtype } from '../dtype.js'
import { abortSignal, callback, count, read } from './checks.js'
import { checkEncodeOptions } from './encode.js'
import type { CheckedEncodeOptions, EncodeOptions } from './encode.js'

/** How far a stream is, in items. */
export interface StreamProgress {
  /** Items whose vectors were given out, with this batch. */
  readonly done: number
}

/** Options of `encodeStream` and `transform`; `D` is the result's element type. */
export interface StreamOptions<Item, D extends Dtype = 'float32'> extends Pick<
  EncodeOptions<D>,
  'maxLength' | 'normalize' | 'dimensionality' | 'dtype'
> {
  /**
   * The text of an item: called once for each, in order.
   * @default the item itself, which must be a string then
   */
  readonly text?: ((item: Item) => string) | undefined
  /**
   * The most items of a batch: an integer ≥ 1.
   * @default 2048
   */
  readonly batchSize?: number | undefined
  /**
   * The length of texts at which a batch is full before it has that many items, as the sum of
   * `text.length`: bytes, where texts are ASCII. An integer ≥ 1. The text that reaches it is the
   * batch's last.
   * @default 4 MiB
   */
  readonly batchBytes?: number | undefined
  /**
   * How many batches are encoded at once: an integer ≥ 1. Each uses all `threads`, so that 2 keep
   * them busy while results are taken and texts read; at most `concurrency + 2` batches are read
   * that were not given out.
   * @default 2
   */
  readonly concurrency?: number | undefined
  /** Stops reading and encoding at once; the stream then fails with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Called before each batch is given out. */
  readonly onProgress?: ((progress: StreamProgress) => void) | undefined
}

/** Stream options for items that are not strings. */
export interface ItemStreamOptions<Item, D extends Dtype = 'float32'> extends StreamOptions<Item, D> {
  readonly text: (item: Item) => string
}

const STREAM_OPTIONS = [
  'text',
  'batchSize',
  'batchBytes',
  'concurrency',
  'maxLength',
  'normalize',
  'dimensionality',
  'dtype',
  'signal',
  'onProgress',
] as const

export const DEFAULT_BATCH_SIZE = 2048
export const DEFAULT_BATCH_BYTES: number = 4 * 2 ** 20
export const DEFAULT_CONCURRENCY = 2

/** Stream options, checked. */
export interface CheckedStreamOptions {
  readonly text: ((item: never) => unknown) | undefined
  readonly batchSize: number
  readonly batchBytes: number
  readonly concurrency: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: StreamProgress) => void) | undefined
  /** The options of the call that encodes a batch; its signal is the stream's to give. */
  readonly encode: CheckedEncodeOptions
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkStreamOptions(method: string, options: unknown): CheckedStreamOptions {
  const given = read(method, options, STREAM_OPTIONS)
  const { maxLength, normalize, dimensionality, dtype } = given
  return {
    text: callback('text', given.text),
    batchSize: count('batchSize', given.batchSize) ?? DEFAULT_BATCH_SIZE,
    batchBytes: count('batchBytes', given.batchBytes) ?? DEFAULT_BATCH_BYTES,
    concurrency: count('concurrency', given.concurrency) ?? DEFAULT_CONCURRENCY,
    signal: abortSignal('signal', given.signal),
    onProgress: callback('onProgress', given.onProgress) as ((progress: StreamProgress) => void) | undefined,
    encode: checkEncodeOptions(method, { maxLength, normalize, dimensionality, dtype }),
  }
}
