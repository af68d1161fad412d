// Parquet, read by hyparquet: only the wanted columns, page by page.

import type * as hyparquetModule from 'hyparquet'
import type { FileMetaData } from 'hyparquet'

import { FileError } from '../file-error.js'
import { assertHas, optionalPackage } from '../output/optional-package.js'
import type { BytesOptions } from './bytes.js'
import type { ColumnFormat } from './column-format.js'
import { PAGE_CODECS } from './parquet-codecs.js'
import { broken, ParquetFile } from './parquet-file.js'
import type { ParquetReading } from './parquet-file.js'
import { columnsOf } from './parquet-schema.js'
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
  async open(path, wanted, from, read, options) {
    const library = await optionalPackage(PACKAGE, loadLibrary, `${TITLE} files`)
    const file = await RandomAccess.open(path, TITLE, options)
    try {
      const metadata = await metadataOf(library, file)
      const columns = columnsOf(library.parquetSchema(metadata), wanted, file.path)
      const reading: ParquetReading = { ...library, compressors: PAGE_CODECS }
      return new ParquetFile(file, reading, metadata, columns, from, read, (options?.to ?? null) !== null)
    } catch (error) {
      await file.close()
      throw error
    }
  },
}

/** A row group, for a plan. */
export interface GroupSize {
  readonly rows: number
  /** Packed. */
  readonly bytes: number
}

/** The row groups of a file. @throws as the format's `open` */
export async function rowGroupsOf(path: string, options?: BytesOptions): Promise<readonly GroupSize[]> {
  const library = await optionalPackage(PACKAGE, loadLibrary, `${TITLE} files`)
  const file = await RandomAccess.open(path, TITLE, options)
  try {
    const { row_groups: groups } = await metadataOf(library, file)
    return groups.map(({ num_rows: rows, total_byte_size: unpacked, total_compressed_size: packed }) => ({
      rows: Number(rows),
      bytes: Number(packed ?? unpacked),
    }))
  } finally {
    await file.close()
  }
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
  const library = {
    parquetMetadataAsync: main.parquetMetadataAsync,
    parquetSchema: main.parquetSchema,
    parquetHeader: column.parquetHeader,
    readPage: column.readPage,
    convert: convert.convert,
    decompressPage: dataPage.decompressPage,
    readNested: main.parquetReadObjects,
    parsers: { ...convert.DEFAULT_PARSERS, ...AS_THEY_ARE },
  }
  assertHas(PACKAGE, library, Object.keys(library))
  return library
}

async function metadataOf({ parquetMetadataAsync }: Library, file: RandomAccess): Promise<FileMetaData> {
  const last = file.size < 12 ? 'no' : Buffer.from(await file.bytes(file.size - 4, 4)).toString('latin1')
  if (last === 'PARE') throw new FileError(`${file.path}: expected a Parquet file that is not encrypted`)
  if (last !== 'PAR1') throw new FileError(`${file.path}: expected a Parquet file, but it does not end as one does`)
  try {
    return await parquetMetadataAsync(file.asyncBuffer, { geoparquet: false })
  } catch (error) {
    throw broken(file.path, 'footer', error)
  }
}
