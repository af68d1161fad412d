// `model2vec dedupe`: the lines of files without those that are like an earlier line.

import { realpath } from 'node:fs/promises'

import { UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { findDuplicates } from '../duplicate-lines.js'
import { FileError } from '../file-error.js'
import { bytesOnDisk, INPUT_OPTIONS, inputOptions } from '../input-options.js'
import { STDIN } from '../input/bytes.js'
import { inputTitles, oneLineFormat } from '../input/formats.js'
import { keptLines, reportLines } from '../kept-lines.js'
import { loadModel, maxLength, MODEL_OPTIONS } from '../model-options.js'
import { outputPlace } from '../output/files.js'
import { interruptSignal } from '../terminal/interrupt.js'
import { writeLines } from '../write-lines.js'

const DEFAULT_THRESHOLD = 0.9

export const dedupe: Command = {
  usage: ['<files…> --out <file> [options]', '<files…> [options] > <file>'],
  description: [
    `Reads ${inputTitles()} (gzip and zstd are unpacked), compares the vectors of all texts, and writes the lines ` +
      'that are kept, as they are and in their order. A line is left out when its text is that of an earlier line, or ' +
      'when the cosine of its vector and that of an earlier line that is kept is at least the threshold.',
    'The vectors of all texts are in memory. Each is compared with all that are kept before it: on one core 100,000 ' +
      'texts take half a minute to a minute, twice as many four times as long. The files are read twice, so that none can be a pipe.',
  ],
  options: {
    threshold: {
      type: 'string',
      short: 't',
      value: '<n>',
      help: `the least cosine of lines that are alike (default: ${DEFAULT_THRESHOLD})`,
    },
    out: { type: 'string', short: 'o', value: '<file>', help: 'where the kept lines go (default: standard output)' },
    report: {
      type: 'string',
      value: '<file>',
      help:
        'a JSON object for each line that is left out: "file" and "line", "id" if --id-field is given, "of" with the ' +
        'same of the kept line that it is like, "score", and "reason", "text" or "vector"',
    },
    ...INPUT_OPTIONS,
    ...MODEL_OPTIONS,
  },
  notes: ['Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.'],
  example: 'docs.jsonl --out kept.jsonl --report dropped.jsonl',
  async run(positionals, values) {
    const input = inputOptions([...positionals], values)
    oneLineFormat(input.paths, input.format)
    const threshold = thresholdOf(values)
    const total = await bytesOnDisk(input.paths)
    if (total === null)
      throw new UsageError('the files are read twice: expected files, but got a pipe or standard input')
    const out = await placeOf(values.out)
    const report = await placeOf(values.report)
    assertOthers(await Promise.all(input.paths.map((path) => realpath(path))), out, report)
    const { signal, release } = interruptSignal()
    try {
      using model = await loadModel(values, signal)
      const limits = { maxLength: maxLength(values), threads: model.info.threads, threshold, signal }
      const found = await findDuplicates(input, total, model, limits)
      await writeLines(out.place, keptLines(input, found, signal))
      if (report.given !== undefined) await writeLines(report.place, reportLines(input, found))
      if (out.place !== undefined && report.given !== STDIN) process.stdout.write(`${found.summary}\n`)
    } finally {
      release()
    }
  },
}

/** @throws UsageError */
function thresholdOf(values: OptionValues): number {
  const given = values.threshold
  const value = given === undefined ? DEFAULT_THRESHOLD : Number(given)
  if (String(given).trim() === '' || !(value >= -1 && value <= 1)) {
    throw new UsageError(`--threshold should be a number from -1 to 1, but got ${String(given)}`)
  }
  return value
}

/** An output: its path after all links, undefined for standard output. */
interface Output {
  readonly given: string | undefined
  readonly place: string | undefined
}

/** @throws UsageError, FileError when no file can be there */
async function placeOf(value: OptionValues[string]): Promise<Output> {
  const given = value as string | undefined
  if (given !== undefined && /\.(?:gz|zst)$/.test(given)) {
    throw new UsageError(`${given}: the output is not packed, so that its name should not say so`)
  }
  return { given, place: given === undefined || given === STDIN ? undefined : await outputPlace(given) }
}

/** @throws UsageError, FileError when an output is an input, or both outputs are one file */
function assertOthers(inputs: readonly string[], out: Output, report: Output): void {
  if (report.given === STDIN && out.place === undefined) {
    throw new UsageError('--report - needs --out: the kept lines go to standard output')
  }
  const taken = new Set(inputs)
  for (const { given, place } of [out, report]) {
    if (place === undefined) continue
    if (taken.has(place)) throw new FileError(`${String(given)} is given twice: an output has to be a file of its own`)
    taken.add(place)
  }
}
