// Makes the shards of a plan: inputs, in their order, become parts, and consecutive parts a shard.

import path from 'node:path'

import type { Pin } from '../input/pin.js'
import { isUrl } from '../input/url.js'
import type { InputOptions } from '../input/row-batches.js'
import { cutsOf, plannedInput } from './cuts.js'
import type { Cut, Cuts, PlannedInput } from './cuts.js'
import type { ShardInput } from './manifest.js'

/** How large shards are: `shards` is how many there are at most. */
export type ShardSize = { readonly shards: number } | { readonly bytes: number }

export interface PlanOptions {
  readonly input: InputOptions
  readonly size: ShardSize
  /** The folder of the manifest. */
  readonly folder: string
  /** Whether inputs have to have the modification time or the ETag that they have now, not their size alone. */
  readonly pinsTime: boolean
  readonly signal: AbortSignal
}

/** A path as a manifest has it: a relative one is relative to its folder. */
export function plannedPath(given: string, folder: string): string {
  if (isUrl(given) || path.isAbsolute(given)) return given
  return path.relative(folder, path.resolve(given)).replaceAll(path.sep, '/')
}

/**
 * The parts of each shard, in order. No shard is without parts; fewer than asked for are possible
 * where rows are long or inputs can't be cut.
 *
 * @throws what reading an input throws
 */
export async function* plannedShards(options: PlanOptions): AsyncGenerator<readonly ShardInput[], void, undefined> {
  const { input, signal } = options
  const servers = new Map<string, PlannedInput>()
  const look = async (each: string): Promise<PlannedInput> => {
    const known = servers.get(each)
    const found = known ?? (await plannedInput(each, input.format, signal))
    // A server is asked once; a file is looked at again rather than kept in memory.
    if (found.url !== null) servers.set(each, found)
    return found
  }
  let total = 0
  if ('shards' in options.size) for (const each of input.paths) total += (await look(each)).bytes
  const ends = new ShardEnds(options.size, total)
  let parts: ShardInput[] = []
  let done = 0
  for (const each of input.paths) {
    signal.throwIfAborted()
    const found = await look(each)
    let cuts: Cuts | null = null
    let cursor: Cut = { bytes: 0, to: 0, line: 0 }
    try {
      for (;;) {
        const left = found.bytes - cursor.bytes
        const room = ends.next - done
        if (left <= room) {
          parts.push(partOf(found, options, cursor, null, cuts))
          done += left
          break
        }
        cuts ??= await cutsOf(found, input, signal)
        const isEmpty = parts.length === 0
        const cut = room > 0 ? await cuts.after(cursor.bytes, room, isEmpty) : null
        if (cut !== null) {
          parts.push(partOf(found, options, cursor, cut.bytes === found.bytes ? null : cut, cuts))
          done += cut.bytes - cursor.bytes
          cursor = cut
        }
        yield parts
        parts = []
        ends.advance(done)
        if (cursor.bytes === found.bytes) break
      }
    } finally {
      cuts?.close()
    }
  }
  if (parts.length > 0) yield parts
}

/** The part of an input between two places; `to` null = up to its end. */
function partOf(
  { path: found, format, pin, bytes, url }: PlannedInput,
  { folder, pinsTime }: PlanOptions,
  from: Cut,
  to: Cut | null,
  cuts: Cuts | null,
): ShardInput {
  const isWhole = from.bytes === 0 && to === null
  return {
    path: plannedPath(found, folder),
    format: format.name,
    range: isWhole
      ? null
      : {
          from: from.to,
          to: to?.to ?? cuts?.end ?? bytes,
          line: from.line,
          header: from.bytes === 0 ? null : (cuts?.header ?? null),
        },
    bytes: (to?.bytes ?? bytes) - from.bytes,
    pin: pinsTime ? { ...pin, modified: url === null || pin.etag === null ? pin.modified : null } : sizeOnly(pin),
  }
}

/** Copies have other times, and mirrors other ETags. */
function sizeOnly({ size }: Pin): Pin {
  return { size, modified: null, etag: null }
}

/** Where shards should end, in bytes of all inputs. */
class ShardEnds {
  next: number
  readonly #size: ShardSize
  readonly #total: number
  #index = 0

  constructor(size: ShardSize, total: number) {
    this.#size = size
    this.#total = total
    this.next = this.#endAfter(0)
  }

  /** Goes on after a shard that ended at `done`. */
  advance(done: number): void {
    do {
      this.#index++
      this.next = this.#endAfter(done)
    } while (this.next <= done)
  }

  #endAfter(done: number): number {
    if ('bytes' in this.#size) return done + this.#size.bytes
    const { shards } = this.#size
    return this.#index >= shards - 1 ? Infinity : Math.round((this.#total * (this.#index + 1)) / shards)
  }
}
