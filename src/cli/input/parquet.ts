// Parquet, read by hyparquet: only the wanted columns, page by page.

import type * as hyparquetModule from 'hyparquet'
import type { FileMetaData, RowGroup, SchemaTree } from 'hyparquet'

import { FileError } from '../file-error.js'
import { assertHas, optionalPackage } from '../output/optional-package.js'
import type { BytesOptions } from './bytes.js'
import type { ColumnFormat } from './column-format.js'
import { PAGE_CODECS } from './parquet-codecs.js'
import { broken, ParquetFile } from './parquet-file.js'
import type { ParquetReading } from './parquet-file.js'
import { columnsOf } from './parquet-schema.js'
import { afterStruct } from './parquet-thrift.js'
import { AS_THEY_ARE } from './parquet-types.js'
import { RandomAccess } from './random-access.js'

const PACKAGE = 'hyparquet'
const TITLE = 'Parquet'
/** At the end: the length of the footer, and the magic bytes. */
const TAIL_BYTES = 8

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
      const { metadata, schema } = await metadataOf(library, file)
      const columns = columnsOf(schema, wanted, file.path)
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
    const { metadata } = await metadataOf(library, file)
    return metadata.row_groups.map(({ num_rows: rows, total_byte_size: unpacked, total_compressed_size: packed }) => ({
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

interface Metadata {
  readonly metadata: FileMetaData
  /** Its root. */
  readonly schema: SchemaTree
}

async function metadataOf(library: Library, file: RandomAccess): Promise<Metadata> {
  const last = file.size < 12 ? 'no' : Buffer.from(await file.bytes(file.size - 4, 4)).toString('latin1')
  if (last === 'PARE') throw new FileError(`${file.path}: expected a Parquet file that is not encrypted`)
  if (last !== 'PAR1') throw new FileError(`${file.path}: expected a Parquet file, but it does not end as one does`)
  try {
    await checkFooter(file)
    const metadata = await library.parquetMetadataAsync(file.asyncBuffer, { geoparquet: false })
    checkMembers(metadata)
    return { metadata, schema: library.parquetSchema(metadata) }
  } catch (error) {
    throw broken(file.path, 'footer', error)
  }
}

/** @throws Error when it does not lie in its bytes */
async function checkFooter(file: RandomAccess): Promise<void> {
  const end = file.size - TAIL_BYTES
  const length = Buffer.from(await file.bytes(end, 4)).readUInt32LE()
  if (length > end) throw new Error(`a footer of ${length} bytes, before which there are ${end}`)
  afterStruct(await file.bytes(end - length, length), 0)
}

/** The library says of members that they are there which a broken footer lacks. @throws Error */
function checkMembers({ schema, num_rows: rows, row_groups: groups }: FileMetaData): void {
  const isWhole =
    isCount(rows) &&
    schema.every(({ name }) => isString(name)) &&
    groups.every(({ num_rows: ofGroup, columns }) => isCount(ofGroup) && columns.every(isWholeChunk))
  if (!isWhole) throw new Error('expected numbers of rows, and what each column is')
}

function isWholeChunk({ file_path: file, meta_data: meta }: RowGroup['columns'][number]): boolean {
  if (meta === undefined) return true
  const { path_in_schema: path, codec, type, dictionary_page_offset: dictionary = 0 } = meta
  const counts = [dictionary, meta.data_page_offset, meta.total_compressed_size, meta.total_uncompressed_size]
  const isNamed = Array.isArray(path) && [codec, type, ...path].every(isString)
  return isNamed && counts.every(isCount) && (file === undefined || isString(file))
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function isCount(value: unknown): boolean {
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  return isNumber && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}
