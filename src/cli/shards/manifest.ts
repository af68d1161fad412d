// A manifest: the shards of a run of `model2vec embed` over many processes or machines, and all that
// each of them has to know. It is a file of JSON Lines that is read from anywhere, so that one shard
// of a million costs four small reads:
//
//   the header            ManifestHeader, on one line
//   a line per shard      Shard, which ends with its `sha256`: of the header's line and of the rest
//                         of its own
//   the index             a line of INDEX_BYTES per shard: where its line starts, in bytes
//   the end               a line of END_BYTES: how many shards, where the index starts, and the
//                         SHA-256 of all bytes before this line

import { createHash } from 'node:crypto'
import path from 'node:path'

import { Model2VecError } from '../../errors.js'
import type { OptionValues } from '../command.js'
import type { InputPart } from '../input/position.js'
import { RandomAccess } from '../input/random-access.js'
import { isUrl } from '../input/url.js'

export const MANIFEST_VERSION = 1
/** A line of the index: digits, with spaces before them, and a line feed. */
export const INDEX_BYTES = 16
/** The last line, with spaces after it. */
const END_BYTES = 192
/** `,"sha256":"…"}`, with which the line of a shard ends. */
const HASH_MEMBER_BYTES = 77
/** The header is looked for in this many bytes; it may have more. */
const HEADER_BYTES = 4096

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

export interface ManifestOptions {
  /**
   * What relative paths are relative to. Default: the folder that the manifest is in; one behind a URL
   * is in none, and then only its relative paths can't be resolved.
   */
  readonly base?: string | undefined
}

/** An open manifest. Shards can be read at once, in any order. */
export class Manifest {
  /** The path of the manifest. */
  readonly path: string
  readonly header: ManifestHeader
  /** How many shards there are. */
  readonly shards: number
  /** Bytes that all shards read, packed. */
  readonly bytes: number
  /** The SHA-256 of all of it, in hex. */
  readonly sha256: string
  readonly #file: RandomAccess
  readonly #base: string | null
  readonly #headerHash: string
  /** Where the first shard's line starts, and the index. */
  readonly #start: number
  readonly #index: number

  private constructor(file: RandomAccess, base: string | null, headerLine: string, start: number, end: ManifestEnd) {
    this.path = file.path
    this.header = JSON.parse(headerLine) as ManifestHeader
    this.shards = end.shards
    this.bytes = end.bytes
    this.sha256 = end.sha256
    this.#file = file
    this.#base = base
    this.#headerHash = sha256(headerLine)
    this.#start = start
    this.#index = end.index
  }

  /**
   * Opens a manifest: reads its header and its end.
   *
   * @throws Model2VecError ERR_BAD_MANIFEST; FileError when the file can't be read
   */
  static async open(file: string, { base }: ManifestOptions = {}): Promise<Manifest> {
    const access = await RandomAccess.open(file, 'a manifest')
    try {
      const end = await endOf(access)
      const { line, start } = await headerOf(access, end.index)
      const { version } = (JSON.parse(line) as Partial<ManifestHeader> | null) ?? {}
      if (version !== MANIFEST_VERSION) {
        throw bad(access, `expected a manifest of version ${MANIFEST_VERSION}, but got ${String(version)}`)
      }
      const folder = base ?? (isUrl(file) ? null : path.dirname(path.resolve(file)))
      return new Manifest(access, folder, line, start, end)
    } catch (error) {
      await access.close()
      throw error instanceof SyntaxError ? bad(access, `expected JSON: ${error.message}`) : error
    }
  }

