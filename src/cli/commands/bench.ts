// `model2vec bench`: how fast a model is on this machine, over the user's own texts.

import { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import type { Command } from '../command.js'
import { UsageError } from '../command.js'
import { encodeRows } from '../encode-rows.js'
import { RowBatches } from '../input/row-batches.js'
import type { InputOptions } from '../input/row-batches.js'
import { madeUpTexts } from '../made-up-texts.js'
import {
  bytesOnDisk,
  inputOptions,
  integer,
  loadModel,
  maxLength,
  MODEL_OPTIONS,
  MODEL_OPTIONS_HELP,
  modelOptions,
  READING_OPTIONS,
  READING_OPTIONS_HELP,
} from '../reading.js'

const DEFAULT_ROUNDS = 5
/** More texts than these take minutes and tell nothing new. */
const MOST_BYTES = 64e6
const MADE_UP_TEXTS = 20_000
/** A call has so many texts: as many as a stream's batches would, some times over. */
const CALL_TEXTS = 1 << 15
const QUERIES = 1000

interface Throughput {
  threads: number
  textsPerSecond: number
  megabytesPerSecond: number
}

/** What was measured, as `--json` prints it. */
interface Report {
  model: string
  tokenizer: string
  kernel: string
  texts: number
  /** UTF-8. */
  bytes: number
  /** Whether the texts were made up here. */
  madeUp: boolean
  rounds: number
  throughput: Throughput[]
  /** Of one text alone, in microseconds. */
  latency: { median: number; p99: number }
}

/** The first texts of the files, of those that the model has vectors for. */
async function textsOf(
  model: Model2VecEmbeddingFunction,
  input: InputOptions,
  limit: number | null | undefined,
): Promise<string[]> {
  const rows = new RowBatches(input)
  const texts: string[] = []
  try {
    for (let bytes = 0; bytes < MOST_BYTES;) {
      const batch = await rows.next()
      if (batch === null) break
      const { rows: read } = await encodeRows(model, batch, { dtype: 'float32', maxLength: limit }, input)
      for (const text of read.texts) {
        texts.push(text)
        bytes += Buffer.byteLength(text)
      }
    }
  } finally {
    rows.close()
  }
  if (texts.length === 0) throw new Error(`${input.paths.join(', ')}: expected texts, but there are none`)
  return texts
}

/** Value at a share of the sorted values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

/** Milliseconds for all texts. */
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

/** Microseconds for each of some texts alone. */
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
): Promise<Pick<Report, 'bytes' | 'throughput' | 'latency'>> {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  const times = models.map((): number[] => [])
  const [first] = models
  if (first === undefined) throw new Error('expected a model')
  // The first pass meets cold caches, and the first calls slow JavaScript: they don't count.
  for (const model of models) await pass(model, texts, limit)
  await latencies(first, texts, limit)
  // In turn, so that what else the machine does meets all alike.
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

function tableOf(report: Report): string {
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
  summary: 'measure how fast a model is here, over your texts',
  help: `Usage: model2vec bench [<files…>] [options]

Embeds the texts of JSON Lines, plain lines, CSV or TSV (gzip and zstd are
unpacked), - is standard input, again and again, with one thread and with all,
and prints texts and megabytes (10^6 bytes of UTF-8) a second, and how long one
text alone takes.
Texts are in memory, and vectors are thrown away: reading and writing files are
not measured. Of more than ${MOST_BYTES / 1e6} MB, the first ${MOST_BYTES / 1e6} are taken.

Without files texts are made up of the model's words. Your own say more.

Options:
  --rounds <n>         passes over all texts, of which the median is printed
                       (default: ${DEFAULT_ROUNDS})
  --json               one JSON object; latency in microseconds
${READING_OPTIONS_HELP}
${MODEL_OPTIONS_HELP}
  -h, --help           this text

Exit codes: 0 done, 1 failed, 2 called wrongly.

Example: model2vec bench docs.jsonl --text-field body --json`,
  options: { ...READING_OPTIONS, ...MODEL_OPTIONS, rounds: { type: 'string' }, json: { type: 'boolean' } },
  async run(positionals, values) {
    if (values['id-field'] !== undefined)
      throw new UsageError('bench prints no ids: --id-field is for embed and search')
    const rounds = integer(values, 'rounds', 1) ?? DEFAULT_ROUNDS
    const limit = maxLength(values)
    const madeUp = positionals.length === 0
    // What isn't there is told before a model is loaded.
    const input = madeUp
      ? null
      : inputOptions(positionals, values, (message) => process.stderr.write(`model2vec: skipped ${message}\n`))
    await bytesOnDisk(positionals)
    using all = await loadModel(values)
    const given = input === null ? null : await textsOf(all, input, limit)
    // The same table in memory.
    using one = await Model2VecEmbeddingFunction.load(values.model as string | undefined, {
      ...modelOptions(values),
      threads: 1,
    })
    const texts = given ?? madeUpTexts(all.tokens, MADE_UP_TEXTS)
    const models = all.info.threads === 1 ? [one] : [one, all]
    const { modelSource, tokenizer, kernel } = all.info
    const measured = await measure(models, texts, rounds, limit)
    const report: Report = {
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
