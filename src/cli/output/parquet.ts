// Parquet. The pages of the vectors (`parquet-vectors.ts`) go to the file as they come, so that of a
// row group only the other columns (`parquet-columns.ts`) are in memory. They follow the vectors in the
// file: the footer, which hyparquet-writer writes, says where each column is.

import type * as writerModule from 'hyparquet-writer'
import type { RowGroup } from 'hyparquet'

import type { ColumnData } from '../column.js'
import { isUtf8, utf8Length } from '../column-values.js'
import { bytesOfRows } from './format.js'
import type { Columns, OpenOutput, OutputFormat, OutputRows } from './format.js'
import { assertHas, optionalPackage } from './optional-package.js'
import { columnChunk, schemaElement } from './parquet-columns.js'
import { VectorChunk, vectorSchema } from './parquet-vectors.js'

const ENDING = '.parquet'
const PACKAGE = 'hyparquet-writer'

/**
 * A row group ends with the batch that brings it to this many rows or bytes. Larger ones would be a
 * long way from one place where a run can go on to the next.
 */
const GROUP_ROWS = 1 << 15
const GROUP_BYTES = 1 << 26

type Writer = typeof writerModule

/** Rows of a group that is being written. */
interface OpenGroup {
  readonly start: number
  readonly vectors: VectorChunk
  readonly batches: (readonly ColumnData[])[]
  rows: number
  bytes: number
}

// The metadata is full of 64-bit integers, which JSON does not have.
function packed(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? { bigint: String(each) } : each))
}

function unpacked(text: string): RowGroup[] {
  return JSON.parse(text, (_, each: { bigint?: unknown } | null) =>
    typeof each?.bigint === 'string' ? BigInt(each.bigint) : each,
  ) as RowGroup[]
}

function load(): Promise<Writer> {
  return optionalPackage(PACKAGE, () => import('hyparquet-writer'), `${ENDING} files`)
}

const open: OpenOutput = async (sink, columns, state) => {
  const { ByteWriter, ParquetWriter } = await load()
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaOf(columns),
    kvMetadata: Object.entries(columns.metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'model2vec-node',
  })
  assertHas(PACKAGE, bytes, ['index', 'offset', 'getBytes'])
  assertHas(PACKAGE, writer, ['row_groups', 'num_rows'])
  /** Appends what the library has written. Its offset, which the metadata refers to, goes on. */
  const take = async (): Promise<void> => {
    await sink.append(bytes.getBytes())
    bytes.index = 0
  }
  // A run that ended in its first row group has left what a file begins with, and no row group.
  if (sink.size === 0) {
    await take()
  } else {
    bytes.index = 0
    writer.row_groups = state === null ? [] : unpacked(state as string)
    writer.num_rows = writer.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n)
  }
  let group: OpenGroup | null = null

  const endGroup = async (ended: OpenGroup): Promise<void> => {
    const { start, vectors, batches, rows } = ended
    const chunks = await Promise.all(
      columns.columns.map((column, i) => {
        const runs = batches.map((batch) => batch[i]?.values ?? [])
        return columnChunk(column, runs)
      }),
    )
    let end = sink.size
    const others = chunks.map((chunk) => {
      const written = { file_offset: BigInt(end), meta_data: chunk.metadata(end) }
      end += chunk.bytes.length
      return written
    })
    await sink.append(...chunks.map(({ bytes }) => bytes))
    const all = [...others, { file_offset: BigInt(start), meta_data: vectors.metadata() }]
    writer.row_groups.push({
      columns: all,
      total_byte_size: all.reduce((sum, { meta_data }) => sum + meta_data.total_uncompressed_size, 0n),
      total_compressed_size: BigInt(end - start),
      num_rows: BigInt(rows),
    })
    writer.num_rows = writer.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n)
    group = null
  }
  return {
    async write(rows) {
      group ??= { start: sink.size, vectors: new VectorChunk(columns, sink.size), batches: [], rows: 0, bytes: 0 }
      await sink.append(...group.vectors.page(rows.matrix))
      group.batches.push(rows.columns)
      group.rows += rows.matrix.rows
      group.bytes += sizeOf(rows)
      if (group.rows >= GROUP_ROWS || group.bytes >= GROUP_BYTES) await endGroup(group)
    },
    rows: () => Number(writer.num_rows) + (group?.rows ?? 0),
    isWhole: () => group === null,
    state: () => (writer.row_groups.length === 0 ? null : packed(writer.row_groups)),
    async finish() {
      if (group !== null) await endGroup(group)
      bytes.offset = sink.size
      await writer.finish()
      await take()
    },
  }
}

function schemaOf(columns: Columns): writerModule.SchemaElement[] {
  const others = columns.columns
  return [{ name: 'root', num_children: others.length + 1 }, ...others.map(schemaElement), ...vectorSchema(columns)]
}

/** About how many bytes rows take: strings in UTF-8, however they came. */
function sizeOf({ columns, matrix }: OutputRows): number {
  let size = bytesOfRows(matrix).length
  for (const { values } of columns) {
    if (isUtf8(values)) size += utf8Length(values)
    else if (ArrayBuffer.isView(values)) size += values.byteLength
    else for (const value of values) size += sizeOfValue(value)
  }
  return size
}

function sizeOfValue(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value instanceof Uint8Array ? value.length : 8
}

export const parquet: OutputFormat = {
  ending: ENDING,
  title: 'Parquet',
  help: `Parquet (needs \`npm install ${PACKAGE}\`): lists of numbers; bfloat16 and binary are bytes`,
  columns: true,
  isTyped: true,
  prepare: load,
  open,
}
