// Makes a folder with those above it. Not `mkdir` with `recursive`, which says ENOENT of a
// read-only disk.

import { mkdir, readlink, stat } from 'node:fs/promises'
import path from 'node:path'

import { Model2VecError } from '../errors.js'

/**
 * Makes a folder and the missing ones above it. Each is tried twice at most: once, and again after
 * the one above it was made.
 *
 * @throws (rejects) Model2VecError ERR_HUB_CACHE when something in its place is no folder, an error
 * of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder)
  if (await tryToMake(folder, parent !== folder)) return
  await makeFolder(parent)
  // Still without a parent, although it was just made: as in /proc, where ENOENT says that nothing
  // can be made.
  await tryToMake(folder, false)
}

/** Returns false when the folder above is missing and `mayLackParent`. */
async function tryToMake(folder: string, mayLackParent: boolean): Promise<boolean> {
  try {
    await mkdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayLackParent) return false
    if (code !== 'EEXIST') throw error
    await requireFolder(folder)
  }
  return true
}

/**
 * A name that is taken may be a file's, or a link's that leads nowhere, such as to a disk that is
 * not mounted.
 */
async function requireFolder(place: string): Promise<void> {
  const stats = await stat(place).catch(() => null)
  if (stats?.isDirectory() === true) return
  const target = await readlink(place).catch(() => null)
  const found =
    target === null
      ? 'something else'
      : `a symbolic link to ${target}, which ${stats === null ? "can't be opened" : 'is no folder'}`
  throw new Model2VecError(
    'ERR_HUB_CACHE',
    `the Hub cache can't be written: expected ${place} to be a folder, found ${found}`,
  )
}
