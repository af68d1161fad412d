// Writes a manifest, a shard at a time. It gets its name when it is whole.

import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { makeFolder, syncFolder } from '../../runtime/folders.js'
import { fileError } from '../file-error.js'
import { FileSink } from '../output/sink.js'
import { endLine, INDEX_BYTES, outputName, sha256, shardLine } from './manifest.js'
import type { ManifestHeader, ShardInput } from './manifest.js'

const CHUNK_BYTES = 1 << 20

/** What a manifest has. */
export interface ManifestSize {
  readonly shards: number
  /** That all shards read. */
  readonly bytes: number
}

/**
 * Writes a manifest, and its folder where there is none.
 *
 * @throws FileError; what `shards` throws: the file stays as it was
 */
export async function writeManifest(
  file: string,
  header: ManifestHeader,
  shards: AsyncIterable<readonly ShardInput[]>,
): Promise<ManifestSize> {
  const name = `.${path.basename(file)}.${randomBytes(6).toString('hex')}.partial`
  const partial = path.join(path.dirname(file), name)
  try {
    await makeFolder(path.dirname(partial))
    const handle = await open(partial, 'wx')
    try {
      const size = await writeLines(handle, header, shards)
      await handle.sync()
      await handle.close()
      await rename(partial, file)
      await syncFolder(path.dirname(file))
      return size
    } finally {
      await handle.close()
    }
  } catch (error) {
    await rm(partial, { force: true })
    const { path: failed } = error as { path?: unknown }
    throw failed === undefined || failed === partial ? fileError(error, file) : error
  }
}

async function writeLines(
  handle: FileHandle,
  header: ManifestHeader,
  shards: AsyncIterable<readonly ShardInput[]>,
): Promise<ManifestSize> {
  const sink = new FileSink(handle, 0)
  const hash = createHash('sha256')
  // The same memory for all of it: a million buffers would be garbage for long.
  const memory = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let used = 0
  const write = async (bytes = memory.subarray(0, used)): Promise<void> => {
    hash.update(bytes)
    await sink.append(bytes)
    used = 0
  }
  /** Adds a line. */
  const add = async (line: string): Promise<void> => {
    const length = Buffer.byteLength(line) + 1
    if (length > CHUNK_BYTES - used) await write()
    if (length > CHUNK_BYTES) await write(Buffer.from(`${line}\n`))
    else used += memory.write(`${line}\n`, used)
  }
  const first = JSON.stringify(header)
  const headerHash = sha256(first)
  await add(first)
  const starts: number[] = []
  let bytes = 0
  for await (const inputs of shards) {
    const index = starts.length
    starts.push(sink.size + used)
    for (const input of inputs) bytes += input.bytes
    await add(shardLine(headerHash, { index, output: outputName(index, header.ending), inputs }))
  }
  const index = sink.size + used
  for (const start of starts) await add(String(start).padStart(INDEX_BYTES - 1))
  await write()
  await sink.append(Buffer.from(endLine({ shards: starts.length, bytes, index, sha256: hash.digest('hex') })))
  return { shards: starts.length, bytes }
}
