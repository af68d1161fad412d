// Arrow IPC, files (Feather 2) and streams, read by apache-arrow a record batch at a time.

import { stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import type { Schema } from 'apache-arrow'

import { arrowLibrary } from '../arrow-library.js'
import { FileError } from '../file-error.js'
import { registerCodecs } from './arrow-codecs.js'
import { ArrowFile, named } from './arrow-file.js'
import type { ArrowSource, BatchReader } from './arrow-file.js'
import { checkedStream, checkFile, FILE_MAGIC } from './arrow-messages.js'
import { columnsOf } from './arrow-schema.js'
import { bytesOf, nameOf, STDIN } from './bytes.js'
import type { ByteCount, BytesOptions } from './bytes.js'
import type { ColumnFormat } from './column-format.js'
import { RandomAccess } from './random-access.js'

const TITLE = 'Arrow'
/** What a file of Feather's first version begins with. */
const OLD_MAGIC = 'FEA1'

export const arrow: ColumnFormat = {
  kind: 'columns',
  name: 'arrow',
  title: TITLE,
  endings: ['.arrow', '.feather'],
  hasFields: true,
  isTable: false,
  async open(path, wanted, from, read, options) {
    const library = await arrowLibrary(`${TITLE} files`)
    registerCodecs(library)
    const name = nameOf(path)
    const source = await openSource(path, read, options)
    try {
      const reader = await named(name, 'Arrow data', async () => {
        // Of the types of its sources the library takes one at a time.
        const opened = await library.RecordBatchReader.from(source.input as FileHandle)
        const reader = (await opened.open()) as BatchReader
        // A stream may have none at its start.
        if ((reader.schema as Schema | null | undefined) == null) throw new Error('expected a schema')
        return reader
      })
      const columns = columnsOf(library, reader.schema, wanted, name)
      return new ArrowFile(library, name, source, reader, columns, from, read)
    } catch (error) {
      await source.close()
      throw error
    }
  },
}

/** A file is read from anywhere, a stream or a pipe from its start on. */
async function openSource(path: string, read: ByteCount, options?: BytesOptions): Promise<ArrowSource> {
  const isFile = path !== STDIN && (await stat(path).catch(() => null))?.isFile() === true
  if (isFile) {
    const file = await RandomAccess.open(path, TITLE)
    const magic =
      file.size < FILE_MAGIC.length ? '' : Buffer.from(await file.bytes(0, FILE_MAGIC.length)).toString('latin1')
    const { handle, size } = file
    if (magic === FILE_MAGIC && handle !== null) {
      const close = (): Promise<void> => file.close()
      try {
        await named(path, 'metadata', () => checkFile(size, (start, length) => file.bytes(start, length)))
      } catch (error) {
        await close()
        throw error
      }
      return { input: handle, size, close }
    }
    await file.close()
    if (magic.startsWith(OLD_MAGIC)) {
      throw new FileError(`${path}: expected Feather version 2 (Arrow), but got version 1: write it anew with pyarrow`)
    }
    if (size === 0) throw new FileError(`${path}: expected an Arrow file or stream, but it is empty`)
  }
  const chunks = bytesOf(path, 0, read, options)
  const input = checkedStream(chunks)
  return {
    input,
    size: null,
    close: async () => {
      await input.return()
      await chunks.return()
    },
  }
}
