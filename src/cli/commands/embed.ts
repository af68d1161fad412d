// `model2vec embed`: the vectors of the texts of files.

import { DTYPES, widthOf } from '../../dtype.js'
import type { Dtype } from '../../dtype.js'
import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { CHUNK_OPTIONS, chunking as chunkingOf } from '../chunking.js'
import { choice, integer, UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { embedRun, outputColumns } from '../embed-texts.js'
import type { ColumnNames, EmbedRun, Encoding } from '../embed-texts.js'
import { INPUT_OPTIONS, inputOptions } from '../input-options.js'
import { STDIN } from '../input/bytes.js'
import { keepsFields, textColumn } from '../input/fields.js'
import type { KeptFields } from '../input/fields.js'
import { canKeep, formatOf, INPUT_FORMATS, inputTitles } from '../input/formats.js'
import type { InputOptions } from '../input/row-batches.js'
import { DEFAULT_MODEL, loadModel, maxLength, MODEL_OPTIONS } from '../model-options.js'
import { assertStandardOutputIsNoInput, outputFiles } from '../output/files.js'
import type { OutputFiles } from '../output/files.js'
import type { OpenRows, OutputFormat, OutputRows, VectorColumn } from '../output/format.js'
import { ENDINGS_WITH_COLUMNS, OUTPUT_FORMATS, outputFormatOf } from '../output/formats.js'
import { jsonLines } from '../output/json-lines.js'
import { identityOfModel } from '../output/identity.js'
import type { Identity } from '../output/identity.js'
import { OutputLock } from '../output/lock.js'
import { openTyped } from '../output/typed-output.js'
import { interruptSignal } from '../terminal/interrupt.js'
import { counted, say } from '../terminal/message.js'
import {
  bytesToRead,
  CHECKPOINT_OPTION,
  checkpointMs,
  identityOfInputs,
  identityOfReading,
  PROGRESS_OPTION,
  progressIsJson,
  writeOutput,
  writeStandardOutput,
} from '../written-run.js'

/** The input formats of whose fields `--keep` can name others. */
const KEEPING = INPUT_FORMATS.filter(canKeep).map(({ name }) => name)

/** What `--out` says. */
interface ChosenOutput {
  readonly files: OutputFiles
  readonly format: OutputFormat
}

export const embed: Command = {
  summary: 'turn the texts of files into vectors',
  usage: ['<files…> [options]'],
  description: [
    `Reads texts from ${inputTitles()} (gzip and zstd are unpacked), - is standard input; writes a vector for ` +
      "each, in order. Files may be larger than the memory. The output's format goes by the ending of --out:",
    [...OUTPUT_FORMATS.map(({ ending, help }) => [ending, help] as const), ['none', 'JSON Lines on standard output']],
    'An empty line is a text among plain lines, and nothing in other formats. In TSV a quote is a character unless --quotes says otherwise. ' +
      'The output has its name when it is whole: until then it is <out>.partial, with notes beside it. A hidden ' +
      'note, .<name>.made-by.json, says which run made it. Only one process can write an output at a time.',
  ],
  options: {
    out: { type: 'string', short: 'o', value: '<file>', help: 'where to write' },
    resume: {
      type: 'boolean',
      help:
        'go on where a run with the same inputs, model and options ended early; start where there was none; done ' +
        "when that run's output is whole. The output of another run is an error, and stays as it is",
    },
    checkpoint: CHECKPOINT_OPTION,
    progress: PROGRESS_OPTION,
    dtype: { type: 'string', value: '<name>', help: `${DTYPES.join(', ')} (default: float32)` },
    dimensionality: { type: 'string', value: '<n>', help: 'the first n dimensions only' },
    normalize: { type: 'boolean', help: 'vectors of length 1 (default: as the model says)' },
    'no-normalize': { type: 'boolean', help: 'vectors as they are' },
    keep: {
      type: 'string',
      multiple: true,
      value: '<names>',
      help: `write other fields too, as they are: names with commas between them, or all (${KEEPING.join(', ')} to ${ENDINGS_WITH_COLUMNS.join(', ')})`,
    },
    'vector-field': { type: 'string', value: '<name>', help: "the vectors' column (default: embedding)" },
    'vector-encoding': {
      type: 'string',
      value: '<name>',
      help: 'in JSON: numbers (default), or base64 of little-endian elements, a third to a half of the size',
    },
    milvus: {
      type: 'boolean',
      help: "vectors as Milvus' bulk import takes them, in .parquet, .json or .npy (docs/MILVUS.md)",
    },
    'with-text': { type: 'boolean', help: `write the texts too (${ENDINGS_WITH_COLUMNS.join(', ')})` },
    ...CHUNK_OPTIONS,
    ...INPUT_OPTIONS,
    ...MODEL_OPTIONS,
  },
  notes: ['Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.'],
  example: 'docs.jsonl.gz --out vectors.npy --text-field body',
  async run(positionals, values) {
    const input = { ...inputOptions(positionals, values), keep: keptFields(values) }
    assertKeeps(input, vectorField(values))
    const encoding = encodingOf(values)
    const everyMs = checkpointMs(values)
    const names = columnNames(input, values)
    const chunking = chunkingOf(values, input)
    const format = chosenFormat(values)
    const chosen = format ?? jsonLines
    const isJson = progressIsJson(values)
    const isResumed = values.resume === true
    // Inputs that are missing and outputs that can't be written are errors before the model is
    // loaded.
    const total = await bytesToRead(input, isResumed)
    const output = await chosenOutput(format, values, input)
    await chosen.prepare?.()
    const { signal, release } = interruptSignal()
    const lock = output === null ? null : await OutputLock.take(output.files, signal)
    try {
      using model = await loadModel(values, signal)
      const dim = encoding.dimensionality ?? model.dim
      const vector = vectorColumn(values, encoding.dtype, dim, model)
      // What this model can't do is an error before a file is written.
      await model.encode([], encoding)
      const run: EmbedRun = {
        model,
        vector,
        names,
        input,
        encoding,
        chunking,
        signal,
        checkpointMs: everyMs,
        total,
        progressIsJson: isJson,
        keptNames: new Set(),
      }
      const expected = outputColumns(names, chunking !== null)
      const open: OpenRows<OutputRows> = (sink, state, rows) => openTyped(chosen, sink, vector, expected, state, rows)
      const skipped =
        output === null || lock === null
          ? await writeStandardOutput(open, embedRun(run))
          : await writeOutput({ ...output, lock, open, identity: await identityOf(run) }, embedRun(run), isResumed)
      if (skipped > 0) say(`${counted(skipped, 'line')} skipped`)
      if (!isResumed) sayMissing(run)
    } finally {
      await lock?.release()
      release()
    }
  },
}

function encodingOf(values: OptionValues): Encoding {
  if (values.normalize === true && values['no-normalize'] === true) {
    throw new UsageError('--normalize and --no-normalize were both given')
  }
  return {
    dtype: choice(values, 'dtype', DTYPES) ?? 'float32',
    dimensionality: integer(values, 'dimensionality', 1),
    normalize: values.normalize === true ? true : values['no-normalize'] === true ? false : undefined,
    maxLength: maxLength(values),
  }
}

/**
 * The names of the columns for ids and texts.
 *
 * @throws UsageError when two columns would have one name
 */
function columnNames({ fields }: InputOptions, values: OptionValues): ColumnNames {
  const names = { id: fields.id, text: values['with-text'] === true ? textColumn(fields) : null }
  for (const [option, name] of [
    ['--id-field', names.id],
    ['--text-field', names.text],
  ] as const) {
    if (name !== vectorField(values)) continue
    throw new UsageError(`${option} ${name} would be a second column of that name: the vectors' is ${name}`)
  }
  if (names.id !== null && names.id === names.text) {
    throw new UsageError(
      `--id-field and --text-field are both ${names.id}: with --with-text they would be two columns of one name`,
    )
  }
  return names
}

/** The fields of `--keep`. */
function keptFields({ keep }: OptionValues): KeptFields {
  const given = (keep as readonly string[] | undefined) ?? []
  if (given.length === 1 && given[0] === 'all') return 'all'
  return [...new Set(given.flatMap((names) => names.split(',')))]
}

/** Columns that an input lacks are errors, but lines may each have other fields: none may have one that is misspelled. */
function sayMissing({ input: { keep }, keptNames }: EmbedRun): void {
  if (keep === 'all') return
  for (const name of keep) if (!keptNames.has(name)) say(`--keep ${name}: no row has it`)
}

/** @throws UsageError where fields of an input can't be kept */
function assertKeeps({ keep, paths, format: given }: InputOptions, vector: string): void {
  if (!keepsFields(keep)) return
  for (const path of paths) {
    const format = given ?? formatOf(path)
    if (format === null || canKeep(format)) continue
    throw new UsageError(`--keep is for ${KEEPING.join(', ')}, but ${path} is ${format.name}`)
  }
  if (keep !== 'all' && keep.includes(vector))
    throw new UsageError(`--keep ${vector} would be a second column of that name`)
}

/** The format of `--out`; null = standard output. @throws UsageError */
function chosenFormat(values: OptionValues): OutputFormat | null {
  const out = values.out as string | undefined
  if (out === undefined || out === STDIN) {
    if (values.milvus === true) throw new UsageError('--milvus needs --out: a file that Milvus imports')
    if (values.resume === true) throw new UsageError('--resume needs --out: standard output can be written only once')
    return null
  }
  const format = outputFormatOf(out, values.milvus === true)
  if (values['vector-encoding'] !== undefined && !format.ending.startsWith(jsonLines.ending)) {
    throw new UsageError(`--vector-encoding is for ${jsonLines.ending}, but --out is ${out}`)
  }
  const named = values['id-field'] ?? values['vector-field'] ?? values.keep ?? values.chunk
  if (!format.columns && (named !== undefined || values['with-text'] === true)) {
    const others = `${ENDINGS_WITH_COLUMNS.slice(0, -1).join(', ')} and ${ENDINGS_WITH_COLUMNS.at(-1) ?? ''}`
    throw new UsageError(
      `${format.ending} holds vectors only: --id-field, --with-text, --keep, --vector-field and --chunk are for ${others}`,
    )
  }
  return format
}

function vectorField(values: OptionValues): string {
  return String(values['vector-field'] ?? 'embedding')
}

function vectorColumn(
  values: OptionValues,
  dtype: Dtype,
  dim: number,
  { info }: Model2VecEmbeddingFunction,
): VectorColumn {
  const metadata = {
    'model2vec.model': String(values.model ?? DEFAULT_MODEL),
    'model2vec.revision': info.revision ?? '',
    'model2vec.dtype': dtype,
    'model2vec.dim': String(dim),
  }
  if (values.milvus === true && dtype === 'binary' && dim % 8 !== 0) {
    throw new UsageError(`a BinaryVector of Milvus has a multiple of 8 dimensions, but the vectors have ${dim}`)
  }
  const isBase64 = choice(values, 'vector-encoding', ['numbers', 'base64']) === 'base64'
  return {
    name: vectorField(values),
    dtype,
    dim,
    width: widthOf(dtype, dim),
    isBase64,
    isForMilvus: values.milvus === true,
    threads: info.threads,
    metadata,
  }
}

async function chosenOutput(
  format: OutputFormat | null,
  values: OptionValues,
  { paths }: InputOptions,
): Promise<ChosenOutput | null> {
  if (format !== null) return { files: await outputFiles(String(values.out), paths), format }
  await assertStandardOutputIsNoInput(paths)
  return null
}

/** What a run that goes on must have in common with the one that ended. */
async function identityOf({ model, vector, names, input, encoding, chunking }: EmbedRun): Promise<Identity> {
  const { path: directory, revision, normalize } = model.info
  return {
    inputs: await identityOfInputs(input),
    model: await identityOfModel(directory, revision),
    options: {
      ...identityOfReading(input),
      'with-text': names.text !== null,
      keep: input.keep === 'all' ? 'all' : input.keep.length > 0 ? input.keep.join(',') : null,
      'vector-field': vector.name,
      milvus: vector.isForMilvus,
      'vector-encoding': vector.isBase64 ? 'base64' : null,
      dtype: vector.dtype,
      dimensionality: vector.dim,
      normalize: encoding.normalize ?? normalize,
      'max-length': (encoding.maxLength === undefined ? model.info.maxLength : encoding.maxLength) ?? 'none',
      chunk: chunking?.size ?? null,
      overlap: chunking?.overlap ?? null,
    },
  }
}
