// `model2vec search`: the lines of files that are nearest to queries, every one of them compared.

import { onAbort, throwIfAborted } from '../../runtime/abort.js'
import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { DEFAULT_CONCURRENCY } from '../../options/stream.js'
import { readAhead } from '../../stream/read-ahead.js'
import { UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { encodeRows } from '../encode-rows.js'
import { nameOf, RowBatches } from '../input/row-batches.js'
import type { InputOptions, RowBatch, Rows } from '../input/row-batches.js'
import type { Id } from '../input/formats.js'
import { NpyRows } from '../input/npy.js'
import { interruptSignal } from '../terminal/interrupt.js'
import { haveChangedSince } from '../made-from.js'
import { ProgressLine } from '../terminal/progress-line.js'
import {
  bytesOnDisk,
  inputOptions,
  integer,
  loadModel,
  maxLength,
  MODEL_OPTIONS,
  MODEL_OPTIONS_HELP,
  READING_OPTIONS,
  READING_OPTIONS_HELP,
} from '../reading.js'
import { TopHits } from '../top-hits.js'
import { wellFormed } from '../well-formed.js'

const DEFAULT_TOP = 10

/** A line that was found. */
interface Hit {
  readonly file: string
  readonly line: number
  /** Null when no ids are asked for. */
  readonly id: Id | null
  readonly text: string
}

/** A query, its vector and its length, and what was found so far. */
interface Query {
  readonly text: string
  readonly vector: Float32Array
  readonly length: number
  readonly hits: TopHits<Hit>
}

/** The queries, and the files: as grep has it, the first argument is the query unless options give queries. */
function queriesAndFiles(positionals: readonly string[], values: OptionValues): [queries: string[], files: string[]] {
  const given = values.query as string[] | undefined
  if (given !== undefined) return [given, [...positionals]]
  const [query, ...files] = positionals
  if (query === undefined) throw new UsageError('expected a query, and files')
  return [[query], files]
}

async function queriesOf(
  model: Model2VecEmbeddingFunction,
  texts: readonly string[],
  limit: number | null | undefined,
  dimensionality: number | undefined,
  top: number,
): Promise<Query[]> {
  const matrix = await model.encode([...texts], { maxLength: limit, dimensionality })
  return texts.map((text, i) => {
    const vector = matrix.row(i)
    return { text, vector, length: Math.hypot(...vector), hits: new TopHits<Hit>(top) }
  })
}

/**
 * Compares a row with all queries, by the cosine of the angle; 0 with a query that has no direction.
 *
 * @returns whether the row has a direction: one of zeros, or with what is no number, is near to nothing and is no hit
 */
function compare(queries: readonly Query[], rows: Float32Array, start: number, dim: number, hit: () => Hit): boolean {
  let square = 0
  for (let i = start; i < start + dim; i++) square += (rows[i] ?? 0) ** 2
  if (!(square > 0 && square < Infinity)) return false
  for (const { vector, length, hits } of queries) {
    let dot = 0
    for (const [i, element] of vector.entries()) dot += (rows[start + i] ?? 0) * element
    const product = Math.sqrt(square) * length
    hits.offer(product > 0 ? dot / product : 0, hit)
  }
  return true
}

/** Rows, and where their vectors come from: the model, or a file that `embed` wrote. */
interface Vectors {
  of(batch: RowBatch, signal: AbortSignal, onBadLine: InputOptions['onBadLine']): Promise<FoundRows>
}

/** Rows and their vectors, one after the other. */
interface FoundRows {
  readonly rows: Rows
  readonly data: Float32Array
}

/** What a search has read. */
interface Searched {
  readonly rows: number
  /** Those without a direction. */
  readonly leftOut: number
}

async function searchIn(
  input: InputOptions,
  queries: readonly Query[],
  vectors: Vectors,
  concurrency: number,
  signal: AbortSignal,
): Promise<Searched> {
  const progress = new ProgressLine(await bytesOnDisk(input.paths), 0)
  const onBadLine =
    input.onBadLine === null
      ? null
      : (message: string): void => {
          progress.interrupt()
          input.onBadLine?.(message)
        }
  const rows = new RowBatches({ ...input, onBadLine })
  const stop = new AbortController()
  const forget = onAbort([signal], () => {
    stop.abort()
  })
  const embed = async (batch: RowBatch, stopped: AbortSignal): Promise<FoundRows & { readonly file: number }> => ({
    ...(await vectors.of(batch, stopped, onBadLine)),
    file: batch.file,
  })
  let [count, leftOut] = [0, 0]
  try {
    for await (const { rows: batch, data, file } of readAhead(() => rows.next(), embed, concurrency, stop)) {
      const dim = data.length / batch.count
      for (const [i, text] of batch.texts.entries()) {
        const hit = (): Hit => ({
          file: nameOf(input.paths[file] ?? ''),
          line: batch.lineOf(i),
          id: batch.ids[i] ?? null,
          text,
        })
        if (!compare(queries, data, i * dim, dim, hit)) leftOut++
      }
      count += batch.count
      progress.at(count, rows.read.bytes)
    }
    throwIfAborted(signal)
  } finally {
    forget()
    progress.clear()
    rows.close()
  }
  return { rows: count, leftOut }
}

/** A color for what a terminal shows, unless NO_COLOR says otherwise (no-color.org). */
function dim(text: string): string {
  const { NO_COLOR, TERM } = process.env
  const isPlain = !process.stdout.isTTY || (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb'
  return isPlain ? text : `\x1b[2m${text}\x1b[22m`
}

/** One line for a hit; on a terminal no longer than that. */
function lineOf(score: number, { file, line, id, text }: Hit): string {
  const place = `${file}:${line}${id === null ? '' : `  ${id}`}`
  const start = `${score.toFixed(4).padStart(7)}  `
  // What would move the cursor, and line breaks, say nothing here.
  const shown = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  const room = process.stdout.isTTY ? Math.max(20, process.stdout.columns - start.length - place.length - 2) : Infinity
  const characters =
    shown.length <= room
      ? shown
      : `${Array.from(shown)
          .slice(0, room - 1)
          .join('')}…`
  return `${start}${dim(place)}  ${characters}\n`
}

function print(queries: readonly Query[], isJson: boolean): void {
  for (const [i, { text, hits }] of queries.entries()) {
    const found = hits.sorted()
    if (isJson) {
      const results = found.map(({ score, item: { file, line, id, text } }) => {
        return {
          score,
          file,
          line,
          ...(id !== null && { id: typeof id === 'string' ? wellFormed(id) : id }),
          text: wellFormed(text),
        }
      })
      process.stdout.write(`${JSON.stringify({ query: text, results })}\n`)
      continue
    }
    if (queries.length > 1) process.stdout.write(`${i === 0 ? '' : '\n'}${text}\n`)
    for (const { score, item } of found) process.stdout.write(lineOf(score, item))
  }
}

export const search: Command = {
  summary: 'print the lines of files that are nearest to a query',
  help: `Usage: model2vec search <query> <files…> [options]
       model2vec search -q <query> [-q <query>…] <files…> [options]

Compares the query with every text of JSON Lines, plain lines, CSV or TSV (gzip
and zstd are unpacked), - is standard input, and prints the nearest, the best
first: the cosine of the two vectors, file and line, and the text. Files may be
larger than the memory. Rows of zeros or without finite numbers are left out and
counted.

With --vectors the texts are not embedded again: their vectors are the rows of
an .npy that \`model2vec embed\` wrote of the same files with the same model.
A note beside it tells when these files have changed since.

Options:
  -q, --query <text>   a query; may be given several times
  -k, --top <n>        how many lines are printed (default: ${DEFAULT_TOP})
  --vectors <file>     the vectors of the files' texts: .npy of float32, float16,
                       bfloat16 or int8
  --json               an object a query: "query", and "results" with "score",
                       "file", "line", "id" where asked for, and "text"
${READING_OPTIONS_HELP}
${MODEL_OPTIONS_HELP}
  -h, --help           this text

On a terminal texts are cut to its width and places are dim, unless NO_COLOR is
set. Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.

Example: model2vec search "who was Alan Turing?" docs.jsonl --text-field body`,
  options: {
    ...READING_OPTIONS,
    ...MODEL_OPTIONS,
    query: { type: 'string', short: 'q', multiple: true },
    top: { type: 'string', short: 'k' },
    vectors: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(positionals, values) {
    const [texts, files] = queriesAndFiles(positionals, values)
    const input = inputOptions(files, values, (message) => process.stderr.write(`model2vec: skipped ${message}\n`))
    const top = integer(values, 'top', 1) ?? DEFAULT_TOP
    const limit = maxLength(values)
    await bytesOnDisk(files)
    const npy = values.vectors === undefined ? null : await NpyRows.open(String(values.vectors))
    if (npy !== null && (await haveChangedSince(npy.path, files))) {
      process.stderr.write(
        `model2vec: the files have changed since ${npy.path} was made, or come in another order: its vectors may be those of other texts\n`,
      )
    }
    const { signal, release } = interruptSignal()
    try {
      using model = await loadModel(values, signal)
      if (npy !== null && npy.dim > model.dim) {
        throw new Error(`${npy.path} has vectors of ${npy.dim} elements, but the model's have ${model.dim}`)
      }
      const queries = await queriesOf(model, texts, limit, npy?.dim, top)
      const encoded: Vectors = {
        async of(batch, stopped, onBadLine) {
          const options = { dtype: 'float32', maxLength: limit, signal: stopped } as const
          const { rows, matrix } = await encodeRows(model, batch, options, { paths: input.paths, onBadLine })
          return { rows, data: matrix.data as Float32Array }
        },
      }
      let left = npy?.rows ?? 0
      const stored: Vectors = {
        async of({ rows }) {
          left -= rows.count
          if (npy === null || left < 0) throw new Error(`${npy?.path ?? ''} has fewer rows than the files have texts`)
          return { rows, data: await npy.next(rows.count) }
        },
      }
      // Rows of a file come one batch after the other.
      const [vectors, concurrency] = npy === null ? [encoded, DEFAULT_CONCURRENCY] : [stored, 1]
      const { rows, leftOut } = await searchIn(input, queries, vectors, concurrency, signal)
      if (npy !== null && left !== 0) {
        throw new Error(`${npy.path} has ${npy.rows} rows, but the files have ${rows} texts`)
      }
      if (leftOut > 0) {
        process.stderr.write(`model2vec: ${leftOut} rows were left out: all zeros, or with what is no finite number\n`)
      }
      print(queries, values.json === true)
    } finally {
      release()
      await npy?.close()
    }
  },
}
