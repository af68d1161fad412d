// The native module: its interface, and the one place that loads it.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import type { Dtype, RowArray, TokenArray } from '../dtype.js'
import { messageOf, Model2VecError } from '../errors.js'
import { absolutePath } from '../runtime/local-path.js'
import { process, setImmediate } from '../runtime/node-globals.js'
import type { TableDtype } from '../options/load.js'
import { libc, platformName } from './platform.js'
import { VERSION } from '../version.js'

/** What the engine knows about a loaded model. */
export interface NativeModelInfo {
  path: string
  dim: number
  vocabSize: number
  rows: number
  tableDtype: TableDtype
  memory: 'copy' | 'map'
  normalize: boolean
  /** Not there = no truncation. */
  maxLength?: number | null
  tokenizer: 'native' | 'reference'
  /** Why it is 'reference'. */
  tokenizerReason?: string
  kernel: string
}

/** One handle on a loaded model; the table behind it is shared between loads and threads. */
export interface NativeModel {
  readonly info: NativeModelInfo
  close(): void
  /** Gives the pages of a mapped table back that calls have read. */
  releasePages(): void
  tokens(): string[]
  embedding(id: number, out: Float32Array): void
}

export interface NativeLoadOptions {
  subfolder?: string
  memory?: 'auto' | 'copy' | 'map'
  quantizeTo?: TableDtype
  dimensionality?: number
  vocabularyQuantization?: number
}

/** A load with a vocabulary quantization, on a thread of its own. */
export interface NativeLongLoad {
  /** Ends the load within milliseconds, with ERR_ABORTED. */
  cancel(): void
  /** How many iterations are done. */
  iterations(): number
  /** The model, once; null while it is loading. Throws what ended the load. */
  take(): NativeModel | null
}

export interface NativeJobResult {
  /** How many texts were truncated. */
  readonly truncated: number
}

/** The ids of all texts, one after the other. */
export interface TokenIds extends NativeJobResult {
  readonly ids: TokenArray
  /** Text i has ids[ends[i - 1] ?? 0] up to, not including, ids[ends[i]]. */
  readonly ends: Uint32Array
  /** 1 for each text that was truncated. */
  readonly cut: Uint8Array
}

/**
 * Where the vectors of a job go (crates/node, target.rs, `Mode`). `direct` and `sync` write from many threads into memory that
 * no user code can move or free; `staged` and `held` fill a caller's `out`, which can be transferred at any moment.
 */
export const JOB_MODE = { direct: 0, staged: 1, sync: 2, held: 3 } as const
export type JobMode = (typeof JOB_MODE)[keyof typeof JOB_MODE]

/** The element types of rows by the number that the native module knows them by (crates/node, options.rs). */
export const NATIVE_DTYPE: Readonly<Record<Dtype, number>> = { float32: 0, float16: 1, bfloat16: 2, int8: 3, binary: 4 }

/** `out` is the typed array that `dtype` names. */
export type NativeEncodeOptions = readonly [
  maxLength: number,
  normalize: boolean,
  dimensionality: number,
  dtype: number,
]

/** A large call in progress. It holds the model. */
export interface NativeJob<Result extends NativeJobResult = NativeJobResult> {
  /** Resolves when more texts may be fed. */
  room(): Promise<void>
  /** Starts work on all of `texts`, and empties it: for {@link JOB_MODE} `direct`. */
  feedTexts(texts: NativeTexts): void
  /** No more texts. Settles only after no thread touches `out` any more. */
  finish(): Promise<Result>
  finishSync(): Result
  /** Stops before the next text; `finish` then rejects with ERR_ABORTED. */
  cancel(): void
  rowsDone(): number
  /** The most UTF-16 units of a text that are read. */
  readableUnits(): number
}

/** Small calls on one model, on this thread: at most {@link MAX_TEXTS} texts. `maxLength` may be {@link NO_LIMIT}. */
export interface NativeFew {
  /** Encodes into the first rows of `out`, and each text's token count into `counts`; returns how many texts were truncated. */
  encode(out: RowArray, counts: Uint32Array, ...optionsAndTexts: readonly [...NativeEncodeOptions, ...string[]]): number
  /** Encodes into the first row of `out`; returns twice the token count, and 1 more if the text was truncated. */
  encodeOne(out: RowArray, ...optionsAndText: readonly [...NativeEncodeOptions, string]): number
  /**
   * Writes for each text how many ids it has, and 1 if it was truncated, else 0; after these pairs the ids of all texts. Returns how many
   * ids these are, or -1 where `results` has no room for them.
   */
  tokenize(results: Uint32Array, maxLength: number, ...texts: readonly string[]): number
}

