// The chunks of texts, found natively, and their vectors.

import type { TokenArray } from '../dtype.js'
import { throwIfAborted } from '../runtime/abort.js'
import { fromNative, Model2VecError } from '../errors.js'
import { whenThereIsTime } from '../runtime/event-loop.js'
import { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import { nativeMaxLength } from '../model/model.js'
import type { Model } from '../model/model.js'
import { CHUNK_NUMBERS, JOB_MODE, NO_LIMIT } from '../native/interface.js'
import type { JobMode, NativeJob, NativeModel, NativeTexts, TextChunks } from '../native/interface.js'
import { native } from '../native/load.js'
import type { CheckedChunkOptions } from '../options/chunks.js'
import type { CheckedEncodeOptions } from '../options/encode.js'
import type { EncodedMatrix } from './encode.js'
import { hasFewTexts } from './inline.js'
import { runJob, runJobSync } from './job.js'
import { nativeEncodeOptions, rowFormat } from './row.js'
import { allocateCounts, targetOf } from './target.js'
import type { Texts } from './texts.js'

/** A chunk's place in its text, and its token ids. */
export interface ChunkPlace {
  /** In UTF-16 units. */
  readonly start: number
  readonly end: number
  /** In bytes of UTF-8. */
  readonly startByte: number
  readonly endByte: number
  readonly tokens: number
  /** How many of the ids are pooled. */
  readonly pooled: number
}

/** Chunk `index` of a job's. */
export function chunkAt({ chunks }: TextChunks, index: number): ChunkPlace {
  const at = index * CHUNK_NUMBERS
  const number = (i: number): number => chunks[at + i] ?? 0
  return {
    start: number(0),
    end: number(1),
    startByte: number(2),
    endByte: number(3),
    tokens: number(4),
    pooled: number(5),
  }
}

/** How many chunks a job has found. */
export function chunkCount({ chunks }: TextChunks): number {
  return chunks.length / CHUNK_NUMBERS
}

/** @throws Model2VecError ERR_INVALID_OPTION where chunks of the size would be cut */
function limitOf(model: Model, { size, maxLength = model.maxLength }: CheckedChunkOptions): number {
  if (maxLength !== null && size > maxLength) {
    const hint = '`maxLength: null` is for chunks that are encoded without a limit'
    throw new Model2VecError(
      'ERR_INVALID_OPTION',
      `\`size\` should be at most \`maxLength\`, ${maxLength}, but got ${size}: ${hint}`,
    )
  }
  return nativeMaxLength(maxLength)
}

function chunkJob(
  model: Model,
  handle: NativeModel,
  count: number,
  options: CheckedChunkOptions,
  mode: JobMode,
  withIds: boolean,
): NativeJob<TextChunks> {
  const limit = limitOf(model, options)
  const { size, overlap } = options
  try {
    return native().createChunkJob(handle, mode, count, model.threads, size, overlap, limit, withIds)
  } catch (error) {
    throw fromNative(error)
  }
}

/** The chunks of all texts, on this thread with the help of others. */
export function chunksSync(model: Model, texts: Texts, options: CheckedChunkOptions): TextChunks {
  return model.use((handle) =>
    runJobSync(chunkJob(model, handle, texts.count, options, JOB_MODE.sync, false), null, texts),
  )
}

/** The chunks of all texts, off the event loop. */
export async function chunksAsync(model: Model, texts: Texts, options: CheckedChunkOptions): Promise<TextChunks> {
  const { signal } = options
  throwIfAborted(signal)
  return model.use((handle) =>
    whenThereIsTime(
      () =>
        runJob(chunkJob(model, handle, texts.count, options, JOB_MODE.direct, false), { signal, report: null }, texts),
      hasFewTexts(texts),
      signal,
    ),
  )
}

/** Texts of a call, here or where the native module has read them. */
export type ChunkInput = Texts | { readonly native: NativeTexts; readonly count: number }

/** The chunks of texts, and a row for each. */
export interface EncodedChunks {
  readonly found: TextChunks
  readonly matrix: EncodedMatrix
}

/**
 * The chunks of all texts and their vectors, which are those that `encode` gives for the chunks
 * without a limit. Each text is tokenized once or twice, not once more for the vectors.
 *
 * @param encoding without `out`
 */
export async function encodeChunks(
  model: Model,
  input: ChunkInput,
  options: CheckedChunkOptions,
  encoding: CheckedEncodeOptions,
): Promise<EncodedChunks> {
  const { signal } = encoding
  throwIfAborted(signal)
  return model.use(async (handle) => {
    const job = chunkJob(model, handle, input.count, options, JOB_MODE.direct, true)
    const observer = { signal, report: null }
    if ('native' in input) job.feedTexts(input.native)
    const found = await runJob(job, observer, 'native' in input ? undefined : input)
    const rows = chunkCount(found)
    const ends = allocateCounts(rows)
    const tokens: TokenArray = allocateCounts(rows)
    let end = 0
    for (let i = 0; i < rows; i++) {
      const { pooled } = chunkAt(found, i)
      tokens[i] = pooled
      ends[i] = end += pooled
    }
    const format = rowFormat(encoding, model.info.dim, model.normalize)
    const { out } = targetOf(undefined, rows, format)
    const settings = nativeEncodeOptions(format, NO_LIMIT)
    const ids = found.ids ?? new Uint32Array()
    const pool = native().createPoolJob(handle, ids, ends, out, JOB_MODE.direct, model.threads, ...settings)
    await runJob(pool, observer)
    return { found, matrix: EmbeddingMatrix.of(out, format, tokens, 0, 'none') }
  })
}
