// Chunks of texts that are too long for one vector.

import { chunkAt, chunkCount, chunksAsync as findChunks, chunksSync } from './call/chunks.js'
import { oneText } from './call/texts.js'
import { modelOf, readyModelOf } from './embedding-function.js'
import type { Model2VecEmbeddingFunction } from './embedding-function.js'
import type { TextChunks } from './native/interface.js'
import { checkChunkOptions } from './options/chunks.js'
import type { ChunkAsyncOptions, ChunkOptions } from './options/chunks.js'
import { takeInTurns } from './runtime/event-loop.js'

/** A chunk of a text. */
export interface TextChunk {
  /** `text.slice(start, end)` of the whole text. */
  readonly text: string
  /** Where it starts and ends in the whole text, in UTF-16 units, as all indices of strings. */
  readonly start: number
  readonly end: number
  /** How many token ids it has: `ef.countTokens(chunk.text)`. */
  readonly tokens: number
}

/** How many objects are made in a step. */
const CHUNKS_PER_STEP = 256

/**
 * Cuts a text into chunks of at most `size` token ids, by the model's own tokenizer.
 *
 * A chunk is as long as there is room for, then ends with the last sentence or line in its second
 * half (Unicode's UAX #29; after `.`, `!` and `?` only before white space), else after a word. White space after it belongs to it. A word for which
 * no chunk has room, and a text without spaces, is cut between characters as users see them
 * (grapheme clusters), or between code points where one of those is too long. The first chunk starts
 * where the text starts, each other one where the one before it ends, so that the chunks together
 * are the text; with `overlap`, at the start of a sentence or a word before that end, if one is near.
 * A chunk of a single code point may have more ids than `size`. An empty text has no chunk.
 *
 * The work is done on this thread: a megabyte takes some 10 milliseconds. {@link chunksAsync} does
 * not hold the event loop.
 *
 * @throws InvalidTextError `ERR_INVALID_TEXT`, Model2VecError `ERR_INVALID_OPTION`, also when `size`
 *   is above `maxLength`; `ERR_MODEL_NOT_READY`, `ERR_CLOSED`
 * @example
 * const parts = chunks(ef, document, { size: 256, overlap: 32 })
 * const matrix = await ef.encode(parts.map(({ text }) => text))
 */
export function chunks(ef: Model2VecEmbeddingFunction, text: string, options: ChunkOptions): TextChunk[] {
  const checked = checkChunkOptions('chunks', options)
  return [...eachChunk(text, chunksSync(modelOf(ef), oneText(text), checked))]
}

/**
 * {@link chunks} off the event loop.
 *
 * @throws (rejects) as `chunks`; OutOfMemoryError; `signal.reason` once aborted; for a pending model
 *   the errors of `ready`
 */
export async function chunksAsync(
  ef: Model2VecEmbeddingFunction,
  text: string,
  options: ChunkAsyncOptions,
): Promise<TextChunk[]> {
  const list = oneText(text)
  const checked = checkChunkOptions('chunksAsync', options)
  const model = await readyModelOf(ef, checked.signal)
  return takeInTurns(eachChunk(text, await findChunks(model, list, checked)), CHUNKS_PER_STEP, checked.signal)
}

function* eachChunk(text: string, found: TextChunks): Generator<TextChunk, void, undefined> {
  for (let i = 0; i < chunkCount(found); i++) {
    const { start, end, tokens } = chunkAt(found, i)
    yield { text: text.slice(start, end), start, end, tokens }
  }
}
