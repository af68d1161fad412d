// A model's files, from the Hub into the cache. Every file gets its name when it is whole and
// checked, and the branch its commit when all files are there, so that a download can end at any
// moment.
//
// Not `downloadFileToCacheDir` of `@huggingface/hub` 2.17: every process writes to the same
// `.incomplete` file, neither size nor hash is checked, nothing is resumed or retried, no `refs`
// are written (so that Python finds no branch), and it brings 12 MB of packages.

import path from 'node:path'

import { isThrownError, Model2VecError } from '../errors.js'
import type { ThrownError } from '../errors.js'
import { askFile, askRevision } from './answers.js'
import { systemMessage } from '../runtime/system-reason.js'
import type { HubFile, Revision } from './answers.js'
import { findInHubCache, partsInside, repositoryFolder } from './cache.js'
import { downloadBlob } from './download.js'
import { hubCacheDirectory } from './hub-environment.js'
import { makeFolder } from './folder.js'
import { HEAD_FILE, LEGACY_HEAD_FILE, layoutFiles } from './layout.js'
import { withLock } from './lock.js'
import { CallerFailure, DownloadMeter } from './download-progress.js'
import type { OnDownloadProgress } from './download-progress.js'
import { Repository } from './repository.js'
import type { Hub } from './request.js'
import { requireStaticModel } from './static-model.js'

export interface SnapshotOptions {
  readonly cacheDir: string | undefined
  readonly subfolder: string | undefined
  /** Whether the file of a head is fetched as well. */
  readonly withHead: boolean
  /** Whether to fetch what is in the cache, too. */
  readonly force: boolean
  readonly report: OnDownloadProgress | null
}

/** A complete snapshot in the cache. */
export interface Snapshot {
  readonly directory: string
  /** The commit. */
  readonly revision: string
}

/**
 * Downloads the files of a model, unless they are there once this caller holds the lock.
 *
 * @throws (rejects) Model2VecError ERR_HUB_AUTH, ERR_MODEL_NOT_FOUND, ERR_MODEL_LAYOUT, ERR_HUB_OFFLINE, ERR_HUB_HTTP,
 *   ERR_HUB_CACHE, ERR_BAD_HEAD (a head is wanted, and the repository has none); the signal's
 *   reason; the exception of `report`
 */
export async function downloadSnapshot(hub: Hub, options: SnapshotOptions, signal: AbortSignal): Promise<Snapshot> {
  const cache = hubCacheDirectory(options.cacheDir)
  const parts = partsInside(hub.id, { revision: hub.revision, subfolder: options.subfolder })
  const folder = repositoryFolder(hub.id)
  try {
    return await withLock(path.join(cache, '.locks', folder, 'model2vec-node.lock'), signal, async () => {
      // Another process may have fetched it while it held the lock; `force` asks the Hub all the
      // same.
      const cached = options.force ? null : findInHubCache(hub.id, { ...options, revision: hub.revision })
      if (cached !== null && cached.directory !== null) return cached
      return await download(hub, new Repository(path.join(cache, folder)), parts, options, signal)
    })
  } catch (error) {
    if (error instanceof CallerFailure) throw error.thrown
    if (signal.aborted || !isFileSystemError(error)) throw error
    const message = `the Hub cache ${cache} can't be written: ${systemMessage(error)}`
    throw new Model2VecError('ERR_HUB_CACHE', message, { cause: error })
  }
}

async function download(
  hub: Hub,
  repository: Repository,
  subfolder: readonly string[],
  { force, report, withHead }: SnapshotOptions,
  signal: AbortSignal,
): Promise<Snapshot> {
  const revision = await askRevision(hub, signal)
  const { commit } = revision
  const { names, tensor, table: tableName } = filesOf(hub, revision, subfolder, withHead)
  const files = await Promise.all(names.map((name) => askFile(hub, commit, name, signal)))
  const directory = repository.snapshot(commit)
  await makeFolder(repository.blobs)
  const toFetch = new Set(
    files.filter(({ etag, name }) => {
      return force || !(repository.hasFile(commit, name) || repository.hasBlob(etag))
    }),
  )
  const meter = new DownloadMeter(
    report,
    [...toFetch].map(({ size }) => size),
  )
  const place = async (file: HubFile): Promise<void> => {
    const { name, etag, size } = file
    await makeFolder(path.dirname(path.join(directory, name)))
    if (toFetch.has(file)) {
      const blob = await downloadBlob(hub, commit, file, repository.blobs, signal, (loaded) => {
        meter.at(name, loaded, size)
      })
      await repository.add(commit, name, etag, blob)
      meter.done(name, blob.size)
    } else if (!repository.hasFile(commit, name)) {
      await repository.addBlob(commit, name, etag)
    }
  }
  const [config, ...others] = files
  const table = files.find(({ name }) => name === tableName)
  if (config !== undefined) await place(config)
  if (config !== undefined && table !== undefined && toFetch.has(table)) {
    await requireStaticModel(hub, commit, table, tensor, path.join(directory, config.name), signal)
  }
  for (const file of others) await place(file)
  await repository.writeRef(hub.revision, commit)
  return { directory, revision: commit }
}

function filesOf(
  hub: Hub,
  { commit, files }: Revision,
  subfolder: readonly string[],
  withHead: boolean,
): { names: string[]; tensor: string; table: string } {
  const prefix = subfolder.map((part) => `${part}/`).join('')
  const has = (file: string): boolean => files.has(prefix + file)
  const found = layoutFiles(has)
  const folder = `${hub.endpoint}/${hub.id}/tree/${commit}/${prefix}`
  if (found.files === null) throw new Model2VecError('ERR_MODEL_LAYOUT', `${folder} lacks ${found.lacks}`)
  if (withHead && !has(HEAD_FILE)) throw new Model2VecError('ERR_BAD_HEAD', noHead(hub.id, folder, has))
  const [config, tokenizer, table] = found.files
  const names = [config, tokenizer, ...(withHead ? [HEAD_FILE] : []), table]
  return { names: names.map((file) => prefix + file), tensor: found.tensor, table: prefix + table }
}

function noHead(id: string, folder: string, has: (file: string) => boolean): string {
  if (!has(LEGACY_HEAD_FILE)) return `${folder} lacks the file of a head, ${HEAD_FILE}: this model has no head`
  return (
    `${folder} lacks ${HEAD_FILE} and has only ${LEGACY_HEAD_FILE}, which is older than model2vec 0.10; Python converts ` +
    'it once, with scikit-learn and skops:\n' +
    'import numpy, model2vec.inference\n' +
    `pipeline = model2vec.inference.convert_legacy_pipeline(${JSON.stringify(id)})\n` +
    // The engine says why (crates/engine, head/read.rs).
    'for layer in pipeline.head.layers: layer.weight = numpy.ascontiguousarray(layer.weight)\n' +
    'pipeline.save_pretrained("my-pipeline")'
  )
}

/** Also a refusal of `node --permission`, which makes no system call. */
function isFileSystemError(error: unknown): error is ThrownError {
  return isThrownError(error) && (('syscall' in error && 'errno' in error) || error.code === 'ERR_ACCESS_DENIED')
}
