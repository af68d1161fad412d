// Making a folder with those above it. Not `mkdir` with `recursive`, which says ENOENT of a read-only disk.

import { mkdir } from 'node:fs/promises'
import path from 'node:path'

export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || path.dirname(folder) === folder) throw error
    await makeFolder(path.dirname(folder))
    await makeFolder(folder)
  }
}
