// The options of a load: their types, and the one place that checks them.

import type { TableDtype } from '../dtype.js'
import { Model2VecError } from '../errors.js'
import { checkedToken, isHttpUrl } from '../hub/hub-environment.js'
import type { OnDownloadProgress } from '../hub/download-progress.js'
import type { FetchFunction } from '../hub/fetch-function.js'
import { localPath } from '../runtime/local-path.js'
import { process } from '../runtime/node-globals.js'
import { abortSignal, boolean, callback, count, invalid, length, optional, read, text } from './checks.js'

/** How the table is held; see {@link LoadOptions.memory}. */
export type MemoryMode = 'auto' | 'copy' | 'map'

/** Options of a load. Python's names (`StaticModel.from_pretrained`) in camelCase. */
export interface LoadOptions {
  /**
   * Whether vectors are scaled to length 1, for calls that don't set it.
   * @default the model's `config.json`, else false (model2vec 0.10.0, model.py,
   * `_DEFAULT_NORMALIZE`)
   */
  readonly normalize?: boolean | undefined
  /**
   * The most token ids of a text that are read, for calls that don't set it: a safe integer ≥ 0, or
   * null for all.
   * @default the model's `config.json`, else 512 (model2vec 0.10.0, model.py, `DEFAULT_MAX_LENGTH`)
   */
  readonly maxLength?: number | null | undefined
  /** The folder inside the source that holds the model's files. */
  readonly subfolder?: string | undefined
  /**
   * The Hub revision: a branch, a tag or a commit.
   * @default 'main'
   */
  readonly revision?: string | undefined
  /**
   * The Hub cache: the folder that holds `models--org--name`.
   * @default `HF_HUB_CACHE`, else `HF_HOME/hub`, else `XDG_CACHE_HOME/huggingface/hub`, else
   * `~/.cache/huggingface/hub`
   */
  readonly cacheDir?: string | undefined
  /**
   * The Hub token for a model that is private or gated. Sent to the endpoint alone.
   * @default `HF_TOKEN`, else the one that `hf auth login` saved (`HF_TOKEN_PATH`, `HF_HOME/token`)
   */
  readonly token?: string | undefined
  /**
   * Where the Hub is: an http or https URL.
   * @default `HF_ENDPOINT`, else https://huggingface.co
   */
  readonly endpoint?: string | undefined
  /**
   * What requests are sent with. Any function like `fetch`, that of node-fetch or cross-fetch as
   * well. It must pass `redirect: 'manual'` on.
   * @default the global `fetch`, or the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
   * `NO_PROXY` name
   */
  readonly fetch?: FetchFunction | undefined
  /**
   * Ask the Hub and download again, whatever the cache holds: `load` and `ready` do, so that the
   * constructor loads nothing. When the Hub can't be reached, the files on this machine are used,
   * with a warning. Python: `force_download`, whose default is true.
   * @default false
   */
  readonly forceDownload?: boolean | undefined
  /**
   * Never ask the Hub: a model that is not on this machine is `ERR_HUB_OFFLINE`.
   * @default false, or true with `HF_HUB_OFFLINE=1`
   */
  readonly localFilesOnly?: boolean | undefined
  /**
   * How many threads a call may use: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined
  /**
   * 'copy' reads the table into this process's memory; 'map' shares the file's pages between
   * processes, keeps private memory small, and trusts that the file is not truncated in place while
   * it is open. A table that `quantizeTo` or `dimensionality` changes is this process's own in any
   * case. 'auto' is 'copy' up to 256 MB, above that 'map'; what it copies is copied by another thread
   * 50 milliseconds after the load, and until then it is mapped, with what 'map' trusts in
   * (except on Windows, where it is copied at once).
   * @default 'auto'
   */
  readonly memory?: MemoryMode | undefined
  /**
   * The element type that the table is converted to while it is read. 'int8' are the elements times
   * 127 / the largest, rounded, so that vectors that are not normalized have another length.
   * Python: `quantize_to`.
   * @default the type in the file
   */
  readonly quantizeTo?: TableDtype | undefined
  /**
   * How many columns of the table are kept, the first ones: from 1 to the model's own dimension.
   * For models whose dimensions are ordered by weight (by PCA or Matryoshka training). Python:
   * `dimensionality`.
   * @default all
   */
  readonly dimensionality?: number | undefined
  /**
   * The number of rows that the table is reduced to: each token gets the nearest of this many
   * cluster centers, and its row's length as a weight. This is k-means, work of seconds to minutes:
   * the constructor leaves the model pending, `load` and `ready` wait. Not for a model that has a
   * mapping already. The same model and number give the same table. Python:
   * `vocabulary_quantization`.
   * @default the table as it is
   */
  readonly vocabularyQuantization?: number | undefined
  /**
   * Called while files are downloaded, about ten times a second and at each file's end, and with
   * `file` 'vocabulary quantization' while that computes: `loaded` is the number of iterations,
   * which end at `total` at the latest. A model that is on this machine needs no download. An
   * exception of the function ends the load.
   */
  readonly onProgress?: OnDownloadProgress | undefined
  /**
   * Draws a bar on stderr while files are downloaded, when that is a terminal.
   * @default false
   */
  readonly showProgressBar?: boolean | undefined
  /** Ends the load: `load` and `ready` reject with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const LOAD_OPTIONS = [
  'normalize',
  'maxLength',
  'subfolder',
  'revision',
  'cacheDir',
  'token',
  'endpoint',
  'fetch',
  'forceDownload',
  'localFilesOnly',
  'threads',
  'memory',
  'quantizeTo',
  'dimensionality',
  'vocabularyQuantization',
  'onProgress',
  'showProgressBar',
  'signal',
] as const
const memoryMode = optional((name, value): MemoryMode => {
  if (value !== 'auto' && value !== 'copy' && value !== 'map') throw invalid(name, "'auto', 'copy' or 'map'", value)
  return value
})

const TABLE_DTYPES: readonly unknown[] = ['float64', 'float32', 'float16', 'int8'] satisfies TableDtype[]
const tableDtype = optional((name, value): TableDtype => {
  if (!TABLE_DTYPES.includes(value)) throw invalid(name, "'float64', 'float32', 'float16' or 'int8'", value)
  return value as TableDtype
})

const hubToken = optional((name, value) => {
  // Never shown, whatever it is.
  if (typeof value !== 'string' || value.trim() === '') {
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` should be a string that is not empty`)
  }
  return checkedToken(value.trim())
})

/** A path as it was given: it is resolved, and may be refused, only when a load needs the cache. */
const cacheFolder = optional((name, value): string | undefined => {
  const given = text(name, value)
  if (given?.includes('\0') === true) localPath(name, given)
  return given
})

const hubEndpoint = optional((name, value) => {
  if (typeof value === 'string' && isHttpUrl(value)) return value
  const expected = 'an http or https URL'
  if (typeof value !== 'string' || !value.includes('@')) throw invalid(name, expected, value)
  // Not shown: there may be a password in it.
  throw new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` should be ${expected} without a user and a password`)
})