/** What a call of {@link NativeTexts.readLines} has read. */
export interface NativeLinesRead {
  /** How many lines, each one text. */
  readonly lines: number
  /** Their bytes, line feeds included. */
  readonly bytes: number
  /** UTF-16 units of their texts. */
  readonly units: number
}

/** Texts of one job, read from lines of a file without a JavaScript string for each. */
export interface NativeTexts {
  /**
   * Reads lines of `bytes` from `from` on: up to the first that {@link NativeTexts.push} is for (no certain text, no line feed), at most
   * `lines`, and until they have `units` UTF-16 units.
   */
  readLines(bytes: Uint8Array, from: number, lines: number, units: number): NativeLinesRead
  /** Appends a text that was read here. */
  push(text: string): void
}

/**
 * The native module. Texts are passed as arguments, at most {@link MAX_TEXTS} a call (31 ns a text; reading the elements
 * of an array natively costs 90), so that the caller's getters and proxies run in JavaScript only.
 */
export interface Native {
  version(): string
  defaultThreads(): number
  openModelSync(directory: string, options: NativeLoadOptions): NativeModel
  openModel(directory: string, options: NativeLoadOptions): Promise<NativeModel>
  NativeLongLoad: new (directory: string, options: NativeLoadOptions) => NativeLongLoad
  /** No texts yet. `field` names the field of a JSON object that holds a line's text; null = the line is the text. `maxLength` as for {@link NativeFew}. */
  NativeTexts: new (model: NativeModel, field: string | null, maxLength: number) => NativeTexts
  /** The most iterations of a vocabulary quantization. */
  maxIterations(): number
  /** Off the event loop. `maxLength` as for {@link NativeFew}. */
  saveModel(model: NativeModel, directory: string, normalize: boolean, maxLength: number): Promise<void>
  /** Gives the `setImmediate` with which results that are more than a turn of the event loop has time for wait for the next. */
  useImmediates(setImmediate: (callback: () => void) => unknown): void
  createFew(model: NativeModel): NativeFew
  createEncodeJob(
    model: NativeModel,
    out: RowArray,
    mode: JobMode,
    tokens: Uint32Array,
    rows: number,
    threads: number,
    ...options: NativeEncodeOptions
  ): NativeJob
  createTokenizeJob(
    model: NativeModel,
    mode: JobMode,
    rows: number,
    threads: number,
    maxLength: number,
  ): NativeJob<TokenIds>
  createGatherJob(
    model: NativeModel,
    ids: Uint32Array,
    out: RowArray,
    mode: JobMode,
    threads: number,
    ...options: NativeEncodeOptions
  ): NativeJob
  /** Starts work on the texts; false = enough in flight, wait for `room()`. Throws what ended the job, once something has. */
  feed: (this: NativeJob, ...texts: string[]) => boolean
  /** As {@link Native.feed}, a piece of the next text, after which `rest` more UTF-16 units of it come. */
  feedPiece: (this: NativeJob, piece: string, rest: number) => boolean
}

/** The most texts of one native call. */
export const MAX_TEXTS = 256
/** The native module's `maxLength` for "no truncation". */
export const NO_LIMIT = -1

/** The platforms whose packages hold a native module; one of them is installed. */
const PLATFORMS = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
] as const

/* eslint-disable @typescript-eslint/no-require-imports -- an addon can only be required */
/**
 * Loads a platform's package. Each name stands in a `require` of its own: tools that collect an application's files (Next.js,
 * serverless bundles, Electron packagers) follow only those. And each stands in a `try`: bundlers (esbuild, Bun, webpack) then let the
 * packages be missing that are for other platforms.
 */
function requirePackage(platform: (typeof PLATFORMS)[number]): unknown {
  try {
    switch (platform) {
      case 'darwin-arm64':
        return require('model2vec-node-darwin-arm64') as unknown
      case 'darwin-x64':
        return require('model2vec-node-darwin-x64') as unknown
      case 'linux-arm64-gnu':
        return require('model2vec-node-linux-arm64-gnu') as unknown
      case 'linux-arm64-musl':
        return require('model2vec-node-linux-arm64-musl') as unknown
      case 'linux-x64-gnu':
        return require('model2vec-node-linux-x64-gnu') as unknown
      case 'linux-x64-musl':
        return require('model2vec-node-linux-x64-musl') as unknown
      case 'win32-arm64-msvc':
        return require('model2vec-node-win32-arm64-msvc') as unknown
      case 'win32-x64-msvc':
        return require('model2vec-node-win32-x64-msvc') as unknown
    }
  } catch (error) {
    return { failure: error } satisfies FailedPackage
  }
}
/* eslint-enable @typescript-eslint/no-require-imports */

