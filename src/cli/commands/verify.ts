// `model2vec verify`: compares this engine with the official Rust engine over the same texts, batch
// by batch.

import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { UsageError } from '../command.js'
import type { Command } from '../command.js'
import type { EncodedRows } from '../encode-rows.js'
import { bytesOnDisk, INPUT_OPTIONS, inputOptions } from '../input-options.js'
import { inputTitles } from '../input/formats.js'
import { loadModel, maxLength, MODEL_OPTIONS } from '../model-options.js'
import { OfficialEngine } from '../official-engine.js'
import { TextRun } from '../text-run.js'

/** At most this many texts with different ids are named. */
const MOST_NAMED = 5

/** The result, as `--json` prints it. */
interface VerifyResult {
  texts: number
  /** UTF-8. */
  bytes: number
  normalize: boolean
  maxLength: number | null
  threads: number
  ids: {
    equal: number
    different: number
    /** Those of the different ones that are equal without a length limit. */
    differentByLimit: number
    /** File and line of the first that differ. */
    where: string[]
  }
  /** The largest difference of a dimension of a vector; null = only one side has a number. */
  largestDifference: {
    equalIds: number | null
    differentIds: number | null
  }
  textsPerSecond: { ours: number; official: number }
  speedUp: number
}

/** Null, where only one side has a number, is larger than any number. */
function larger(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b)
}

/** Compares all texts. */
async function verifyAll(
  model: Model2VecEmbeddingFunction,
  official: OfficialEngine,
  run: TextRun,
  limit: number | null,
): Promise<VerifyResult> {
  const { normalize, threads } = model.info
  const ids: VerifyResult['ids'] = { equal: 0, different: 0, differentByLimit: 0, where: [] }
  const largestDifference: VerifyResult['largestDifference'] = { equalIds: 0, differentIds: 0 }
  const seconds = { ours: 0, official: 0 }
  let [texts, bytes] = [0, 0]
  try {
    for (let isFirst = true; ; isFirst = false) {
      const batch = await run.next()
      if (batch === null) break
      const encode = (): Promise<EncodedRows> => run.encode(model, batch, { dtype: 'float32', maxLength: limit })
      // The first call of each engine meets cold caches: it does not count.
      if (isFirst) {
        const { rows: read, matrix } = await encode()
        const ids = model.tokenize(read.texts, { maxLength: limit })
        await official.compare(read.texts, ids, matrix.data as Float32Array, limit)
      }
      const started = performance.now()
      const { rows: read, matrix } = await encode()
      seconds.ours += (performance.now() - started) / 1000
      const ours = model.tokenize(read.texts, { maxLength: limit })
      const found = await official.compare(read.texts, ours, matrix.data as Float32Array, limit)
      seconds.official += found.ns / 1e9
      texts += read.count
      for (const text of read.texts) bytes += Buffer.byteLength(text)
      const others = new Set(found.otherIds)
      for (const [i, difference] of found.differences.entries()) {
        const which = others.has(i) ? 'differentIds' : 'equalIds'
        largestDifference[which] = larger(largestDifference[which], difference)
      }
      ids.different += others.size
      ids.differentByLimit += await countByLimit(model, official, found.otherIds, read.texts, limit)
      for (const i of found.otherIds.slice(0, MOST_NAMED - ids.where.length)) {
        ids.where.push(`${run.nameOf(batch.file)}:${read.lineOf(i)}`)
      }
      run.at(texts)
    }
  } finally {
    run.progress.clear()
    run.close()
  }
  ids.equal = texts - ids.different
  const rate = (taken: number): number => (taken === 0 ? 0 : Math.round(texts / taken))
  return {
    texts,
    bytes,
    normalize,
    maxLength: limit,
    threads,
    ids,
    largestDifference,
    textsPerSecond: { ours: rate(seconds.ours), official: rate(seconds.official) },
    speedUp: seconds.ours === 0 ? 0 : seconds.official / seconds.ours,
  }
}

