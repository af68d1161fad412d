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

import { describe, Model2VecError } from '../../errors.js'
import { RandomAccess } from '../input/random-access.js'
import { isUrl } from '../input/url.js'
import { isHeader, isShard, MANIFEST_VERSION } from './manifest-lines.js'
import type { ManifestHeader, Shard } from './manifest-lines.js'

export { MANIFEST_VERSION } from './manifest-lines.js'
export type { ManifestHeader, PlannedModel, Shard, ShardInput } from './manifest-lines.js'

/** A line of the index: digits, with spaces before them, and a line feed. */
export const INDEX_BYTES = 16
/** The last line, with spaces after it. */
const END_BYTES = 192
/** `,"sha256":"…"}`, with which the line of a shard ends. */
const HASH_MEMBER_BYTES = 77
/** The header is looked for in this many bytes; it may have more. */
const HEADER_BYTES = 4096

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

  private constructor(file: RandomAccess, base: string | null, header: ManifestHeader, head: Head, end: ManifestEnd) {
    this.path = file.path
    this.header = header
    this.shards = end.shards
    this.bytes = end.bytes
    this.sha256 = end.sha256
    this.#file = file
    this.#base = base
    this.#headerHash = sha256(head.line)
    this.#start = head.start
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
      const head = await headOf(access, end.index)
      const header = parsed(access, head.line)
      const { version } = (header as Partial<ManifestHeader> | null) ?? {}
      if (version !== MANIFEST_VERSION) {
        throw bad(access, `expected a manifest of version ${MANIFEST_VERSION}, but got ${describe(version)}`)
      }
      if (!isHeader(header)) throw bad(access, 'expected a header with the members of this version')
      const folder = base ?? (isUrl(file) ? null : path.dirname(path.resolve(file)))
      return new Manifest(access, folder, header, head, end)
    } catch (error) {
      await access.close()
      throw error
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
    const shard = parsed(this.#file, line)
    if (!isShard(shard)) throw bad(this.#file, `expected the members of a shard in the line of #${index}`)
    if (shard.index !== index) throw bad(this.#file, `expected #${index}, but got #${shard.index}`)
    // Another name could lead out of the folder.
    const output = outputName(index, this.header.ending)
    if (shard.output !== output)
      throw bad(this.#file, `expected ${output} in the line of #${index}, but got ${describe(shard.output)}`)
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
  const isWhole =
    [shards, index, bytes].every((each) => Number.isSafeInteger(each) && each >= 0) && typeof hash === 'string'
  if (!isWhole || index + shards * INDEX_BYTES + END_BYTES !== file.size) {
    throw bad(file, 'expected a whole manifest of `model2vec plan`, but it does not end as one does')
  }
  return { shards, index, bytes, sha256: hash }
}

/** The first line, and where the second starts. */
interface Head {
  readonly line: string
  readonly start: number
}

async function headOf(file: RandomAccess, index: number): Promise<Head> {
  for (let length = HEADER_BYTES; ; length *= 2) {
    const bytes = Buffer.from(await file.bytes(0, Math.min(length, index)))
    const feed = bytes.indexOf(10)
    if (feed !== -1) return { line: bytes.toString('utf8', 0, feed), start: feed + 1 }
    if (length >= index) throw bad(file, 'expected a header')
  }
}

function parsed(file: RandomAccess, line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw bad(file, `expected JSON: ${(error as Error).message}`)
  }
}

function bad({ path: file }: Pick<RandomAccess, 'path'>, problem: string): Model2VecError {
  return new Model2VecError('ERR_BAD_MANIFEST', `${file}: ${problem}`)
}
