// `model2vec plan`: cuts inputs into shards, for `model2vec embed --shard` on any number of machines.

import { realpath } from 'node:fs/promises'
import path from 'node:path'

import type { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { VERSION } from '../../version.js'
import { choice, integer, UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { EMBED_OPTIONS, embedFormat, embedOutput, embedSettings } from '../embed-settings.js'
import type { EmbedSettings } from '../embed-settings.js'
import { STDIN } from '../input/bytes.js'
import { inputTitles } from '../input/formats.js'
import { isUrl } from '../input/url.js'
import { loadModel, MODEL_OPTIONS } from '../model-options.js'
import { OUTPUT_FORMATS } from '../output/formats.js'
import { MANIFEST_VERSION } from '../shards/manifest.js'
import type { ManifestHeader } from '../shards/manifest.js'
import { writeManifest } from '../shards/manifest-writer.js'
import { plannedPath, plannedShards } from '../shards/plan.js'
import type { ShardSize } from '../shards/plan.js'
import { plannedModel } from '../shards/shard-model.js'
import { interruptSignal } from '../terminal/interrupt.js'

const UNITS: Readonly<Record<string, number>> = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9 }
const DEFAULT_BYTES = 256e6

export const plan: Command = {
  usage: ['<inputs…> --out-dir <dir> --manifest <file> [options]'],
  description: [
    `Writes a manifest: which part of which input (${inputTitles()}; files and http(s) URLs, presigned ones too) each ` +
      'shard is, with the model, the options, and the name of its output. `model2vec embed --shard <manifest>#<n>` ' +
      'does shard n, from 0; `model2vec gather <manifest>` says what is missing. However often and wherever a shard is ' +
      'done, its output has the same bytes.',
    'Files are cut at line ends, records of tables and row groups of Parquet; packed files, UTF-16, Arrow and URLs ' +
      'whose server sends no ranges are not cut. Paths that are given as relative ones are relative to the manifest.',
  ],
  options: {
    'out-dir': {
      type: 'string',
      value: '<dir>',
      help: "the outputs' folder: shard-000000.npy and so on, and nothing else",
    },
    manifest: { type: 'string', value: '<file>', help: 'where to write the manifest; its folder is made' },
    shards: { type: 'string', value: '<n>', help: 'how many, at most: of about the same number of bytes' },
    'shard-bytes': {
      type: 'string',
      value: '<n>',
      help: `how large, about: such as 64MB or 1GB, packed bytes of the inputs (default: ${DEFAULT_BYTES / 1e6}MB)`,
    },
    ending: {
      type: 'string',
      value: '<name>',
      help: `the outputs' format: ${OUTPUT_FORMATS.map(({ ending }) => ending).join(', ')} (default: .npy)`,
    },
    pin: {
      type: 'string',
      value: '<what>',
      help:
        'what an input must not change: time (default: size and modification time; of URLs size and ETag) or size, ' +
        'where copies have other times, or mirrors other ETags',
    },
    json: { type: 'boolean', help: 'print what was planned as JSON' },
    ...EMBED_OPTIONS,
    ...MODEL_OPTIONS,
  },
  notes: ['Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted.'],
  example: 'docs.jsonl --shards 64 --out-dir out --manifest m.jsonl',
  async run(positionals, values) {
    const manifest = required(values, 'manifest')
    const outDir = required(values, 'out-dir')
    const size = sizeOf(values)
    const pinsTime = choice(values, 'pin', ['time', 'size']) !== 'size'
    const ending = choice(values, 'ending', ENDINGS) ?? '.npy'
    const settings = embedSettings(positionals, values)
    if (settings.input.paths.includes(STDIN)) throw new UsageError('- is no input of a plan: it can be read only once')
    if (settings.chunking !== null && settings.names.id === null) {
      throw new UsageError('--chunk needs --id-field: the lines of a shard are not those of its file')
    }
    const format = embedFormat(ending, values)
    await assertApart(outDir, manifest, settings)
    await format.prepare?.()
    const { signal, release } = interruptSignal()
    try {
      const folder = path.dirname(path.resolve(manifest))
      using model = await loadModel(values, signal)
      await embedOutput(format, settings, values, model)
      const header: ManifestHeader = {
        version: MANIFEST_VERSION,
        madeBy: `model2vec-node ${VERSION}`,
        model: await plannedModel(values, model, folder),
        options: settled(values, settings, model),
        outDir: plannedPath(outDir, folder),
        ending,
      }
      const shards = plannedShards({ input: settings.input, size, folder, pinsTime, signal })
      const made = await writeManifest(manifest, header, shards)
      report(values, manifest, size, { inputs: settings.input.paths.length, ...made })
    } finally {
      release()
    }
  },
}

/** All endings, those of Milvus too. */
const ENDINGS = [...OUTPUT_FORMATS.map(({ ending }) => ending), '.json']

function required(values: OptionValues, name: string): string {
  const given = values[name] as string | undefined
  if (given === undefined || given === '') throw new UsageError(`--${name} is needed`)
  return given
}

/** @throws UsageError */
function sizeOf(values: OptionValues): ShardSize {
  const shards = integer(values, 'shards', 1)
  const given = values['shard-bytes'] as string | undefined
  if (given === undefined) return shards === undefined ? { bytes: DEFAULT_BYTES } : { shards }
  if (shards !== undefined) throw new UsageError('--shards and --shard-bytes were both given')
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?b?)$/i.exec(given) ?? []
  const upper = unit.toUpperCase()
  const bytes = Math.round(Number(digits) * (UNITS[upper.length === 1 && upper !== 'B' ? `${upper}B` : upper] ?? 1))
  if (bytes >= 1) return { bytes }
  throw new UsageError(`--shard-bytes should be a size such as 256MB, but got ${given}`)
}

