// Where a path leads when links are followed.

import type { Stats } from 'node:fs'
import { lstat, readlink, realpath, stat } from 'node:fs/promises'
import path from 'node:path'

/** More than a system follows. */
const MOST_LINKS = 40

/**
 * The path after all links, also where no file is there yet. Like the system, this follows a link
 * to a folder before a `..` after it goes up, so the path is not normalized first.
 *
 * @throws the system's error, when the folder is not there
 */
export async function fileBehindLinks(given: string): Promise<string> {
  let file = given
  for (let links = 0; links <= MOST_LINKS; links++) {
    const folder = await realpath(path.dirname(file))
    const found = path.join(folder, path.basename(file))
    if ((await statOrNull(found))?.isSymbolicLink() !== true) return found
    const target = await readlink(found)
    file = path.isAbsolute(target) ? target : `${folder}${path.sep}${target}`
  }
  // The system says that there are too many.
  await stat(given)
  return realpath(given)
}

/** Null when it is not there. A link is not followed. */
export async function statOrNull(file: string): Promise<Stats | null> {
  return orNull(lstat(file))
}

/** Null when it is not there. Links are followed. */
export async function followedOrNull(file: string): Promise<Stats | null> {
  return orNull(stat(file))
}

async function orNull(stats: Promise<Stats>): Promise<Stats | null> {
  return stats.catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  })
}