/** How many of the texts with different ids have equal ones when no text is cut. */
async function countByLimit(
  model: Model2VecEmbeddingFunction,
  official: OfficialEngine,
  others: readonly number[],
  texts: readonly string[],
  limit: number | null,
): Promise<number> {
  if (limit === null || others.length === 0) return 0
  const again = others.map((i) => texts[i] ?? '')
  const matrix = await model.encode(again, { maxLength: null })
  const ids = model.tokenize(again, { maxLength: null })
  return others.length - (await official.compare(again, ids, matrix.data, null)).otherIds.length
}

const whole = (value: number): string => value.toLocaleString('en')
const difference = (value: number | null): string =>
  value === null ? 'only one side has a number' : value === 0 ? 'none' : value.toExponential(1)

function linesOf({ model, official, ...report }: VerifyResult & { model: string; official: string }): string[] {
  const { texts, bytes, ids, largestDifference, textsPerSecond, speedUp } = report
  const limit = report.maxLength === null ? 'no length limit' : `at most ${report.maxLength} tokens`
  const lines = [
    `${whole(texts)} texts, ${(bytes / 1e6).toFixed(1)} MB; ${model}; ${official}`,
    `both asked for  ${report.normalize ? 'vectors of length 1' : 'vectors as they are'}, ${limit}, threads: ${report.threads}`,
    `ids             ${whole(ids.equal)} equal, ${whole(ids.different)} differ` +
      (ids.differentByLimit > 0 ? `, ${whole(ids.differentByLimit)} of them by where the text is cut` : ''),
    `vectors         largest difference: ${difference(largestDifference.equalIds)} where ids are equal` +
      (ids.different > 0 ? `, ${difference(largestDifference.differentIds)} where they differ` : ''),
    `speed           ${whole(textsPerSecond.ours)} texts/s here, ${whole(textsPerSecond.official)} there: ${speedUp.toFixed(2)} times`,
  ]
  if (ids.different > 0) lines.push(`differ          ${ids.where.join(' ')}${ids.different > MOST_NAMED ? ' …' : ''}`)
  return lines
}

export const verify: Command = {
  usage: ['<files…> [options]'],
  description: [
    `Embeds the texts of ${inputTitles()} (gzip and zstd are unpacked), - is standard input, with this package and ` +
      'with model2vec-rs 0.4.0, the official Rust engine, and prints how many texts have different token ids, the ' +
      'largest difference of a dimension of a vector, and how fast both are. The time is that of the calls, here in ' +
      'Node and there in Rust, with the same number of threads, after one call that does not count.',
    'Python is what this package equals; model2vec-rs differs from Python in known places: it measures tokens in ' +
      'bytes where Python counts characters, so that it cuts long texts elsewhere, and it normalizes where a ' +
      "model's config says nothing. So both are asked for the same: what this package takes from the config. A text " +
      'has equal ids when all its ids are the same, in any order.',
    'model2vec-rs is an executable of its own, model2vec-verify, which is not part of this package. Without it the ' +
      'error says how to build it.',
  ],
  options: { json: { type: 'boolean', help: 'one JSON object' }, ...INPUT_OPTIONS, ...MODEL_OPTIONS },
  notes: [
    'Environment: MODEL2VEC_VERIFY_PATH names the executable.',
    'Exit codes: 0 compared, whatever was found, 1 failed, 2 called wrongly.',
  ],
  example: 'docs.jsonl --text-field body',
  async run(positionals, values) {
    if (values['id-field'] !== undefined) {
      throw new UsageError('verify prints no ids: --id-field is for embed and search')
    }
    const input = inputOptions(positionals, values)
    const total = await bytesOnDisk(input.paths)
    using model = await loadModel(values)
    const given = maxLength(values)
    const limit = given === undefined ? model.info.maxLength : given
    const subfolder = (values.subfolder as string | undefined) ?? null
    const official = await OfficialEngine.start(model.info, subfolder, model.info.normalize, model.tokens.length)
    let report: VerifyResult
    try {
      report = await verifyAll(model, official, new TextRun(input, total), limit)
    } finally {
      official.close()
    }
    const whole = { model: model.info.modelSource, official: 'model2vec-rs 0.4.0', ...report }
    process.stdout.write(
      values.json === true ? `${JSON.stringify(whole, null, 2)}\n` : `${linesOf(whole).join('\n')}\n`,
    )
  },
}