  /**
   * The shard with this index.
   *
   * @throws Model2VecError ERR_BAD_MANIFEST: there is no such shard, or its line or the header is
   * not what was planned; FileError when the file can't be read
   */
  async shard(index: number): Promise<Shard> {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.shards) {
      throw bad(this.#file, `expected a shard from 0 to ${this.shards - 1}, but got #${index}`)
    }
    const isLast = index === this.shards - 1
    const entry = await this.#file.bytes(this.#index + index * INDEX_BYTES, (isLast ? 1 : 2) * INDEX_BYTES)
    const [from = NaN, to = this.#index] = Buffer.from(entry).toString('latin1').trim().split(/\s+/).map(Number)
    if (!(from >= this.#start && to > from && to <= this.#index)) {
      throw bad(this.#file, `expected an index of the shards, but got ${from} and ${to} for #${index}`)
    }
    return this.#checked(Buffer.from(await this.#file.bytes(from, to - 1 - from)).toString('utf8'), index)
  }

  /**
   * All shards, in order.
   *
   * @throws as {@link Manifest.shard}; at the end also when the hash of the whole manifest is not
   * what it says
   */
  async *all(): AsyncGenerator<Shard, void, undefined> {
    const hash = createHash('sha256')
    const end = this.#file.size - END_BYTES
    let [index, left] = [0, Buffer.alloc(0)]
    for (let at = 0; at < end;) {
      const chunk = await this.#file.bytes(at, Math.min(1 << 20, end - at))
      hash.update(chunk)
      // The header comes before the shards, the index after them.
      const skipped = Math.max(0, this.#start - at)
      const wanted = Buffer.from(chunk).subarray(skipped, Math.max(skipped, this.#index - at))
      at += chunk.length
      const lines = Buffer.concat([left, wanted])
      let start = 0
      for (let feed = lines.indexOf(10); feed !== -1; feed = lines.indexOf(10, start)) {
        yield this.#checked(lines.toString('utf8', start, feed), index++)
        start = feed + 1
      }
      left = lines.subarray(start)
    }
    if (index !== this.shards) throw bad(this.#file, `expected ${this.shards} shards, but got ${index}`)
    const found = hash.digest('hex')
    if (found !== this.sha256) throw bad(this.#file, `expected the SHA-256 ${this.sha256}, but got ${found}`)
  }

  /**
   * A path of the manifest as this process finds it: absolute, or a URL.
   *
   * @throws Model2VecError ERR_BAD_MANIFEST for a relative path where nothing says what it is relative to
   */
  resolve(given: string): string {
    if (isUrl(given)) return given
    if (this.#base !== null) return path.resolve(this.#base, given)
    if (path.isAbsolute(given)) return path.resolve(given)
    const problem = `its path ${given} is relative, but a manifest behind a URL is in no folder: --base has to say one`
    throw bad(this.#file, problem)
  }

  /** Where a shard's output is. @throws as {@link Manifest.resolve} */
  outputOf({ output }: Pick<Shard, 'output'>): string {
    return path.join(this.resolve(this.header.outDir), output)
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #checked(line: string, index: number): Shard {
    const own = line.slice(0, -HASH_MEMBER_BYTES)
    const expected = shardHash(this.#headerHash, own)
    if (line.slice(-HASH_MEMBER_BYTES) !== hashMember(expected)) {
      throw bad(this.#file, `the line of #${index}, or the header, is not what was planned: its SHA-256 is another`)
    }
    const shard = JSON.parse(line) as Shard
    if (shard.index !== index) throw bad(this.#file, `expected #${index}, but got #${shard.index}`)
    return shard
  }
}

/**
 * Opens a manifest.
 *
 * @throws Model2VecError ERR_BAD_MANIFEST; FileError when the file can't be read
 */
export function openManifest(file: string, options?: ManifestOptions): Promise<Manifest> {
  return Manifest.open(file, options)
}

/** The name of a shard's output. */
export function outputName(index: number, ending: string): string {
  return `shard-${String(index).padStart(6, '0')}${ending}`
}

/** The last line. */
export interface ManifestEnd {
  readonly shards: number
  readonly bytes: number
  /** Where the index starts. */
  readonly index: number
  readonly sha256: string
}

/** The last line, at its fixed size. */
export function endLine(end: ManifestEnd): string {
  return `${JSON.stringify(end).padEnd(END_BYTES - 1)}\n`
}

/** The line of a shard, without its line feed. `headerHash` = {@link sha256} of the header's line. */
export function shardLine(headerHash: string, shard: Omit<Shard, 'sha256'>): string {
  const own = JSON.stringify(shard).slice(0, -1)
  return own + hashMember(shardHash(headerHash, own))
}

function shardHash(headerHash: string, own: string): string {
  return sha256(`${headerHash}\n${own}`)
}

function hashMember(hash: string): string {
  return `,"sha256":"${hash}"}`
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function endOf(file: RandomAccess): Promise<ManifestEnd> {
  const isLong = file.size > END_BYTES
  const text = isLong ? Buffer.from(await file.bytes(file.size - END_BYTES, END_BYTES)).toString('latin1') : ''
  let end: Partial<ManifestEnd> | null = null
  try {
    end = JSON.parse(text) as Partial<ManifestEnd> | null
  } catch {
    // The message below.
  }
  const { shards = NaN, index = NaN, bytes = NaN, sha256: hash = '' } = end ?? {}
  if (index + shards * INDEX_BYTES + END_BYTES !== file.size) {
    throw bad(file, 'expected a whole manifest of `model2vec plan`, but it does not end as one does')
  }
  return { shards, index, bytes, sha256: hash }
}

async function headerOf(file: RandomAccess, index: number): Promise<{ readonly line: string; readonly start: number }> {
  for (let length = HEADER_BYTES; ; length *= 2) {
    const bytes = Buffer.from(await file.bytes(0, Math.min(length, index)))
    const feed = bytes.indexOf(10)
    if (feed !== -1) return { line: bytes.toString('utf8', 0, feed), start: feed + 1 }
    if (length >= index) throw bad(file, 'expected a header')
  }
}

function bad({ path: file }: Pick<RandomAccess, 'path'>, problem: string): Model2VecError {
  return new Model2VecError('ERR_BAD_MANIFEST', `${file}: ${problem}`)
}
