// The Hub cache that Python's huggingface_hub writes (`models--org--name/{refs,snapshots}`), read only.

import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** The files of each folder layout (model2vec 0.10.0, persistence/datamodels.py, `FOLDER_LAYOUTS`). */
const LAYOUTS = [
  ['config.json', 'tokenizer.json', 'model.safetensors'],
  ['config_sentence_transformers.json', 'tokenizer.json', 'model.safetensors'],
  ['config_sentence_transformers.json', '0_StaticEmbedding/tokenizer.json', '0_StaticEmbedding/model.safetensors'],
] as const

/** A complete snapshot, or why there is none. */
export type CachedSnapshot =
  { readonly directory: string; readonly revision: string } | { readonly directory: null; readonly reason: string }

/** Whether the Hub allows this id (huggingface_hub, utils/_validators.py, `validate_repo_id`). */
export function isHubId(source: string): boolean {
  return /^(?:[\w.-]+\/)?[\w.-]{1,96}$/.test(source) && !/--|\.\.|^[.-]|[.-]$|\/[.-]|\.git$/.test(source)
}

/** The folder that holds `models--org--name` (huggingface_hub, constants.py). */
export function hubCacheDirectory(cacheDir: string | undefined): string {
  if (cacheDir !== undefined) return path.resolve(cacheDir)
  const cache = environment('HF_HUB_CACHE') ?? environment('HUGGINGFACE_HUB_CACHE')
  if (cache !== undefined) return path.resolve(cache)
  const home =
    environment('HF_HOME') ??
    path.join(environment('XDG_CACHE_HOME') ?? path.join(os.homedir(), '.cache'), 'huggingface')
  return path.resolve(home, 'hub')
}

/** An environment variable with `~` and `$NAME` expanded, as huggingface_hub does; an empty one is not given. */
function environment(name: string): string | undefined {
  const value = process.env[name]
  if (value === undefined || value === '') return undefined
  const expanded = value.replace(/^~(?=$|[/\\])/, () => os.homedir())
  return expanded.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    return process.env[bare ?? braced ?? ''] ?? whole
  })
}

/** Finds a complete snapshot of a model's revision: a branch, a tag, a commit. */
export function findInHubCache(
  id: string,
  wanted: { readonly revision: string; readonly cacheDir: string | undefined; readonly subfolder: string | undefined },
): CachedSnapshot {
  const repository = path.join(hubCacheDirectory(wanted.cacheDir), `models--${id.replace('/', '--')}`)
  if (!existsSync(repository)) return { directory: null, reason: 'the model is not in it' }
  const revision = commitOf(repository, wanted.revision)
  if (revision === null) return { directory: null, reason: `${repository} has no such revision` }
  const directory = path.join(repository, 'snapshots', revision)
  const folder = wanted.subfolder === undefined ? directory : path.join(directory, wanted.subfolder)
  if (!existsSync(folder)) return { directory: null, reason: `${folder} does not exist` }
  const missing = LAYOUTS.map((files) => files.filter((file) => !existsSync(path.join(folder, file))))
  if (missing.some((files) => files.length === 0)) return { directory, revision }
  return { directory: null, reason: `${folder} lacks ${missing.map((files) => files.join(' and ')).join(', or ')}` }
}

/** The commit that a revision names, or null. Neither the revision nor the ref may lead out of the cache. */
function commitOf(repository: string, revision: string): string | null {
  if (revision.split(/[/\\]/).some((part) => part === '' || part === '.' || part === '..')) return null
  let commit = revision
  try {
    commit = readFileSync(path.join(repository, 'refs', revision), 'utf8').trim()
  } catch {
    // No such ref: the revision may be a commit itself.
  }
  return /^\w+$/.test(commit) && existsSync(path.join(repository, 'snapshots', commit)) ? commit : null
}
