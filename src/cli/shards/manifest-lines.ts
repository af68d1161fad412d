// What the lines of a manifest hold, and whether they do: another program may have written them, or
// somebody who means harm.

import type { OptionValues } from '../command.js'
import type { InputPart } from '../input/position.js'

export const MANIFEST_VERSION = 1

/** The model of all shards. */
export interface PlannedModel {
  /** A Hub id; or a directory, as {@link ShardInput.path} is written. */
  readonly name: string
  readonly isDirectory: boolean
  readonly subfolder: string | null
  /** The Hub's commit; null for a directory. */
  readonly revision: string | null
  /** Of a directory: the SHA-256 of its files' names and bytes; null where there is a commit. */
  readonly sha256: string | null
}

export interface ManifestHeader {
  readonly version: typeof MANIFEST_VERSION
  /** The version of this package that made it. */
  readonly madeBy: string
  readonly model: PlannedModel
  /**
   * The options of `model2vec embed`, by name without dashes: those that were given and change the
   * output. `dtype`, `dimensionality`, `max-length` and `normalize` or `no-normalize` always stand
   * here.
   */
  readonly options: OptionValues
  /** The folder of the outputs, as {@link ShardInput.path} is written. */
  readonly outDir: string
  /** The ending of the outputs, such as `.npy`. */
  readonly ending: string
}

/** One input of a shard. */
export interface ShardInput extends InputPart {
  /**
   * An `http:` or `https:` URL, an absolute path, or a path relative to the manifest's folder, with
   * `/`.
   */
  readonly path: string
  /** The name of its format, as `--format` takes it. */
  readonly format: string
  /** Bytes that are read of it, packed; about that many where rows are counted. */
  readonly bytes: number
}

export interface Shard {
  /** From 0. */
  readonly index: number
  /** The name of its output, in {@link ManifestHeader.outDir}. */
  readonly output: string
  /** In the order of their rows. */
  readonly inputs: readonly ShardInput[]
  /** Of the header and of this shard, in hex: an output with this hash in its note is this one's. */
  readonly sha256: string
}

/** Whether a value of JSON has the shape of T. */
type Check<T> = (value: unknown) => value is T

type Checks<T> = { readonly [K in keyof T]-?: Check<T[K]> }

const isString = (value: unknown): value is string => typeof value === 'string'
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
/** Milliseconds, of which a file may have been modified before 1970. */
const isTime = (value: unknown): value is number => Number.isSafeInteger(value)
/** A number of bytes, rows or lines. */
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value)
}

function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((each) => check(each))
}

/** Whether all members are there and of their shapes; there may be others. */
function objectOf<T extends object>(checks: Checks<T>): Check<T> {
  const entries = Object.entries(checks) as [keyof T, Check<unknown>][]
  return (value): value is T => {
    if (typeof value !== 'object' || value === null) return false
    return entries.every(([name, check]) => check((value as T)[name]))
  }
}

const isOption = (value: unknown): boolean =>
  isString(value) ||
  isBoolean(value) ||
  listOf((each): each is string | boolean => isString(each) || isBoolean(each))(value)

const isOptions = (value: unknown): value is OptionValues =>
  typeof value === 'object' && value !== null && Object.values(value).every(isOption)

const isModel = objectOf<PlannedModel>({
  name: isString,
  isDirectory: isBoolean,
  subfolder: orNull(isString),
  revision: orNull(isString),
  sha256: orNull(isString),
})

/** An ending of a name, which leads to no other folder. */
const isEnding = (value: unknown): value is string => isString(value) && /^(?:\.[a-z\d]+)+$/.test(value)

export const isHeader: Check<ManifestHeader> = objectOf<ManifestHeader>({
  version: (value): value is typeof MANIFEST_VERSION => value === MANIFEST_VERSION,
  madeBy: isString,
  model: isModel,
  options: isOptions,
  outDir: isString,
  ending: isEnding,
})

const isInput = objectOf<ShardInput>({
  path: isString,
  format: isString,
  bytes: isCount,
  range: orNull(
    objectOf<NonNullable<ShardInput['range']>>({
      from: isCount,
      to: isCount,
      line: orNull(isCount),
      header: orNull(
        objectOf<NonNullable<NonNullable<ShardInput['range']>['header']>>({
          names: listOf(isString),
          delimiter: isString,
        }),
      ),
    }),
  ),
  pin: objectOf<ShardInput['pin']>({ size: orNull(isCount), modified: orNull(isTime), etag: orNull(isString) }),
})

export const isShard: Check<Shard> = objectOf<Shard>({
  index: isCount,
  output: isString,
  inputs: listOf(isInput),
  sha256: isString,
})