/**
 * The outputs' folder has outputs only: not the manifest, and no input, which the next plan would read an
 * output as.
 *
 * @throws UsageError
 */
async function assertApart(outDir: string, manifest: string, { input }: EmbedSettings): Promise<void> {
  // What is not there yet is made.
  const realOf = async (folder: string): Promise<string> => realpath(folder).catch(() => path.resolve(folder))
  const real = await realOf(outDir)
  if ((await realOf(path.dirname(path.resolve(manifest)))) === real) {
    throw new UsageError(`--out-dir ${outDir} would hold the manifest: it is for outputs only`)
  }
  const inside = input.paths.find((each) => !isUrl(each) && path.dirname(path.resolve(each)) === real)
  if (inside !== undefined) throw new UsageError(`--out-dir ${outDir} holds an input: ${inside}`)
}

/** The options of `embed` that were given, and those that the model decides. */
function settled(
  values: OptionValues,
  { encoding, chunking }: EmbedSettings,
  { dim, info }: Model2VecEmbeddingFunction,
): OptionValues {
  const given = Object.entries(values).filter(([name]) => Object.hasOwn(EMBED_OPTIONS, name))
  const limit = encoding.maxLength === undefined ? info.maxLength : encoding.maxLength
  return {
    ...Object.fromEntries(given),
    dtype: encoding.dtype,
    dimensionality: String(encoding.dimensionality ?? dim),
    [(encoding.normalize ?? info.normalize) ? 'normalize' : 'no-normalize']: true,
    // A chunk is not cut.
    ...(chunking === null && { 'max-length': String(limit ?? 'none') }),
  }
}

function report(
  values: OptionValues,
  manifest: string,
  size: ShardSize,
  made: { readonly inputs: number; readonly shards: number; readonly bytes: number },
): void {
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify({ manifest, ...made })}\n`)
    return
  }
  const { inputs, shards, bytes } = made
  const fewer = 'shards' in size && shards < size.shards ? ` (no more can be cut)` : ''
  const last = shards === 1 ? '#0' : `#0 to #${shards - 1}`
  process.stdout.write(
    `${manifest}: ${shards} ${shards === 1 ? 'shard' : 'shards'}${fewer} of ${inputs} ${inputs === 1 ? 'input' : 'inputs'}, ` +
      `${bytes.toLocaleString('en')} bytes; model2vec embed --shard '${manifest}#<n>' does one, ${last}\n`,
  )
}
