// `model2vec embed`: files to vectors. Reading, encoding and writing overlap, and a run that was killed can go on.

import { stat } from 'node:fs/promises'
import path from 'node:path'

import { onAbort, throwIfAborted } from '../../runtime/abort.js'
import { DTYPES, widthOf } from '../../dtype.js'
import type { Dtype } from '../../dtype.js'
import { modelOf } from '../../embedding-function.js'
import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { textReader } from '../../call/encode.js'
import { DEFAULT_CONCURRENCY } from '../../options/stream.js'
import { readAhead } from '../../stream/read-ahead.js'
import { UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { encodeRows } from '../encode-rows.js'
import type { EncodedRows } from '../encode-rows.js'
import { RowBatches, START } from '../input/row-batches.js'
import type { InputOptions, Position, RowBatch } from '../input/row-batches.js'
import { STDIN } from '../input/bytes.js'
import { interruptSignal } from '../terminal/interrupt.js'
import { openArrow } from '../output/arrow.js'
import { assertStandardOutputIsNoInput, outputFiles } from '../output/files.js'
import { identityOfFile, identityOfModel } from '../output/identity.js'
import type { Identity } from '../output/identity.js'
import { openJsonLines } from '../output/json-lines.js'
import { OutputLock } from '../output/lock.js'
import { openNpy } from '../output/npy.js'
import { VECTOR_COLUMN } from '../output/output.js'
import type { Columns, OpenOutput } from '../output/output.js'
import { openParquet } from '../output/parquet.js'
import { PartialFile } from '../output/partial-output.js'
import type { OutputRun } from '../output/partial-output.js'
import { StandardOutput } from '../output/standard-output.js'
import { ProgressLine } from '../terminal/progress-line.js'
import {
  bytesOnDisk,
  choice,
  inputOptions,
  integer,
  loadModel,
  maxLength,
  MODEL_OPTIONS,
  MODEL_OPTIONS_HELP,
  READING_OPTIONS,
  READING_OPTIONS_HELP,
} from '../reading.js'

const OUTPUTS: Readonly<Record<string, OpenOutput>> = {
  '.jsonl': openJsonLines,
  '.npy': openNpy,
  '.arrow': openArrow,
  '.parquet': openParquet,
}

const CHECKPOINT_SECONDS = 5

/** What the encoding of each batch is asked for. */
interface Encoding {
  readonly dtype: Dtype
  readonly dimensionality: number | undefined
  readonly normalize: boolean | undefined
  readonly maxLength: number | null | undefined
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

/** What `--out` says: null = standard output. */
function outputOf(values: OptionValues): { readonly out: string; readonly open: OpenOutput } | null {
  const out = values.out as string | undefined
  if (out === undefined || out === STDIN) {
    if (values.resume === true) throw new UsageError('--resume needs --out: standard output can not be gone on with')
    return null
  }
  const ending = path.extname(out)
  const open = OUTPUTS[ending]
  if (open === undefined) {
    throw new UsageError(`--out should end with ${Object.keys(OUTPUTS).join(', ')}, but got ${out}`)
  }
  if (ending === '.npy' && (values['id-field'] !== undefined || values['with-text'] === true)) {
    throw new UsageError('.npy holds vectors only: --id-field and --with-text are for .jsonl, .arrow and .parquet')
  }
  return { out, open }
}

/** What a run that goes on must have in common with the one that was ended; an input that can't be read twice is null. */
async function identityOf(
  input: InputOptions,
  columns: Columns,
  encoding: Encoding,
  model: Model2VecEmbeddingFunction,
): Promise<Identity> {
  const inputs: (Identity | null)[] = []
  for (const each of input.paths) inputs.push(each === STDIN ? null : await identityOfFile(each))
  const { path: directory, revision, normalize } = model.info
  return {
    inputs,
    format: input.format,
    fields: input.fields,
    'on-error': input.onBadLine === null ? 'fail' : 'skip',
    model: await identityOfModel(directory, revision),
    columns,
    normalize: encoding.normalize ?? normalize,
    'max-length': encoding.maxLength === undefined ? model.info.maxLength : encoding.maxLength,
  }
}

/** A run with everything that it works on. */
interface Run {
  readonly model: Model2VecEmbeddingFunction
  readonly columns: Columns
  readonly input: InputOptions
  readonly encoding: Encoding
  readonly signal: AbortSignal
  readonly checkpointMs: number
  /** Bytes of all inputs, null when not known. */
  readonly total: number | null
}

/** Encodes and writes all rows from `from` on. What ends it early leaves a checkpoint. */
async function embedInto(run: Run, target: PartialFile | StandardOutput, from: Position): Promise<number> {
  const { model, columns, input, encoding, signal, checkpointMs, total } = run
  const progress = new ProgressLine(total, target.rows)
  const onBadLine =
    input.onBadLine === null
      ? null
      : (message: string): void => {
          progress.interrupt()
          input.onBadLine?.(message)
        }
  // What nothing but the engine wants to see is read natively: half the time of a run over short lines.
  const wantsTexts = columns.id !== null || columns.text !== null
  const loaded = modelOf(model)
  const newTexts = wantsTexts ? null : textReader(loaded, encoding.maxLength)
  const rows = new RowBatches({ ...input, onBadLine }, from, newTexts)
  for (const each of input.paths.slice(0, from.file)) rows.read.bytes += (await stat(each)).size
  const stop = new AbortController()
  const forget = onAbort([signal], () => {
    stop.abort()
  })
  const encode = async (batch: RowBatch, stopped: AbortSignal): Promise<EncodedRows & { readonly end: Position }> => {
    const options = { ...encoding, signal: stopped }
    return { ...(await encodeRows(model, batch, options, { paths: input.paths, onBadLine })), end: batch.end }
  }
  let position = from
  let saved = performance.now()
  let encoded = target.rows
  /** Rows that were read and have no vector: what reading leaves out, `rows` counts. */
  let skipped = 0
  try {
    for await (const done of readAhead(() => rows.next(), encode, DEFAULT_CONCURRENCY, stop)) {
      const { ids, texts, count } = done.rows
      if (count > 0) await target.write({ ids, texts, matrix: done.matrix })
      encoded += count
      skipped += done.skipped
      position = { ...done.end, skipped: done.end.skipped + skipped }
      progress.at(target.rows, rows.read.bytes)
      if (target instanceof PartialFile && performance.now() - saved >= checkpointMs) {
        target.checkpoint(position)
        saved = performance.now()
      }
    }
    throwIfAborted(signal)
    if (target.rows !== encoded) throw new Error(`expected ${encoded} rows in the output, but it has ${target.rows}`)
    progress.end(target.rows)
  } catch (error) {
    progress.interrupt()
    // What can be read only once can't be gone on with.
    if (target instanceof PartialFile) await (total === null ? target.discard() : target.leave(position))
    throw error
  } finally {
    forget()
  }
  return rows.skipped + skipped
}

export const embed: Command = {
  summary: 'turn the texts of files into vectors',
  help: `Usage: model2vec embed <files…> [options]

Reads texts from JSON Lines, plain lines, CSV or TSV (gzip and zstd are
unpacked), - is standard input; writes a vector for each, in order. Files may be
larger than the memory. The output's format goes by the ending of --out:

  .jsonl    an object a line: the id, the text, and "embedding", numbers
  .npy      a matrix for numpy.load, version 1.0, C order; bfloat16 is <V2
  .arrow    Arrow IPC (needs \`npm install apache-arrow\`): lists of fixed size;
            bfloat16 and binary are bytes
  .parquet  Parquet (needs \`npm install hyparquet-writer\`): lists of floats;
            all but float32 are bytes
  none      JSON Lines on standard output

An empty line is a text among plain lines, and nothing in other formats. In TSV
a quote is a character. The output has its name when it is whole: until then it
is <out>.partial, with notes beside it. A hidden note, .<name>.made-by.json,
says which run made it. One process writes an output at a time.

Options:
  -o, --out <file>     where to write
  --resume             go on where a run was killed that had the same inputs,
                       model and options; from the start where none was; done
                       when that run's output is whole. An output of another
                       run is an error, and stays as it is
  --checkpoint <s>     how often the place is noted where --resume goes on, in
                       seconds (default: ${CHECKPOINT_SECONDS})
  --dtype <name>       ${DTYPES.join(', ')}
                       (default: float32)
  --dimensionality <n> the first n elements only
  --normalize          vectors of length 1 (default: as the model says)
  --no-normalize       vectors as they are
  --with-text          write the texts too (.jsonl, .arrow, .parquet)
${READING_OPTIONS_HELP}
${MODEL_OPTIONS_HELP}
  -h, --help           this text

Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.

Example: model2vec embed docs.jsonl.gz --out vectors.npy --text-field body`,
  options: {
    ...READING_OPTIONS,
    ...MODEL_OPTIONS,
    out: { type: 'string', short: 'o' },
    resume: { type: 'boolean' },
    checkpoint: { type: 'string' },
    dtype: { type: 'string' },
    dimensionality: { type: 'string' },
    normalize: { type: 'boolean' },
    'no-normalize': { type: 'boolean' },
    'with-text': { type: 'boolean' },
  },
  async run(positionals, values) {
    const input = inputOptions(positionals, values, (message) =>
      process.stderr.write(`model2vec: skipped ${message}\n`),
    )
    const encoding = encodingOf(values)
    const output = outputOf(values)
    const isResumed = values.resume === true
    const hasStdin = input.paths.includes(STDIN)
    if (isResumed && hasStdin) {
      throw new UsageError('--resume needs files: standard input can not be gone on with')
    }
    const seconds = values.checkpoint === undefined ? CHECKPOINT_SECONDS : Number(values.checkpoint)
    if (!(seconds >= 0)) throw new UsageError(`--checkpoint should be seconds, but got ${String(values.checkpoint)}`)
    const names = { id: input.fields.id, text: values['with-text'] === true ? input.fields.text : null }
    assertOwnColumns(names.id, names.text)
    // What isn't there, or can't be written, is told before a model is loaded.
    const total = await bytesOnDisk(input.paths)
    if (isResumed && total === null) {
      throw new UsageError('--resume needs files: what can be read only once can not be gone on with')
    }
    if (output === null) await assertStandardOutputIsNoInput(input.paths)
    const files = output === null ? null : await outputFiles(output.out, input.paths)
    const { signal, release } = interruptSignal()
    const lock = files === null ? null : await OutputLock.take(files, signal)
    try {
      using model = await loadModel(values, signal)
      const { dim } = model
      const columns: Columns = {
        dtype: encoding.dtype,
        dim: encoding.dimensionality ?? dim,
        width: widthOf(encoding.dtype, encoding.dimensionality ?? dim),
        ...names,
      }
      // What can't be asked of this model is told before a file is written.
      await model.encode([], encoding)
      const run: Run = { model, columns, input, encoding, signal, checkpointMs: seconds * 1000, total }
      let skipped: number
      if (output === null || files === null || lock === null) {
        skipped = await embedInto(run, await StandardOutput.open(columns), START)
      } else {
        const identity = await identityOf(input, columns, encoding, model)
        const made: OutputRun = { files, lock, open: output.open, columns, identity }
        const resumed = isResumed ? await PartialFile.resume(made) : null
        if (resumed === null && isResumed && (await PartialFile.isDone(made))) {
          process.stderr.write(`model2vec: ${output.out} is whole: there is nothing to go on with\n`)
          return
        }
        const file = resumed?.file ?? (await PartialFile.create(made))
        skipped = await embedInto(run, file, resumed?.position ?? START)
        await file.finish()
      }
      if (skipped > 0) process.stderr.write(`model2vec: ${skipped} lines were skipped\n`)
    } finally {
      await lock?.release()
      release()
    }
  },
}

/** @throws UsageError when two columns would have one name */
function assertOwnColumns(id: string | null, text: string | null): void {
  for (const [option, name] of [
    ['--id-field', id],
    ['--text-field', text],
  ] as const) {
    if (name !== VECTOR_COLUMN) continue
    throw new UsageError(`${option} ${name} would be a second column of that name: the vectors' is ${VECTOR_COLUMN}`)
  }
  if (id !== null && id === text) {
    throw new UsageError(
      `--id-field and --text-field are both ${id}: with --with-text they would be two columns of one name`,
    )
  }
}
