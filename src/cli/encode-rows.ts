// Rows to vectors. A text that the tokenizer has no ids for (with a WordLevel vocabulary without an
// unknown token, say) is treated like a line that can't be read: with its file and number, it ends
// the run or is skipped.

import { encodeChunks } from '../call/chunks.js'
import type { EncodedChunks } from '../call/chunks.js'
import { encodeRead } from '../call/encode.js'
import type { Dtype } from '../dtype.js'
import { modelOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import { isModel2VecError, Model2VecError } from '../errors.js'
import type { EmbeddingMatrix } from '../matrix/embedding-matrix.js'
import type { CheckedChunkOptions } from '../options/chunks.js'
import { checkEncodeOptions } from '../options/encode.js'
import type { TypedEncodeOptions } from '../options/encode.js'
import { nameOfInput } from './input/row-batches.js'
import type { InputOptions, RowBatch } from './input/row-batches.js'
import type { Rows } from './input/rows.js'

/** Rows that have vectors. */
export interface EncodedRows {
  readonly rows: Rows
  readonly matrix: EmbeddingMatrix<Dtype>
  /** Rows of the batch that were skipped. */
  readonly skipped: number
}

/** Rows whose chunks have vectors. */
export interface ChunkedRows extends EncodedChunks {
  readonly rows: Rows
  /** Rows of the batch that were skipped. */
  readonly skipped: number
}

/** What is done with rows, and what is left of them. */
interface WorkedRows<T> {
  readonly rows: Rows
  readonly made: T
  readonly skipped: number
}

/**
 * @param onSkip gets the message of each row that is skipped
 * @throws Model2VecError ERR_BAD_TOKENIZER with file and line, and what an encode method throws
 */
export async function encodeRows(
  model: Model2VecEmbeddingFunction,
  batch: RowBatch,
  options: TypedEncodeOptions<Dtype>,
  input: InputOptions,
  onSkip: (message: string) => void,
): Promise<EncodedRows> {
  const work = (rows: Rows): Promise<EmbeddingMatrix<Dtype>> => encode(model, rows, options)
  const { rows, made, skipped } = await workOnRows(model, batch, options, input, onSkip, work)
  return { rows, matrix: made, skipped }
}

/** As {@link encodeRows}, with a vector for each chunk of the texts. */
export async function encodeChunkRows(
  model: Model2VecEmbeddingFunction,
  batch: RowBatch,
  chunking: CheckedChunkOptions,
  options: TypedEncodeOptions<Dtype>,
  input: InputOptions,
  onSkip: (message: string) => void,
): Promise<ChunkedRows> {
  const unlimited = { ...options, maxLength: null }
  const work = ({ native, texts, count }: Rows): Promise<EncodedChunks> => {
    const read = native === null ? { values: texts, count } : { native, count }
    return encodeChunks(modelOf(model), read, chunking, checkEncodeOptions('encode', unlimited))
  }
  const { rows, made, skipped } = await workOnRows(model, batch, unlimited, input, onSkip, work)
  return { rows, ...made, skipped }
}

async function workOnRows<T>(
  model: Model2VecEmbeddingFunction,
  { rows, file }: RowBatch,
  options: TypedEncodeOptions<Dtype>,
  input: InputOptions,
  onSkip: (message: string) => void,
  work: (rows: Rows) => Promise<T>,
): Promise<WorkedRows<T>> {
  try {
    return { rows, made: await work(rows), skipped: 0 }
  } catch (error) {
    if (!isAboutText(error)) throw error
    const name = nameOfInput(input, file)
    if (!rows.canBeReread) throw located(error, name, rows)
    // With several threads, the error is not always about the first such text; and there may be
    // more.
    const readable = rows.reread()
    const kept = readable.filter((row) => {
      const problem = problemOf(model, readable.texts[row] ?? '', options)
      if (problem === null) return true
      const message = `${name}:${readable.lineOf(row)}: ${problem}`
      if (!input.skipsBadLines) throw new Model2VecError('ERR_BAD_TOKENIZER', message, { cause: error })
      onSkip(message)
      return false
    })
    return { rows: kept, made: await work(kept), skipped: rows.count - kept.count }
  }
}

async function encode(
  model: Model2VecEmbeddingFunction,
  { native, texts, count }: Rows,
  options: TypedEncodeOptions<Dtype>,
): Promise<EmbeddingMatrix<Dtype>> {
  if (native === null) return model.encode(texts, options)
  return encodeRead(modelOf(model), { native, count }, checkEncodeOptions('encode', options))
}

/** A call throws this error only about a text: a tokenizer that can't be loaded has no calls. */
function isAboutText(error: unknown): error is Model2VecError {
  return isModel2VecError(error) && error.code === 'ERR_BAD_TOKENIZER'
}

/**
 * The error with file and line, where texts are not kept. Its message has the text's index in the
 * call.
 */
function located(error: Model2VecError, name: string, rows: Rows): Model2VecError {
  const [, row] = /^text (\d+) /.exec(error.message) ?? []
  const message = `${name}${row === undefined ? '' : `:${rows.lineOf(Number(row))}`}: ${problemIn(error)}`
  return new Model2VecError(error.code, message, { cause: error })
}

function problemIn({ message }: Model2VecError): string {
  return message.replace(/^text \d+ /, 'the text ')
}

/** What is wrong with one text; null = nothing. */
function problemOf(
  model: Model2VecEmbeddingFunction,
  text: string,
  { maxLength }: TypedEncodeOptions<Dtype>,
): string | null {
  try {
    model.encodeSync([text], { maxLength })
    return null
  } catch (error) {
    if (!isAboutText(error)) throw error
    return problemIn(error)
  }
}
