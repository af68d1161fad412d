// `model2vec classify`: what the head of a model makes of the texts of files, or the lines that it
// lets pass.

import { HEAD_FILE } from '../../hub/layout.js'
import { DEFAULT_THRESHOLD } from '../../options/predict.js'
import { comparedThreshold, predictingFunction } from '../../pipeline/pipeline.js'
import type { Model2VecPipeline } from '../../pipeline/pipeline.js'
import { filterRun, labelsRun } from '../classify-texts.js'
import type { ClassifyRun } from '../classify-texts.js'
import { UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { INPUT_OPTIONS, inputOptions } from '../input-options.js'
import { STDIN } from '../input/bytes.js'
import { textColumn } from '../input/fields.js'
import type { Fields } from '../input/fields.js'
import { inputTitles, oneLineFormat } from '../input/formats.js'
import type { InputOptions } from '../input/row-batches.js'
import { assertKnown, labelFilters } from '../label-filters.js'
import type { LabelFilter } from '../label-filters.js'
import { loadPipeline, maxLength, MODEL_OPTIONS } from '../model-options.js'
import { assertStandardOutputIsNoInput, outputFiles } from '../output/files.js'
import type { OpenRows } from '../output/format.js'
import { identityOfModel } from '../output/identity.js'
import type { Identity } from '../output/identity.js'
import { FOUND_FIELDS, openLabels } from '../output/labels.js'
import { OutputLock } from '../output/lock.js'
import { openPassedLines } from '../output/passed-lines.js'
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
import type { WrittenRun } from '../written-run.js'

/** What the options say. */
interface Wanted {
  readonly filters: readonly LabelFilter[]
  readonly proba: boolean
  /** Undefined = not given. */
  readonly threshold: number | undefined
  /** The names of the fields for ids and texts, null = none. */
  readonly id: string | null
  readonly text: string | null
}

export const classify: Command = {
  usage: ['<files…> --model <name> [options]', '<files…> -m <name> --filter label=x,min=0.8 [options]'],
  description: [
    `Reads texts from ${inputTitles()} (gzip and zstd are unpacked), - is standard input. The model has a head, as ` +
      'model2vec 0.10 saves a trained pipeline. Writes JSON Lines, an object for each text, in order:',
    [
      ['softmax', '"label" and "score", its probability'],
      ['sigmoid', '"labels" and "scores": every label above --threshold'],
      ['identity', '"values": the numbers of a regressor or a projection'],
    ],
    'With --filter it writes the lines that pass, as they are and in their order: of files of one format; tables keep ' +
      'their header. The output has its name when it is whole, as that of embed.',
  ],
  options: {
    out: { type: 'string', short: 'o', value: '<file>', help: 'where to write (default: standard output)' },
    threshold: {
      type: 'string',
      short: 't',
      value: '<n>',
      help: `of a multi-label head: the probability that a label's must be above (default: ${DEFAULT_THRESHOLD})`,
    },
    proba: { type: 'boolean', help: 'write the probability of every class too, as "probabilities"' },
    filter: {
      type: 'string',
      multiple: true,
      value: '<filter>',
      help:
        'label=x: the lines with this label; label=x,min=n: those where it has at least this probability (of a ' +
        'multi-label head whatever --threshold is). Given several times, a ' +
        'line passes that one of them lets pass',
    },
    resume: {
      type: 'boolean',
      help:
        'go on where a run with the same inputs, model and options ended early; start where there was none; done ' +
        "when that run's output is whole",
    },
    checkpoint: CHECKPOINT_OPTION,
    progress: PROGRESS_OPTION,
    'with-text': { type: 'boolean', help: 'write the texts too' },
    ...INPUT_OPTIONS,
    ...MODEL_OPTIONS,
    model: { type: 'string', short: 'm', value: '<name>', help: 'an id or a directory: a model with a head' },
  },
  notes: ['Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.'],
  example: 'in.jsonl -m ./language --filter label=en > en.jsonl',
  async run(positionals, values) {
    const given = inputOptions(positionals, values)
    const wanted = wantedOf(values, given.fields)
    const isFilter = wanted.filters.length > 0
    const input: InputOptions = { ...given, keepsLines: isFilter }
    if (isFilter) oneLineFormat(input.paths, input.format)
    const everyMs = checkpointMs(values)
    const out = outOf(values)
    const isJson = progressIsJson(values)
    const isResumed = values.resume === true
    const total = await bytesToRead(input, isResumed)
    const files = out === null ? null : await outputFiles(out, input.paths)
    if (files === null) await assertStandardOutputIsNoInput(input.paths)
    const { signal, release } = interruptSignal()
    const lock = files === null ? null : await OutputLock.take(files, signal)
    try {
      using pipeline = await loadPipeline(values, signal)
      assertFits(wanted, pipeline)
      const run: ClassifyRun = {
        pipeline,
        predicting: predictingFunction(pipeline),
        input,
        signal,
        checkpointMs: everyMs,
        total,
        progressIsJson: isJson,
        threshold: comparedThreshold(pipeline, wanted.threshold ?? DEFAULT_THRESHOLD),
        maxLength: maxLength(values),
        proba: wanted.proba,
      }
      const write = async <R>(open: OpenRows<R>, written: WrittenRun<R>): Promise<number> =>
        files === null || lock === null
          ? writeStandardOutput(open, written)
          : writeOutput({ files, lock, open, identity: await identityOf(run, wanted) }, written, isResumed)
      const skipped = isFilter
        ? await write(openPassedLines, filterRun(run, wanted.filters))
        : await write(openLabels(wanted.id, wanted.text), labelsRun(run, wanted.id !== null || wanted.text !== null))
      if (skipped > 0) say(`${counted(skipped, 'line')} skipped`)
    } finally {
      await lock?.release()
      release()
    }
  },
}

/** @throws UsageError */
function wantedOf(values: OptionValues, fields: Fields): Wanted {
  const filters = labelFilters(values)
  const { id } = fields
  const text = values['with-text'] === true ? textColumn(fields) : null
  const proba = values.proba === true
  if (filters.length > 0) {
    const other = proba ? '--proba' : id !== null ? '--id-field' : text !== null ? '--with-text' : null
    if (other !== null) throw new UsageError(`--filter writes lines as they are: ${other} is for labels`)
  }
  for (const [option, name] of [
    ['--id-field', id],
    ['--text-field', text],
  ] as const) {
    if (name === null || !FOUND_FIELDS.includes(name)) continue
    throw new UsageError(`${option} ${name} would be a second field of that name`)
  }
  if (id !== null && id === text) {
    throw new UsageError(
      `--id-field and --text-field are both ${id}: with --with-text they would be two fields of one name`,
    )
  }
  return { filters, proba, threshold: thresholdOf(values), id, text }
}

/** @throws UsageError */
function thresholdOf({ threshold }: OptionValues): number | undefined {
  if (threshold === undefined) return undefined
  const value = Number(threshold)
  if (threshold !== '' && value >= 0 && value <= 1) return value
  throw new UsageError(`--threshold should be a number from 0 to 1, but got ${String(threshold)}`)
}

/** The path of `--out`; null = standard output. @throws UsageError */
function outOf(values: OptionValues): string | null {
  const out = values.out as string | undefined
  if (out !== undefined && out !== STDIN) return out
  if (values.resume === true) throw new UsageError('--resume needs --out: standard output can be written only once')
  return null
}

/** @throws UsageError when the head can't do what is wanted */
function assertFits({ filters, proba, threshold }: Wanted, { activation, classes }: Model2VecPipeline): void {
  if (activation !== 'sigmoid' && threshold !== undefined) {
    throw new UsageError(`--threshold is for multi-label heads (sigmoid), but this one has ${activation}`)
  }
  if (activation === 'identity' && (proba || filters.length > 0)) {
    throw new UsageError(
      `${proba ? '--proba' : '--filter'} is for heads with labels, but this one has the activation identity`,
    )
  }
  assertKnown(filters, classes ?? [])
}

/** What a run that goes on must have in common with the one that ended. */
async function identityOf(
  { pipeline, input, threshold, maxLength, proba }: ClassifyRun,
  wanted: Wanted,
): Promise<Identity> {
  const { path: directory, revision, maxLength: ownMaxLength } = pipeline.info
  return {
    inputs: await identityOfInputs(input),
    model: await identityOfModel(directory, revision, [HEAD_FILE]),
    options: {
      ...identityOfReading(input),
      'with-text': wanted.text !== null,
      threshold,
      proba,
      // In whatever order they were given: a line passes that one of them lets pass.
      filter:
        wanted.filters
          .map(({ label, min }) => JSON.stringify([label, min]))
          .sort()
          .join(' ') || null,
      'max-length': (maxLength === undefined ? ownMaxLength : maxLength) ?? 'none',
    },
  }
}
