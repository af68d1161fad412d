// One model's folder in the cache, written: blobs, the snapshots' links to them, and refs. Each
// appears under its name at once and whole, so that a reader, or a process that is killed, never
// leaves or sees half of one.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, readFile, readlink, rename, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { areLinksDisabled } from './hub-environment.js'
import { makeFolder } from './folder.js'
import type { PartialFile } from './partial-download.js'

export class Repository {
  readonly blobs: string
  readonly #root: string

  /** @param root `models--org--name` */
  constructor(root: string) {
    this.#root = root
    this.blobs = path.join(root, 'blobs')
  }

  snapshot(commit: string): string {
    return path.join(this.#root, 'snapshots', commit)
  }

  hasBlob(etag: string): boolean {
    return existsSync(path.join(this.blobs, etag))
  }

  /** @param name with `/` */
  hasFile(commit: string, name: string): boolean {
    return existsSync(this.#file(commit, name))
  }

  /** Makes a fetched blob a file of the snapshot. */
  async add(commit: string, name: string, etag: string, partial: PartialFile): Promise<void> {
    await partial.moveTo(path.join(this.blobs, etag))
    if (await this.#link(commit, name, etag)) return
    // As Python does where links are refused: the snapshot has the file, the blob is gone.
    await rename(path.join(this.blobs, etag), this.#file(commit, name))
  }

  /** Makes a blob that is there a file of the snapshot. */
  async addBlob(commit: string, name: string, etag: string): Promise<void> {
    if (await this.#link(commit, name, etag)) return
    const copy = `${this.#file(commit, name)}.${randomName()}`
    await copyFile(path.join(this.blobs, etag), copy)
    await rename(copy, this.#file(commit, name))
  }

  /** Says which commit a branch or a tag is. */
  async writeRef(revision: string, commit: string): Promise<void> {
    if (revision === commit) return
    const ref = path.join(this.#root, 'refs', revision)
    if ((await readFile(ref, 'utf8').catch(() => null)) === commit) return
    await makeFolder(path.dirname(ref))
    const written = `${ref}.${randomName()}`
    await writeFile(written, commit)
    await rename(written, ref)
  }

  #file(commit: string, name: string): string {
    return path.join(this.snapshot(commit), ...name.split('/'))
  }

  /** Returns false where links are refused. */
  async #link(commit: string, name: string, etag: string): Promise<boolean> {
    if (areLinksDisabled()) return false
    const file = this.#file(commit, name)
    const target = path.relative(path.dirname(file), path.join(this.blobs, etag))
    try {
      await symlink(target, file, 'file')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // EPERM is what Windows says without the right to make links, and Linux on a FAT file system.
      if (code === 'EPERM' || code === 'ENOSYS' || code === 'ENOTSUP' || code === 'EOPNOTSUPP') return false
      if (code !== 'EEXIST') throw error
      if ((await readlink(file).catch(() => null)) === target) return true
      const link = `${file}.${randomName()}`
      await symlink(target, link, 'file')
      await rename(link, file)
    }
    return true
  }
}

function randomName(): string {
  return `${randomBytes(4).toString('hex')}.tmp`
}
