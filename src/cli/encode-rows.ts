// Rows to vectors. A text that the model's tokenizer has no ids for (a WordLevel vocabulary without an unknown token, say) is a line that
// can't be read like others: told with its file and number, it ends the run or is left out.

import { modelOf } from '../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { Dtype } from '../dtype.js'
import { encodeRead } from '../call/encode.js'
import { isModel2VecError, Model2VecError } from '../errors.js'
import type { EmbeddingMatrix } from '../matrix.js'
import { checkEncodeOptions } from '../options/encode.js'
import type { TypedEncodeOptions } from '../options/encode.js'
import { nameOf } from './input/row-batches.js'
import type { InputOptions, RowBatch, Rows } from './input/row-batches.js'

/** Rows that have vectors. */
export interface EncodedRows {
  readonly rows: Rows
  readonly matrix: EmbeddingMatrix<Dtype>
  /** Rows of the batch that were left out. */
  readonly skipped: number
}

/** @throws Model2VecError ERR_BAD_TOKENIZER with file and line; what an encode method throws */
export async function encodeRows(
  model: Model2VecEmbeddingFunction,
  { rows, file, reader }: RowBatch,
  options: TypedEncodeOptions<Dtype>,
  { paths, onBadLine }: Pick<InputOptions, 'paths' | 'onBadLine'>,
): Promise<EncodedRows> {
  try {
    return { rows, matrix: await encode(model, rows, options), skipped: 0 }
  } catch (error) {
    if (!isForText(error)) throw error
    if (!rows.canBeRead) throw located(error, nameOf(paths[file] ?? ''), rows)
    // The first that fails is not the first that is told, where threads share the work; and there may be more.
    const readable = rows.reread(reader)
    const kept = readable.filter((row) => {
      const message = problemOf(model, readable.texts[row] ?? '', options)
      if (message === null) return true
      const told = `${nameOf(paths[file] ?? '')}:${readable.lineOf(row)}: ${message}`
      if (onBadLine === null) throw new Model2VecError('ERR_BAD_TOKENIZER', told, { cause: error })
      onBadLine(told)
      return false
    })
    return { rows: kept, matrix: await encode(model, kept, options), skipped: rows.count - kept.count }
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

/** Of a call, this error is a text's; a tokenizer that can't be loaded has no calls. */
function isForText(error: unknown): error is Model2VecError {
  return isModel2VecError(error) && error.code === 'ERR_BAD_TOKENIZER'
}

/** The error with file and line, where the texts are not kept: its message has the text's place in the call. */
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
    if (!isForText(error)) throw error
    return problemIn(error)
  }
}
