// Writes lines to a file, which gets its name when it is whole, or to standard output.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { open, rename, rm } from 'node:fs/promises'

import { naming } from './file-error.js'
import { FileSink } from './output/sink.js'

/** @param path of a file that may be replaced, no link; undefined = standard output */
export async function writeLines(path: string | undefined, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (path === undefined) {
    for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    return
  }
  const partial = `${path}.${randomUUID()}.partial`
  const file = await naming(path, open(partial, 'wx'))
  try {
    try {
      const sink = new FileSink(file, 0)
      for await (const chunk of chunks) await naming(path, sink.append(chunk))
      await naming(path, file.sync())
    } finally {
      await file.close()
    }
    await naming(path, rename(partial, path))
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
