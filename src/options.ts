// The options of every public method: their types, and the one place that checks them. `undefined` = not given.

import { isFloat32Array } from 'node:util/types'

import { describe, Model2VecError } from './errors.js'
import type { Progress } from './progress.js'

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

/** Options of every encode form. */
export interface EncodeOptions {
  /**
   * The most token ids of a text that are read: a safe integer ≥ 0, or null for all. Python: `max_length`.
   * @default the model's; `encodeAsSequence`: null
   */
  readonly maxLength?: number | null | undefined
  /**
   * Whether the vectors are scaled to length 1. Python: `normalize`.
   * @default the model's; `encodeAsSequence`: false
   */
  readonly normalize?: boolean | undefined
  /**
   * The element type of the result.
   * @default 'float32', whatever the table's
   */
  readonly dtype?: 'float32' | undefined
  /**
   * Where the vectors are written, from its first element on: at least rows × dim elements, else `ERR_OUT_TOO_SMALL`.
   * The result is a view on it. An array on a SharedArrayBuffer is written by the engine's threads directly.
   * @default fresh memory
   */
  readonly out?: Float32Array | undefined
  /**
   * Stops the work before the next text that is read or encoded; the promise then rejects with `signal.reason`. One long text
   * is finished first. The sync forms look at the signal once, at their start.
   */
  readonly signal?: AbortSignal | undefined
  /** Called about ten times a second and once at the end, with texts done and texts in all. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /**
   * Draws a bar on stderr, when that is a terminal. Python: `show_progress_bar`.
   * @default false
   */
  readonly showProgressBar?: boolean | undefined
}

/** Options of `tokenize`. */
export interface TokenizeOptions {
  /** As in {@link EncodeOptions.maxLength}. */
  readonly maxLength?: number | null | undefined
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
const ENCODE_OPTIONS = ['maxLength', 'normalize', 'dtype', 'out', 'signal', 'onProgress', 'showProgressBar'] as const
const ENCODE_OPTIONS_TO_COME = ['dimensionality']
const TOKENIZE_OPTIONS = ['maxLength'] as const
const DTYPES_TO_COME: readonly unknown[] = ['float16', 'bfloat16', 'int8', 'binary']

function invalid(name: string, expected: string, value: unknown): Model2VecError {
  return new Model2VecError('ERR_INVALID_OPTION', `\`${name}\` should be ${expected}, but got ${describe(value)}`)
}

function toCome(name: string): Model2VecError {
  return new Model2VecError('ERR_INVALID_OPTION', `${name} is not supported yet`)
}

/**
 * The values of the known options, own or inherited, each read once, so that a getter can't show the checks one value and
 * the work another. Only own names are refused when unknown: what a class of options inherits besides is its own affair.
 */
function read<K extends string>(
  method: string,
  options: unknown,
  known: readonly K[],
  planned: readonly string[],
): Partial<Record<K, unknown>> {
  if (options === undefined) return {}
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid('options', 'an object', options)
  }
  const given = options as Record<string, unknown>
  for (const key of Object.keys(given)) {
    if ((known as readonly string[]).includes(key) || planned.includes(key) || given[key] === undefined) continue
    const names = known.map((name) => `\`${name}\``).join(', ')
    throw new Model2VecError('ERR_INVALID_OPTION', `\`${key}\` is no option of \`${method}\`, which knows ${names}`)
  }
  for (const key of planned) {
    if (given[key] !== undefined) throw toCome(`the option \`${key}\` of \`${method}\``)
  }
  const values: Partial<Record<K, unknown>> = {}
  for (const key of known) values[key] = given[key]
  return values
}

type Check<T> = (name: string, value: unknown) => T

/** A check for an option that need not be given. */
function optional<T>(check: Check<T>): Check<T | undefined> {
  return (name, value) => (value === undefined ? undefined : check(name, value))
}

const boolean = optional((name, value) => {
  if (typeof value !== 'boolean') throw invalid(name, 'a boolean', value)
  return value
})

const text = optional((name, value) => {
  if (typeof value !== 'string' || value === '') throw invalid(name, 'a string that is not empty', value)
  return value
})

const length = optional((name, value) => {
  if (value === null) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid(name, 'a safe integer ≥ 0, or null for no truncation', value)
  }
  return value
})

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

const callback = optional((name, value) => {
  if (typeof value !== 'function') throw invalid(name, 'a function', value)
  return value as (progress: Progress) => void
})

// By its shape: the signal of another realm is no instance of ours.
const abortSignal = optional((name, value) => {
  const signal = value as Partial<AbortSignal> | null
  if (
    typeof signal !== 'object' ||
    signal === null ||
    typeof signal.aborted !== 'boolean' ||
    typeof signal.addEventListener !== 'function' ||
    typeof signal.removeEventListener !== 'function'
  ) {
    throw invalid(name, 'an AbortSignal', value)
  }
  return signal as AbortSignal
})

const float32 = optional((name, value): 'float32' => {
  if (DTYPES_TO_COME.includes(value)) throw toCome(`\`${name}\` ${describe(value)}`)
  if (value !== 'float32') throw invalid(name, "'float32'", value)
  return value
})

const float32Array = optional((name, value) => {
  if (!isFloat32Array(value)) throw invalid(name, 'a Float32Array', value)
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

/** Encode options, checked; what the call leaves to the model is undefined. */
export interface CheckedEncodeOptions {
  readonly maxLength: number | null | undefined
  readonly normalize: boolean | undefined
  readonly out: Float32Array | undefined
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly showProgressBar: boolean
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

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkEncodeOptions(method: string, options: unknown): CheckedEncodeOptions {
  const given = read(method, options, ENCODE_OPTIONS, ENCODE_OPTIONS_TO_COME)
  float32('dtype', given.dtype)
  return {
    maxLength: length('maxLength', given.maxLength),
    normalize: boolean('normalize', given.normalize),
    out: float32Array('out', given.out),
    signal: abortSignal('signal', given.signal),
    onProgress: callback('onProgress', given.onProgress),
    showProgressBar: boolean('showProgressBar', given.showProgressBar) ?? false,
  }
}

/** @throws Model2VecError ERR_INVALID_OPTION */
export function checkTokenizeOptions(options: unknown): { readonly maxLength: number | null | undefined } {
  const given = read('tokenize', options, TOKENIZE_OPTIONS, [])
  return { maxLength: length('maxLength', given.maxLength) }
}
