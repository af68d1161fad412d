// A blob that is being fetched: a file of one thread's own,
// `blobs/<etag>.<mark>-<random>.incomplete`. What a dead process left of the same blob is taken
// over, and fetched on from its end.

import { randomBytes } from 'node:crypto'
import { open, readdir, rename, stat, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { Buffer } from '../runtime/node-globals.js'
import { ownMark, stateOf } from './process-mark.js'

/** Those that this thread writes to now. */
const inUse = new Set<string>()

export class PartialFile {
  /** Bytes so far. */
  size: number
  readonly path: string
  readonly #handle: FileHandle

  private constructor(file: string, handle: FileHandle, size: number) {
    this.path = file
    this.#handle = handle
    this.size = size
    inUse.add(file)
  }

  /**
   * @param isChecked whether the blob's hash will be checked: only then is a dead process's part
   * taken over
   */
  static async open(blobs: string, etag: string, isChecked: boolean): Promise<PartialFile> {
    const file = path.join(blobs, `${etag}.${ownMark()}-${randomBytes(4).toString('hex')}.incomplete`)
    for (const abandoned of await abandonedParts(blobs, etag)) {
      if (isChecked) await rename(abandoned, file).catch(() => undefined)
      else await unlink(abandoned).catch(() => undefined)
    }
    const handle = await open(file, 'a+')
    return new PartialFile(file, handle, (await handle.stat()).size)
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#handle.appendFile(bytes)
    this.size += bytes.length
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0)
    this.size = 0
  }

  /** The bytes, from the first on. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = Buffer.allocUnsafe(1 << 20)
    for (let position = 0; ;) {
      const { bytesRead } = await this.#handle.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
      position += bytesRead
    }
  }

  /** Closes the file and moves it to where it is a whole blob. */
  async moveTo(target: string): Promise<void> {
    // Without it, a power failure could leave the name on a file without bytes.
    await this.#handle.datasync()
    await this.close()
    await rename(this.path, target)
  }

  async close(): Promise<void> {
    inUse.delete(this.path)
    await this.#handle.close()
  }

  async remove(): Promise<void> {
    await unlink(this.path).catch(() => undefined)
  }
}

/** The parts of a blob that nobody writes to any more, the largest last. */
async function abandonedParts(blobs: string, etag: string): Promise<string[]> {
  const found: { file: string; size: number }[] = []
  for (const name of await readdir(blobs)) {
    if (!name.startsWith(`${etag}.`)) continue
    const [, mark] = /^\.(.+)-[\da-f]{8}\.incomplete$/.exec(name.slice(etag.length)) ?? []
    const file = path.join(blobs, name)
    if (mark === undefined || inUse.has(file) || stateOf(mark) === 'perhaps alive') continue
    const size = await stat(file).then(
      (stats) => stats.size,
      () => 0,
    )
    found.push({ file, size })
  }
  return found.sort((a, b) => a.size - b.size).map(({ file }) => file)
}
