// Parquet, read by hyparquet: only the wanted columns, page by page.

import type * as hyparquetModule from 'hyparquet'
import type { FileMetaData } from 'hyparquet'

import { FileError } from '../file-error.js'
import { optionalPackage } from '../output/optional-package.js'
import type { ColumnFormat } from './column-format.js'
import { codecsOf } from './parquet-codecs.js'
import { broken, ParquetFile } from './parquet-file.js'
import type { ParquetReading } from './parquet-file.js'
import { chunkOf, columnsOf } from './parquet-schema.js'
import { AS_THEY_ARE } from './parquet-types.js'
import { RandomAccess } from './random-access.js'

const PACKAGE = 'hyparquet'
const TITLE = 'Parquet'

export const parquet: ColumnFormat = {
  kind: 'columns',
  name: 'parquet',
  title: TITLE,
  endings: ['.parquet'],
  hasFields: true,
  isTable: false,
  async open(path, wanted, from, read) {
    const library = await optionalPackage(PACKAGE, loadLibrary, `${TITLE} files`)
    const file = await RandomAccess.open(path, TITLE)
    try {
      const metadata = await metadataOf(library, file)
      const columns = columnsOf(library.parquetSchema(metadata), wanted, path)
      const codecs = new Set(
        columns.flatMap((column) => metadata.row_groups.map((group) => chunkOf(group, column).codec)),
      )
      const reading: ParquetReading = { ...library, compressors: await codecsOf(codecs) }
      return new ParquetFile(file, reading, metadata, columns, from, read)
    } catch (error) {
      await file.close()
      throw error
    }
  },
}

interface Library extends Omit<ParquetReading, 'compressors'> {
  readonly parquetMetadataAsync: typeof hyparquetModule.parquetMetadataAsync
  readonly parquetSchema: typeof hyparquetModule.parquetSchema
}

async function loadLibrary(): Promise<Library> {
  const [main, column, convert, dataPage] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/column.js'),
    import('hyparquet/src/convert.js'),
    import('hyparquet/src/datapage.js'),
  ])
  return {
    parquetMetadataAsync: main.parquetMetadataAsync,
    parquetSchema: main.parquetSchema,
    parquetHeader: column.parquetHeader,
    readPage: column.readPage,
    convert: convert.convert,
    decompressPage: dataPage.decompressPage,
    parsers: { ...convert.DEFAULT_PARSERS, ...AS_THEY_ARE },
  }
}

async function metadataOf({ parquetMetadataAsync }: Library, file: RandomAccess): Promise<FileMetaData> {
  const slice = async (start: number, end = file.size): Promise<ArrayBuffer> =>
    (await file.bytes(start, end - start)).buffer
  const last = file.size < 12 ? 'no' : Buffer.from(await slice(file.size - 4)).toString('latin1')
  if (last === 'PARE') throw new FileError(`${file.path}: expected a Parquet file that is not encrypted`)
  if (last !== 'PAR1') throw new FileError(`${file.path}: expected a Parquet file, but it does not end as one does`)
  try {
    return await parquetMetadataAsync({ byteLength: file.size, slice }, { geoparquet: false })
  } catch (error) {
    throw broken(file.path, 'footer', error)
  }
}
