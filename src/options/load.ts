// The options of a load: their types, and the one place that checks them.

import { abortSignal, boolean, callback, invalid, length, optional, read, text, toCome } from './checks.js'

/** How the table is held; see {@link LoadOptions.memory}. */
export type MemoryMode = 'auto' | 'copy' | 'map'

/** A file of a model that is being downloaded. */
export interface DownloadProgress {
  /** The file's name in the model's repository. */
  readonly file: string
  /** Bytes so far. */
  readonly loaded: number
  /** Bytes in all, where known. */
  readonly total: number | null
}

/** What a model is loaded with. Python's names (`StaticModel.from_pretrained`) in camelCase. */
export interface LoadOptions {
  /**
   * Whether vectors are scaled to length 1, for calls that don't say.
   * @default the model's `config.json`, else false (model2vec 0.10.0, model.py, `_DEFAULT_NORMALIZE`)
   */
  readonly normalize?: boolean | undefined
  /**
   * The most token ids of a text that are read, for calls that don't say: a safe integer ≥ 0, or null for all.
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
   * @default `HF_HUB_CACHE`, else `HF_HOME/hub`, else `XDG_CACHE_HOME/huggingface/hub`, else `~/.cache/huggingface/hub`
   */
  readonly cacheDir?: string | undefined
  /** Never ask the Hub. Today nothing is downloaded in any case. */
  readonly localFilesOnly?: boolean | undefined
  /**
   * How many threads a call may use: an integer ≥ 1.
   * @default `MODEL2VEC_THREADS`, else what affinity and cgroup quotas leave to this process
   */
  readonly threads?: number | undefined
  /**
   * 'copy' reads the table into this process's memory; 'map' shares the file's pages between processes, keeps private
   * memory small, and trusts that the file is not truncated in place while it is open.
   * @default 'auto': 'copy' up to 256 MB, above that 'map'
   */
  readonly memory?: MemoryMode | undefined
  /** Called while files are downloaded; a model that is at hand needs no download. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
  /** Ends the load: `load` rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const LOAD_OPTIONS = [
  'normalize',
  'maxLength',
  'subfolder',
  'revision',
  'cacheDir',
  'localFilesOnly',
  'threads',
  'memory',
  'onProgress',
  'signal',
  'forceDownload',
] as const
const LOAD_OPTIONS_TO_COME = ['token', 'endpoint', 'fetch', 'quantizeTo', 'dimensionality', 'vocabularyQuantization']
const threadCount = optional((name, value) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw invalid(name, 'an integer ≥ 1', value)
  }
  return value
})

const memoryMode = optional((name, value): MemoryMode => {
  if (value !== 'auto' && value !== 'copy' && value !== 'map') throw invalid(name, "'auto', 'copy' or 'map'", value)
  return value
})

/** Load options, checked. */
export interface CheckedLoadOptions {
  readonly normalize: boolean | undefined
  readonly maxLength: number | null | undefined
  readonly subfolder: string | undefined
  readonly revision: string
  readonly cacheDir: string | undefined
  readonly threads: number | undefined
  readonly memory: MemoryMode
  readonly signal: AbortSignal | undefined
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkLoadOptions(options: unknown): CheckedLoadOptions {
  const given = read('Model2VecEmbeddingFunction', options, LOAD_OPTIONS, LOAD_OPTIONS_TO_COME)
  callback('onProgress', given.onProgress)
  boolean('localFilesOnly', given.localFilesOnly)
  if (boolean('forceDownload', given.forceDownload) === true) throw toCome('`forceDownload` true')
  return {
    normalize: boolean('normalize', given.normalize),
    maxLength: length('maxLength', given.maxLength),
    subfolder: text('subfolder', given.subfolder),
    revision: text('revision', given.revision) ?? 'main',
    cacheDir: text('cacheDir', given.cacheDir),
    threads: threadCount('threads', given.threads),
    memory: memoryMode('memory', given.memory) ?? 'auto',
    signal: abortSignal('signal', given.signal),
  }
}
