// What the options of `model2vec embed` say of an output: which texts it is of, how they are encoded,
// which columns it has. `model2vec plan` takes the same options for all shards.

import { DTYPES, widthOf } from '../dtype.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { CheckedChunkOptions } from '../options/chunks.js'
import { CHUNK_OPTIONS, chunking as chunkingOf } from './chunking.js'
import { choice, integer, UsageError } from './command.js'
import type { CommandOptions, OptionValues } from './command.js'
import { outputColumns } from './embed-texts.js'
import type { ColumnNames, Encoding } from './embed-texts.js'
import { INPUT_OPTIONS, inputOptions } from './input-options.js'
import { keepsFields, textColumn } from './input/fields.js'
import type { KeptFields } from './input/fields.js'
import { canKeep, formatOf, INPUT_FORMATS } from './input/formats.js'
import type { InputOptions } from './input/row-batches.js'
import { DEFAULT_MODEL, maxLength } from './model-options.js'
import type { OpenRows, OutputFormat, OutputRows, VectorColumn } from './output/format.js'
import { ENDINGS_WITH_COLUMNS, outputFormatOf } from './output/formats.js'
import { jsonLines } from './output/json-lines.js'
import { openTyped } from './output/typed-output.js'

/** The input formats of whose fields `--keep` can name others. */
const KEEPING = INPUT_FORMATS.filter(canKeep).map(({ name }) => name)

/** The options that change the output, beside those of the model. */
export const EMBED_OPTIONS: CommandOptions = {
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
}

export interface EmbedSettings {
  readonly input: InputOptions
  readonly encoding: Encoding
  readonly names: ColumnNames
  readonly chunking: CheckedChunkOptions | null
}

/** @throws UsageError, FileError */
export function embedSettings(positionals: readonly string[], values: OptionValues): EmbedSettings {
  const input = { ...inputOptions(positionals, values), keep: keptFields(values) }
  assertKeeps(input, vectorField(values))
  const encoding = encodingOf(values)
  return { input, encoding, names: columnNames(input, values), chunking: chunkingOf(values, input) }
}

/** The format of an output with this name. @throws UsageError */
export function embedFormat(out: string, values: OptionValues): OutputFormat {
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

/**
 * The vectors of an output, and what opens it.
 *
 * @throws UsageError for Milvus; what an encode method throws where the model can't do what is wanted
 */
export async function embedOutput(
  format: OutputFormat,
  { encoding, names, chunking }: EmbedSettings,
  values: OptionValues,
  model: Model2VecEmbeddingFunction,
): Promise<{ readonly vector: VectorColumn; readonly open: OpenRows<OutputRows> }> {
  const vector = vectorColumn(encoding, values, model)
  // What this model can't do is an error before a file is written.
  await model.encode([], encoding)
  const expected = outputColumns(names, chunking !== null)
  return { vector, open: (sink, state, rows) => openTyped(format, sink, vector, expected, state, rows) }
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

function vectorField(values: OptionValues): string {
  return String(values['vector-field'] ?? 'embedding')
}

function vectorColumn(
  { dtype, dimensionality }: Encoding,
  values: OptionValues,
  { dim: ofModel, info }: Model2VecEmbeddingFunction,
): VectorColumn {
  const dim = dimensionality ?? ofModel
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
