// The model of a manifest: which one it is, and loading the same one.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'

import { Model2VecEmbeddingFunction } from '../../embedding-function.js'
import { Model2VecError } from '../../errors.js'
import { LAYOUT_FILES } from '../../hub/layout.js'
import type { OptionValues } from '../command.js'
import { DEFAULT_MODEL } from '../model-options.js'
import type { Manifest, PlannedModel } from './manifest.js'
import { plannedPath } from './plan.js'

/** How a model is loaded. */
export interface ShardModelOptions {
  /** How many threads to use. Default: all there are. */
  readonly threads?: number | undefined
  /** The Hub cache, as the option of a load. */
  readonly cacheDir?: string | undefined
  /** The Hub, as the option of a load. */
  readonly endpoint?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The model as a manifest in `folder` names it. */
export async function plannedModel(
  { model = DEFAULT_MODEL, subfolder }: OptionValues,
  { info }: Model2VecEmbeddingFunction,
  folder: string,
): Promise<PlannedModel> {
  const { revision } = info
  const isDirectory = revision === null
  // What only this user or this process reads as a path is written as one.
  const isOwn = /^(?:~|file:)/.test(String(model))
  return {
    name: isDirectory ? plannedPath(isOwn ? info.path : String(model), folder) : String(model),
    isDirectory,
    subfolder: isOwn ? null : ((subfolder as string | undefined) ?? null),
    revision,
    sha256: isDirectory ? await hashOf(info.path) : null,
  }
}

/**
 * The model of a manifest, of exactly the planned files. To be closed by the caller.
 *
 * @throws Model2VecError ERR_INPUT_CHANGED when its files are others than those that were planned;
 * what a load throws
 */
export async function loadShardModel(
  manifest: Manifest,
  { threads, cacheDir, endpoint, signal }: ShardModelOptions = {},
): Promise<Model2VecEmbeddingFunction> {
  const { name, isDirectory, subfolder, revision, sha256 } = manifest.header.model
  const model = await Model2VecEmbeddingFunction.load(isDirectory ? manifest.resolve(name) : name, {
    threads,
    cacheDir,
    endpoint,
    signal,
    subfolder: subfolder ?? undefined,
    revision: revision ?? undefined,
  })
  try {
    const { info } = model
    if (revision !== null && info.revision !== revision) {
      throw changed(name, `the commit ${revision}`, String(info.revision))
    }
    const found = sha256 === null ? null : await hashOf(info.path)
    if (found !== sha256) throw changed(name, `files with the SHA-256 ${String(sha256)}`, String(found))
    return model
  } catch (error) {
    model.close()
    throw error
  }
}

function changed(name: string, expected: string, found: string): Model2VecError {
  return new Model2VecError(
    'ERR_INPUT_CHANGED',
    `the model ${name}: expected ${expected}, as planned, but got ${found}`,
  )
}

/** The SHA-256 of the names and bytes of a model's files. */
async function hashOf(directory: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of LAYOUT_FILES.toSorted()) {
    const file = path.join(directory, name)
    const found = await stat(file).catch(() => null)
    if (found?.isFile() !== true) continue
    hash.update(`${name}\0${found.size}\0`)
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}
