// Plans of inputs in folders of their own, and what becomes of their shards.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type * as failureModule from '../../build/modules/cli/shards/failure.js'
import type * as manifestModule from '../../build/modules/cli/shards/manifest.js'
import type * as runShardModule from '../../build/modules/cli/shards/run-shard.js'
import { load } from '../modules.js'
import { SMALL } from '../test-data.js'
import { emptyDirectory, model2vec } from './run.js'

export const { coded, mayPass } = load('cli/shards/failure') as typeof failureModule
export const { openManifest } = load('cli/shards/manifest') as typeof manifestModule
export const { loadShardModel, runShard, shardBatches } = load('cli/shards/run-shard') as typeof runShardModule

export interface Plan {
  /** The folder of all. */
  readonly folder: string
  readonly manifest: string
  readonly outDir: string
  /** The inputs, in their order. */
  readonly inputs: readonly string[]
  /** What the outputs end with. */
  readonly ending: string
}

export const MODEL: readonly string[] = ['--model', path.resolve(SMALL)]

/** Writes the inputs, by their names, and plans them. */
export async function planned(
  files: Readonly<Record<string, string | Buffer>>,
  ...options: readonly string[]
): Promise<Plan> {
  const folder = emptyDirectory()
  const inputs = Object.entries(files).map(([name, content]) => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
    return file
  })
  return planOf(folder, inputs, ...options)
}

/** Plans files that are there, or URLs. */
export async function planOf(folder: string, inputs: readonly string[], ...options: readonly string[]): Promise<Plan> {
  const [manifest, outDir] = [path.join(folder, 'plan.jsonl'), path.join(folder, 'out')]
  const args = [...inputs, '--out-dir', outDir, '--manifest', manifest, ...MODEL, ...options]
  const { code, err } = await model2vec('plan', ...args)
  if (code !== 0) throw new Error(err)
  const ending = options[options.indexOf('--ending') + 1] ?? '.npy'
  return { folder, manifest, outDir, inputs, ending: options.includes('--ending') ? ending : '.npy' }
}

/** The shards of a manifest. */
export async function shardsOf({ manifest: file }: Pick<Plan, 'manifest'>): Promise<manifestModule.Shard[]> {
  const manifest = await openManifest(file)
  try {
    const shards: manifestModule.Shard[] = []
    for await (const shard of manifest.all()) shards.push(shard)
    return shards
  } finally {
    await manifest.close()
  }
}

/** Does all shards, in this process, and gives back the paths of their outputs. */
export async function runAll({ manifest: file }: Pick<Plan, 'manifest'>): Promise<string[]> {
  const manifest = await openManifest(file)
  const model = await loadShardModel(manifest)
  try {
    const outputs: string[] = []
    for (let i = 0; i < manifest.shards; i++) outputs.push((await runShard(manifest, i, { model })).output)
    return outputs
  } finally {
    model.close()
    await manifest.close()
  }
}

/** The bytes of the rows of `.npy` files, whose headers have 128 bytes; of other files all bytes. */
export function rowsOf(files: readonly string[]): Buffer {
  return Buffer.concat(files.map((file) => readFileSync(file).subarray(file.endsWith('.npy') ? 128 : 0)))
}

/** What one run of `embed` over the inputs of a plan writes. */
export async function embeddedWhole({ folder, inputs, ending }: Plan, ...options: readonly string[]): Promise<Buffer> {
  const out = path.join(folder, `whole${ending}`)
  const { code, err } = await model2vec('embed', ...inputs, '--out', out, ...MODEL, ...options)
  if (code !== 0) throw new Error(err)
  return rowsOf([out])
}

/** All names in the folder of the outputs, hidden ones too. */
export function namesIn(plan: Plan): string[] {
  return readdirSync(plan.outDir).sort()
}

/** The names of a plan's outputs and of their notes, and no others. */
export function expectedNames(shards: number, ending = '.npy'): string[] {
  const names = Array.from({ length: shards }, (_, i) => `shard-${String(i).padStart(6, '0')}${ending}`)
  return [...names.map((name) => `.${name}.made-by.json`), ...names].sort()
}

/** `embed --shard` in a process of its own. */
export function embedShard(
  { manifest }: Pick<Plan, 'manifest'>,
  index: number,
  ...options: readonly string[]
): ReturnType<typeof model2vec> {
  return model2vec('embed', '--shard', `${manifest}#${index}`, ...options)
}
