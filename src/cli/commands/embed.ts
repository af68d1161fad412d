// `model2vec embed`: the vectors of the texts of files, or of one shard of them.

import { UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { EMBED_OPTIONS, embedFormat, embedOutput, embedSettings } from '../embed-settings.js'
import { embedRun } from '../embed-texts.js'
import type { EmbedRun } from '../embed-texts.js'
import { STDIN } from '../input/bytes.js'
import { inputTitles } from '../input/formats.js'
import type { InputOptions } from '../input/row-batches.js'
import { loadModel, MODEL_OPTIONS } from '../model-options.js'
import { assertStandardOutputIsNoInput, outputFiles } from '../output/files.js'
import type { OutputFiles } from '../output/files.js'
import type { OutputFormat } from '../output/format.js'
import { OUTPUT_FORMATS } from '../output/formats.js'
import { jsonLines } from '../output/json-lines.js'
import { identityOfModel } from '../output/identity.js'
import type { Identity } from '../output/identity.js'
import { OutputLock } from '../output/lock.js'
import { embedShard, SHARD_OPTIONS } from '../shards/embed-shard.js'
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

/** What `--out` says. */
interface ChosenOutput {
  readonly files: OutputFiles
  readonly format: OutputFormat
}

export const embed: Command = {
  usage: ['<files…> [options]', '--shard <manifest>#<n>'],
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
    ...SHARD_OPTIONS,
    ...EMBED_OPTIONS,
    ...MODEL_OPTIONS,
  },
  notes: [
    'Exit codes: 0 done, 1 failed, 2 called wrongly, 3 a shard that can never work (another try is of no use), 130 interrupted.',
  ],
  example: 'docs.jsonl.gz --out vectors.npy --text-field body',
  async run(positionals, values) {
    if (values.shard !== undefined) {
      await embedShard(positionals, values)
      return
    }
    if (values.base !== undefined) throw new UsageError('--base is for --shard')
    const settings = embedSettings(positionals, values)
    const { input } = settings
    const everyMs = checkpointMs(values)
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
      const { vector, open } = await embedOutput(chosen, settings, values, model)
      const run: EmbedRun = {
        ...settings,
        model,
        vector,
        signal,
        checkpointMs: everyMs,
        total,
        progressIsJson: isJson,
        keptNames: new Set(),
      }
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

/** Columns that an input lacks are errors, but lines may each have other fields: none may have one that is misspelled. */
function sayMissing({ input: { keep }, keptNames }: EmbedRun): void {
  if (keep === 'all') return
  for (const name of keep) if (!keptNames.has(name)) say(`--keep ${name}: no row has it`)
}

/** The format of `--out`; null = standard output. @throws UsageError */
function chosenFormat(values: OptionValues): OutputFormat | null {
  const out = values.out as string | undefined
  if (out !== undefined && out !== STDIN) return embedFormat(out, values)
  if (values.milvus === true) throw new UsageError('--milvus needs --out: a file that Milvus imports')
  if (values.resume === true) throw new UsageError('--resume needs --out: standard output can be written only once')
  return null
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
