// What there is of a plan's outputs: which are whole, missing, wrong or double, and files that are of
// no shard.

import type { Dir } from 'node:fs'
import { opendir } from 'node:fs/promises'
import path from 'node:path'

import { systemReason } from '../../runtime/system-reason.js'
import { readNote } from '../output/files.js'
import { outputName } from './manifest.js'
import type { Manifest } from './manifest.js'
import { checkOutput, MISSING, notePath } from './shard-output.js'
import type { ShardNote } from './shard-output.js'

/** A file, and what is wrong with it. */
export interface Finding {
  /** Null of a file of no shard. */
  readonly shard: number | null
  readonly file: string
  readonly problem: string
}

export interface Gathered {
  readonly shards: number
  readonly whole: number
  readonly missing: number
  /** Outputs that are not those of their shards. */
  readonly wrong: number
  /** Files that are the output of a shard under another name. */
  readonly double: number
  /** Other files in the folder; the folder itself where it can't be read, or is none. */
  readonly foreign: number
  /** Of the outputs that are whole. */
  readonly rows: number
  readonly bytes: number
  readonly truncated: number
  readonly skipped: number
  /** The shards to be run, missing ones and wrong ones: `3,17-20`, as Slurm's `--array` takes it. */
  readonly toRun: string
}

/** How many outputs are looked at at once. */
const AT_ONCE = 16

/**
 * Looks at all outputs.
 *
 * @param onFinding gets each file that is wrong, double or foreign; missing ones are in `toRun`
 * @throws Model2VecError ERR_BAD_MANIFEST, also when the hash of the whole manifest is not what it says;
 * FileError where the manifest can't be read
 */
export async function gather(manifest: Manifest, onFinding: (finding: Finding) => void): Promise<Gathered> {
  const sums = { whole: 0, missing: 0, wrong: 0, double: 0, foreign: 0, rows: 0, bytes: 0, truncated: 0, skipped: 0 }
  const toRun = new Ranges()
  const look = async (shard: number, file: string, sha256: string): Promise<void> => {
    const found = await checkOutput(file, sha256)
    if (found.problem === null) {
      sums.whole++
      sums.rows += found.note.rows
      sums.bytes += found.note.size
      sums.truncated += found.note.truncated
      sums.skipped += found.note.skipped
      return
    }
    toRun.add(shard)
    if (found.problem === MISSING) {
      sums.missing++
      return
    }
    sums.wrong++
    onFinding({ shard, file, problem: found.problem })
  }
  let looks: Promise<void>[] = []
  for await (const shard of manifest.all()) {
    looks.push(look(shard.index, manifest.outputOf(shard), shard.sha256))
    if (looks.length < AT_ONCE) continue
    await Promise.all(looks)
    looks = []
  }
  await Promise.all(looks)
  for await (const finding of strangers(manifest)) {
    sums[finding.shard === null ? 'foreign' : 'double']++
    onFinding(finding)
  }
  return { shards: manifest.shards, ...sums, toRun: toRun.toString() }
}

/** Files of the outputs' folder that are no shard's. Hidden ones are notes, and what is being written. */
async function* strangers(manifest: Manifest): AsyncGenerator<Finding, void, undefined> {
  const { outDir, ending } = manifest.header
  const folder = manifest.resolve(outDir)
  let directory: Dir
  try {
    directory = await opendir(folder)
  } catch (error) {
    const reason = systemReason(error)
    if (reason === null) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') yield { shard: null, file: folder, problem: `it can't be read: ${reason}` }
    return
  }
  for await (const { name } of directory) {
    if (name.startsWith('.')) continue
    const index = Number(/^shard-(\d+)/.exec(name)?.[1] ?? NaN)
    if (index < manifest.shards && name === outputName(index, ending)) continue
    const file = path.join(folder, name)
    // A copy has a note only where that was copied, too, and can be read; else its name says what it may be.
    const note = (await readNote(notePath(file)).catch(() => null)) as Partial<ShardNote> | null
    const shard = note?.shard ?? (index < manifest.shards ? index : null)
    yield { shard, file, problem: shard === null ? 'it is of no shard' : `it is another file of shard ${shard}` }
  }
}

/** Numbers as ranges: `3,17-20`. */
class Ranges {
  readonly #numbers: number[] = []

  add(number: number): void {
    this.#numbers.push(number)
  }

  toString(): string {
    const ranges: [from: number, to: number][] = []
    for (const number of this.#numbers.sort((a, b) => a - b)) {
      const last = ranges.at(-1)
      if (last?.[1] === number - 1) last[1] = number
      else ranges.push([number, number])
    }
    return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',')
  }
}