/** `MODEL2VEC_THREADS`, undefined where it is not set. @throws Model2VecError ERR_INVALID_OPTION */
function environmentThreads(): number | undefined {
  const value = process.env.MODEL2VEC_THREADS?.trim()
  if (value === undefined || value === '') return undefined
  return count('MODEL2VEC_THREADS', /^\d+$/.test(value) ? Number(value) : value)
}

/** Load options, checked. */
export interface CheckedLoadOptions {
  readonly normalize: boolean | undefined
  readonly maxLength: number | null | undefined
  readonly subfolder: string | undefined
  readonly revision: string
  readonly cacheDir: string | undefined
  readonly token: string | undefined
  readonly endpoint: string | undefined
  readonly fetch: FetchFunction | undefined
  readonly forceDownload: boolean
  readonly localFilesOnly: boolean
  readonly threads: number | undefined
  readonly memory: MemoryMode
  readonly quantizeTo: TableDtype | undefined
  readonly dimensionality: number | undefined
  readonly vocabularyQuantization: number | undefined
  readonly onProgress: OnDownloadProgress | undefined
  readonly showProgressBar: boolean
  readonly signal: AbortSignal | undefined
  /** Whether the model's head is loaded with it. No option of callers: a pipeline sets it. */
  readonly withHead: boolean
}

/**
 * @param owner the class whose options these are, for messages
 * @param withHead whether the model's head is loaded with it
 * @throws Model2VecError ERR_INVALID_OPTION
 */
export function checkLoadOptions(
  options: unknown,
  owner = 'Model2VecEmbeddingFunction',
  withHead = false,
): CheckedLoadOptions {
  const given = read(owner, options, LOAD_OPTIONS)
  const forceDownload = boolean('forceDownload', given.forceDownload) ?? false
  const localFilesOnly = boolean('localFilesOnly', given.localFilesOnly) ?? false
  if (forceDownload && localFilesOnly) {
    throw new Model2VecError('ERR_INVALID_OPTION', '`forceDownload` and `localFilesOnly` exclude each other')
  }
  return {
    normalize: boolean('normalize', given.normalize),
    maxLength: length('maxLength', given.maxLength),
    subfolder: text('subfolder', given.subfolder),
    revision: text('revision', given.revision) ?? 'main',
    cacheDir: cacheFolder('cacheDir', given.cacheDir),
    token: hubToken('token', given.token),
    endpoint: hubEndpoint('endpoint', given.endpoint),
    fetch: callback('fetch', given.fetch) as FetchFunction | undefined,
    forceDownload,
    localFilesOnly,
    threads: count('threads', given.threads) ?? environmentThreads(),
    memory: memoryMode('memory', given.memory) ?? 'auto',
    quantizeTo: tableDtype('quantizeTo', given.quantizeTo),
    dimensionality: count('dimensionality', given.dimensionality),
    vocabularyQuantization: count('vocabularyQuantization', given.vocabularyQuantization),
    onProgress: callback('onProgress', given.onProgress) as OnDownloadProgress | undefined,
    showProgressBar: boolean('showProgressBar', given.showProgressBar) ?? false,
    signal: abortSignal('signal', given.signal),
    withHead,
  }
}
