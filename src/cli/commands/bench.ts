// `model2vec bench`: how fast a model is on this machine, over the user's own texts.

import { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { integer, UsageError } from '../command.js'
import type { Command } from '../command.js'
import { bytesOnDisk, INPUT_OPTIONS, inputOptions } from '../input-options.js'
import { inputTitles } from '../input/formats.js'
import type { InputOptions } from '../input/row-batches.js'
import { madeUpTexts } from '../made-up-texts.js'
import { loadModel, maxLength, MODEL_OPTIONS, modelOptions } from '../model-options.js'
import { TextRun } from '../text-run.js'

const DEFAULT_ROUNDS = 5
/** More texts take minutes and show nothing new. */
const MOST_BYTES = 64e6
const MADE_UP_TEXTS = 20_000
/** Texts per call: as many as several batches of a stream have. */
const CALL_TEXTS = 1 << 15
const QUERIES = 1000

interface Throughput {
  threads: number
  textsPerSecond: number
  megabytesPerSecond: number
}

/** The result, as `--json` prints it. */
interface BenchResult {
  model: string
  tokenizer: string
  kernel: string
  texts: number
  /** Bytes of all texts in UTF-8. */
  bytes: number
  /** Whether the texts were made up of the model's words. */
  madeUp: boolean
  rounds: number
  throughput: Throughput[]
  /** Of a call with one text, in microseconds. */
  latency: { median: number; p99: number }
}

/** The first texts of the files, without those that the model's tokenizer has no ids for. */
async function textsOf(
  model: Model2VecEmbeddingFunction,
  input: InputOptions,
  limit: number | null | undefined,
): Promise<string[]> {
  const run = new TextRun(input, null)
  const texts: string[] = []
  try {
    for (let bytes = 0; bytes < MOST_BYTES;) {
      const batch = await run.next()
      if (batch === null) break
      const { rows: read } = await run.encode(model, batch, { dtype: 'float32', maxLength: limit })
      for (const text of read.texts) {
        texts.push(text)
        bytes += Buffer.byteLength(text)
      }
    }
  } finally {
    run.close()
  }
  if (texts.length === 0) throw new Error(`${input.paths.join(', ')}: expected texts, but there are none`)
  return texts
}

/** The value that this share of the values does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

/** One pass over all texts. @returns milliseconds */
async function pass(
  model: Model2VecEmbeddingFunction,
  texts: string[],
  limit: number | null | undefined,
): Promise<number> {
  const started = performance.now()
  for (let from = 0; from < texts.length; from += CALL_TEXTS) {
    await model.encode(texts.slice(from, from + CALL_TEXTS), { maxLength: limit })
  }
  return performance.now() - started
}

/** Calls with one text each. @returns microseconds per call */
async function latencies(
  model: Model2VecEmbeddingFunction,
  texts: readonly string[],
  limit: number | null | undefined,
): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < QUERIES; i++) {
    const query = texts[(i * 7919) % texts.length] ?? ''
    const started = performance.now()
    await model.encodeQueries([query], { maxLength: limit })
    taken.push((performance.now() - started) * 1000)
  }
  return taken
}

async function measure(
  models: readonly Model2VecEmbeddingFunction[],
  texts: string[],
  rounds: number,
  limit: number | null | undefined,
): Promise<Pick<BenchResult, 'bytes' | 'throughput' | 'latency'>> {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const times = models.map((): number[] => [])
  const [first] = models
  if (first === undefined) throw new Error('expected a model')
  // The first pass meets cold caches, and JavaScript that is not compiled yet: it does not count.
  for (const model of models) await pass(model, texts, limit)
  await latencies(first, texts, limit)
  // The models alternate, so that other load on the machine meets all of them alike.
  for (let round = 0; round < rounds; round++) {
    for (const [i, model] of models.entries()) times[i]?.push(await pass(model, texts, limit))
  }
  const alone = await latencies(first, texts, limit)
  return {
    bytes,
    throughput: models.map((model, i) => {
      const seconds = quantile(times[i] ?? [], 0.5) / 1000
      return {
        threads: model.info.threads,
        textsPerSecond: Math.round(texts.length / seconds),
        megabytesPerSecond: Number((bytes / 1e6 / seconds).toFixed(1)),
      }
    }),
    latency: { median: Number(quantile(alone, 0.5).toFixed(1)), p99: Number(quantile(alone, 0.99).toFixed(1)) },
  }
}

function tableOf(report: BenchResult): string {
  const whole = (value: number): string => value.toLocaleString('en')
  const { texts, bytes, madeUp, model, tokenizer, kernel, latency, rounds } = report
  const head = `${whole(texts)} ${madeUp ? 'made-up texts' : 'texts'}, ${(bytes / 1e6).toFixed(1)} MB; ${model}; tokenizer ${tokenizer}, kernel ${kernel}`
  const rows = [
    ['threads', 'texts/s', 'MB/s'],
    ...report.throughput.map((each) => [
      String(each.threads),
      whole(each.textsPerSecond),
      each.megabytesPerSecond.toFixed(1),
    ]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
  const one = `one text alone: ${latency.median} µs (median), ${latency.p99} µs (99 of 100 take no longer)`
  return [head, `medians of ${rounds} rounds`, ...lines, one].map((line) => `${line}\n`).join('')
}

export const bench: Command = {
  usage: ['[<files…>] [options]'],
  description: [
    `Embeds the texts of ${inputTitles()} (gzip and zstd are unpacked), - is standard input, again and again, with ` +
      'one thread and with all, and prints texts and megabytes (10^6 bytes of UTF-8) per second, and how long one ' +
      'text alone takes. Texts are in memory, and vectors are thrown away: reading and writing files are not ' +
      `measured. Of more than ${MOST_BYTES / 1e6} MB, the first ${MOST_BYTES / 1e6} are taken.`,
    "Without files, texts are made up of the model's words. Your own say more.",
  ],
  options: {
    rounds: {
      type: 'string',
      value: '<n>',
      help: `passes over all texts, of which the median is printed (default: ${DEFAULT_ROUNDS})`,
    },
    json: { type: 'boolean', help: 'one JSON object; latency in microseconds' },
    ...INPUT_OPTIONS,
    ...MODEL_OPTIONS,
  },
  notes: ['Exit codes: 0 done, 1 failed, 2 called wrongly.'],
  example: 'docs.jsonl --text-field body --json',
  async run(positionals, values) {
    if (values['id-field'] !== undefined) {
      throw new UsageError('bench prints no ids: --id-field is for embed and search')
    }
    const rounds = integer(values, 'rounds', 1) ?? DEFAULT_ROUNDS
    const limit = maxLength(values)
    const madeUp = positionals.length === 0
    // Missing files are an error before the model is loaded.
    const input = madeUp ? null : inputOptions(positionals, values)
    await bytesOnDisk(input?.paths ?? [])
    using all = await loadModel(values)
    const given = input === null ? null : await textsOf(all, input, limit)
    // Shares the table in memory.
    using one = await Model2VecEmbeddingFunction.load(values.model as string | undefined, {
      ...modelOptions(values),
      threads: 1,
    })
    const texts = given ?? madeUpTexts(all.tokens, MADE_UP_TEXTS)
    const models = all.info.threads === 1 ? [one] : [one, all]
    const { modelSource, tokenizer, kernel } = all.info
    const measured = await measure(models, texts, rounds, limit)
    const report: BenchResult = {
      model: modelSource,
      tokenizer,
      kernel,
      texts: texts.length,
      madeUp,
      rounds,
      ...measured,
    }
    process.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : tableOf(report))
  },
}
