// Folders whose entries are still there after the machine has lost its power.

import { mkdir, open } from 'node:fs/promises'
import path from 'node:path'

/**
 * Writes the names in a folder to the disk. Where a system can't do that (Windows), nothing is asked
 * for.
 */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => null)
  try {
    await handle?.sync().catch(() => undefined)
  } finally {
    await handle?.close()
  }
}

/** Makes a folder where there is none, and those above it. Their names are on the disk then. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  const last = path.dirname(path.resolve(first))
  for (let above = path.dirname(path.resolve(folder)); ; above = path.dirname(above)) {
    await syncFolder(above)
    // The root is above itself.
    if (above === last || above === path.dirname(above)) return
  }
}
