// Any lines as a manifest of shards: a header, and a line for each shard. First the bytes as they are;
// then what a hostile writer would make of them, with the right hashes, index and end.

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

import type * as manifestModule from '../../../build/modules/cli/shards/manifest.js'
import { load } from '../../modules.js'
import { bounded } from '../limits.js'
import { assertTyped, Fault } from '../outcome.js'
import { scratch } from '../rows.js'

const { endLine, INDEX_BYTES, openManifest, sha256 } = load('cli/shards/manifest') as typeof manifestModule

const file = path.join(scratch, 'manifest.jsonl')

export function fuzz(data: Buffer): Promise<void> {
  return bounded(data.length, async () => {
    await read(data)
    await read(signed(data.toString('utf8').split('\n')))
  })
}

/** A manifest of these lines, whatever they are. */
function signed([header = '', ...shards]: readonly string[]): Buffer {
  const headerHash = sha256(header)
  const lines = shards.map((line) => {
    const own = line.replace(/\}$/, '')
    return `${own},"sha256":"${sha256(`${headerHash}\n${own}`)}"}`
  })
  let start = Buffer.byteLength(header) + 1
  const starts = lines.map((line) => {
    const at = start
    start += Buffer.byteLength(line) + 1
    return `${String(at).padStart(INDEX_BYTES - 1)}\n`
  })
  const all = `${[header, ...lines].join('\n')}\n${starts.join('')}`
  const hash = createHash('sha256').update(all).digest('hex')
  return Buffer.from(all + endLine({ shards: lines.length, bytes: 0, index: start, sha256: hash }))
}

async function read(bytes: Uint8Array): Promise<void> {
  writeFileSync(file, bytes)
  let manifest: manifestModule.Manifest | null = null
  try {
    manifest = await openManifest(file)
    const folder = manifest.resolve(manifest.header.outDir)
    for await (const shard of manifest.all()) {
      const output = manifest.outputOf(shard)
      if (path.dirname(output) !== folder) throw new Fault(`expected an output in ${folder}, but got ${output}`)
      for (const input of shard.inputs) manifest.resolve(input.path)
    }
    for (const index of [0, manifest.shards - 1, manifest.shards]) await manifest.shard(index)
  } catch (error) {
    assertTyped(error, file)
  } finally {
    await manifest?.close()
  }
}
