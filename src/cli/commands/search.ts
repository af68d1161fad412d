// `model2vec search`: the lines of files that are nearest to queries. Every line is compared.

import { DTYPES } from '../../dtype.js'
import { haveChangedSince } from '../changed-inputs.js'
import { integer, UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { bytesOnDisk, INPUT_OPTIONS, inputOptions } from '../input-options.js'
import { inputTitles } from '../input/formats.js'
import { NpyRows } from '../input/npy.js'
import { loadModel, maxLength, MODEL_OPTIONS } from '../model-options.js'
import { encodedVectors, queriesOf, searchIn, storedVectors } from '../nearest-lines.js'
import { printJson, printLines } from '../terminal/hit-lines.js'
import { interruptSignal } from '../terminal/interrupt.js'
import { counted, say } from '../terminal/message.js'
import { TextRun } from '../text-run.js'

const DEFAULT_TOP = 10

export const search: Command = {
  usage: ['<query> <files…> [options]', '-q <query> [-q <query>…] <files…> [options]'],
  description: [
    `Compares the query with every text of ${inputTitles()} (gzip and zstd are unpacked), - is standard input, and ` +
      'prints the nearest, the best first: the cosine of the two vectors, file and line, and the text. Files may be ' +
      'larger than the memory. Rows of zeros or without finite numbers are left out and counted.',
    'With --vectors the texts are not embedded again: their vectors are the rows of an .npy that `model2vec embed` ' +
      'wrote of the same files with the same model. If the note beside it says that these files have changed since, ' +
      'there is a warning.',
  ],
  options: {
    query: { type: 'string', short: 'q', multiple: true, value: '<text>', help: 'a query; may be given several times' },
    top: { type: 'string', short: 'k', value: '<n>', help: `how many lines are printed (default: ${DEFAULT_TOP})` },
    vectors: {
      type: 'string',
      value: '<file>',
      help: `the vectors of the files' texts: .npy of ${DTYPES.filter((dtype) => dtype !== 'binary').join(', ')}`,
    },
    json: {
      type: 'boolean',
      help:
        'a JSON object per query: "query", and "results" with "score", "file", "line", "id" if --id-field is given, ' +
        'and "text"',
    },
    ...INPUT_OPTIONS,
    ...MODEL_OPTIONS,
  },
  notes: [
    'On a terminal texts are cut to its width and places are dim, unless NO_COLOR is set. Exit codes: 0 done, ' +
      '1 failed, 2 called wrongly, 130 interrupted.',
  ],
  example: '"who was Alan Turing?" docs.jsonl --text-field body',
  async run(positionals, values) {
    const [texts, files] = queriesAndFiles(positionals, values)
    const input = inputOptions(files, values)
    const top = integer(values, 'top', 1) ?? DEFAULT_TOP
    const limit = maxLength(values)
    const total = await bytesOnDisk(input.paths)
    const npy = values.vectors === undefined ? null : await NpyRows.open(String(values.vectors))
    if (npy !== null && (await haveChangedSince(npy.path, input.paths))) {
      say(
        `the files have changed since ${npy.path} was made, or come in another order: ` +
          'its vectors may be those of other texts',
      )
    }
    const { signal, release } = interruptSignal()
    try {
      using model = await loadModel(values, signal)
      if (npy !== null && npy.dim > model.dim) {
        throw new Error(`${npy.path} has vectors of ${npy.dim} dimensions, but the model's have ${model.dim}`)
      }
      const queries = await queriesOf(model, texts, { maxLength: limit, dimensionality: npy?.dim }, top)
      const run = new TextRun(input, total)
      const vectors = npy === null ? encodedVectors(run, model, limit) : storedVectors(npy)
      const leftOut = await searchIn(run, queries, top, vectors, signal)
      if (leftOut > 0) say(`${counted(leftOut, 'row')} left out: all zeros, or not all finite numbers`)
      if (values.json === true) printJson(queries)
      else printLines(queries)
    } finally {
      release()
      await npy?.close()
    }
  },
}

/** As with grep, the first argument is the query, unless options give queries. */
function queriesAndFiles(positionals: readonly string[], values: OptionValues): [queries: string[], files: string[]] {
  const given = values.query as string[] | undefined
  if (given !== undefined) return [given, [...positionals]]
  const [query, ...files] = positionals
  if (query === undefined) throw new UsageError('expected a query, and files')
  return [[query], files]
}
