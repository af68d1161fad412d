// Parquet, by hyparquet-writer: a row group for each batch of rows.

import type * as writerModule from 'hyparquet-writer'
import type { ColumnSource, SchemaElement } from 'hyparquet-writer'
import type { RowGroup } from 'hyparquet'

import { bytesOfRows, VECTOR_COLUMN } from './format.js'
import type { Columns, OpenOutput, OutputFormat, OutputRows } from './format.js'
import { optionalPackage } from './optional-package.js'
import { columnSource, schemaElement } from './parquet-columns.js'

type Writer = typeof writerModule

const ENDING = '.parquet'
const PACKAGE = 'hyparquet-writer'

/** A list of floats for float32; other vectors are the bytes of a row. */
function schemaOf({ dtype, width, columns }: Columns): SchemaElement[] {
  const vector: SchemaElement[] =
    dtype === 'float32'
      ? [
          { name: VECTOR_COLUMN, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
          { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
          { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
        ]
      : [
          {
            name: VECTOR_COLUMN,
            type: 'FIXED_LEN_BYTE_ARRAY',
            type_length: width * (dtype === 'int8' || dtype === 'binary' ? 1 : 2),
            repetition_type: 'REQUIRED',
          },
        ]
  return [{ name: 'root', num_children: columns.length + 1 }, ...columns.map(schemaElement), ...vector]
}

function columnsOf({ dtype }: Columns, { columns, matrix }: OutputRows): ColumnSource[] {
  const sources: ColumnSource[] = columns.map(columnSource)
  const bytes = bytesOfRows(matrix)
  const size = bytes.length / matrix.rows
  // The library takes lists only as plain arrays.
  const rows =
    dtype === 'float32'
      ? matrix.toArray()
      : Array.from({ length: matrix.rows }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
  // Vectors hardly compress: compressing them would cost time and save nothing.
  sources.push({ name: VECTOR_COLUMN, data: rows, encoding: 'PLAIN', codec: 'UNCOMPRESSED' })
  return sources.map((source) => ({ offsetIndex: false, statistics: false, ...source }))
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
  return optionalPackage(PACKAGE, () => import('hyparquet-writer'), ENDING)
}

const open: OpenOutput = async (sink, columns, state) => {
  const { ByteWriter, ParquetWriter } = await load()
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns) })
  /** Takes what was written. The library's offset, which the metadata refers to, goes on. */
  const take = (): Uint8Array => {
    const taken = new Uint8Array(bytes.getBuffer())
    bytes.index = 0
    return taken
  }
  if (state === null) {
    await sink.append(take())
  } else {
    take()
    bytes.offset = sink.size
    writer.row_groups = unpacked(state as string)
    writer.num_rows = writer.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n)
  }
  return {
    async write(rows) {
      await writer.write({ columnData: columnsOf(columns, rows), rowGroupSize: rows.matrix.rows })
      // The library keeps these for page indexes and bloom filters, which we don't write.
      writer.pendingIndexes.length = 0
      await sink.append(take())
    },
    rows: () => Number(writer.num_rows),
    state: () => packed(writer.row_groups),
    async finish() {
      await writer.finish()
      await sink.append(take())
    },
  }
}

export const parquet: OutputFormat = {
  ending: ENDING,
  title: 'Parquet',
  help: `Parquet (needs \`npm install ${PACKAGE}\`): lists of floats; all but float32 are bytes`,
  columns: true,
  isTyped: true,
  prepare: load,
  open,
}