/** What came of a `require` that threw. */
interface FailedPackage {
  readonly failure: unknown
}

/** Loads a native module from a file. Not `require`: bundlers would look for the file. */
function requireFile(file: string): unknown {
  return createRequire(file)(file)
}

/** Loads the module where a bundler has copied it and gives its name (esbuild: --loader:.node=file), a path from the bundle. */
function requireNamedFile(loaded: unknown): unknown {
  if (typeof loaded !== 'string') return loaded
  const bundle = typeof __filename === 'string' ? __filename : (process.argv[1] ?? '')
  return requireFile(path.resolve(path.dirname(bundle), loaded))
}

/** One way to the native module. */
interface Candidate {
  /** For messages. */
  readonly place: string
  readonly open: () => unknown
  /** What helps when it isn't there, or is another version's. */
  readonly remedy: string
}

/** The package's own folder; null in a bundle, where this file is a part of the application's. */
function packageRoot(): string | null {
  // In a bundle of modules there is no such name.
  const file = typeof __filename === 'string' ? __filename : ''
  return file.endsWith(path.join('native', 'load.js')) ? path.join(path.dirname(file), '../..') : null
}

/** The file that MODEL2VEC_NATIVE_PATH names, else a local build, else this platform's package. */
function candidate(): Candidate {
  const override = process.env.MODEL2VEC_NATIVE_PATH
  if (override !== undefined && override !== '') {
    const file = absolutePath(override).path ?? override
    return { place: file, open: () => requireFile(file), remedy: 'MODEL2VEC_NATIVE_PATH names it' }
  }
  const name = platformName()
  const root = packageRoot()
  const build = root === null ? null : path.join(root, `model2vec.${name}.node`)
  if (build !== null && existsSync(build)) {
    return { place: build, open: () => requireFile(build), remedy: '`npm run build` builds it' }
  }
  const place = `${build === null ? '' : `${build} (not there) and `}the package \`model2vec-node-${name}\``
  const platform = PLATFORMS.find((known) => known === name)
  if (platform === undefined) {
    const remedy =
      `there is a prebuilt one for ${PLATFORMS.join(', ')}; for this platform, ` +
      `build it from the source and name the file in MODEL2VEC_NATIVE_PATH`
    return { place, open: () => ({ failure: new Error('does not exist') }), remedy }
  }
  const remedy =
    `\`npm install --save-optional model2vec-node-${name}@${VERSION}\` installs it ` +
    `(npm leaves optional packages out of a lockfile that was written on another platform: npm/cli#4828)`
  const inBundle =
    '; this is a bundle: leave `model2vec-node` outside of it, or let the bundler copy `.node` files ' +
    '(esbuild: --loader:.node=copy), or name the file in MODEL2VEC_NATIVE_PATH'
  return {
    place,
    open: () => requireNamedFile(requirePackage(platform)),
    remedy: root === null ? remedy + inBundle : remedy,
  }
}

function load(): Native {
  const { place, open, remedy } = candidate()
  let opened: Partial<Native & FailedPackage>
  try {
    opened = open() as typeof opened
  } catch (error) {
    opened = { failure: error }
  }
  // A bundler may have put a file's name, or nothing, in the place of the module.
  if (typeof opened.version !== 'function') {
    const cause = opened.failure ?? new Error('is no native module, but what a bundler put in its place')
    const system = [process.platform, process.arch, libc()].filter((part) => part !== null).join(' ')
    throw new Model2VecError(
      'ERR_NATIVE_NOT_FOUND',
      `no native module for ${system} (Node ${process.version}): tried ${place}: ${messageOf(cause).split('\n', 1)[0] ?? ''}; ${remedy}`,
      { cause },
    )
  }
  const native = opened as Native
  if (native.version() !== VERSION) {
    throw new Model2VecError(
      'ERR_NATIVE_NOT_FOUND',
      `the native module is of another version: ${place} is ${native.version()}, expected ${VERSION}; ${remedy}`,
    )
  }
  native.useImmediates(setImmediate)
  return native
}

export const native: Native = load()
