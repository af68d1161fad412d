// Arrow IPC files (Feather 2), written by apache-arrow: a record batch for each batch of rows.

import type * as arrowModule from 'apache-arrow'
import type { Data, DataType, Float32, Schema } from 'apache-arrow'

import { bytesOfRows, VECTOR_COLUMN } from './format.js'
import type { Columns, OpenOutput, OutputFormat, OutputRows } from './format.js'
import { optionalPackage } from './optional-package.js'

type Arrow = typeof arrowModule

const ENDING = '.arrow'
const PACKAGE = 'apache-arrow'

/** The place of a record batch in the file, as the footer lists it. */
interface Block {
  readonly offset: number
  readonly metaDataLength: number
  readonly bodyLength: number
}

/** What is needed to go on. */
interface State {
  readonly blocks: readonly Block[]
  readonly rows: number
}

/** A list of numbers where Arrow has the element type; else the bytes of a row. */
function vectorType(arrow: Arrow, { dtype, dim, width }: Columns): DataType {
  const list = (type: DataType): DataType => new arrow.FixedSizeList(dim, new arrow.Field('item', type, false))
  switch (dtype) {
    case 'float32':
      return list(new arrow.Float32())
    case 'float16':
      return list(new arrow.Float16())
    case 'int8':
      return list(new arrow.Int8())
    case 'bfloat16':
      return new arrow.FixedSizeBinary(2 * width)
    case 'binary':
      return new arrow.FixedSizeBinary(width)
  }
}

function schemaOf(arrow: Arrow, columns: Columns, vector: DataType): Schema {
  const fields: arrowModule.Field[] = []
  if (columns.id !== null) fields.push(new arrow.Field(columns.id, new arrow.Utf8(), false))
  if (columns.text !== null) fields.push(new arrow.Field(columns.text, new arrow.Utf8(), false))
  fields.push(new arrow.Field(VECTOR_COLUMN, vector, false))
  return new arrow.Schema(fields)
}

function strings(arrow: Arrow, values: readonly string[]): Data {
  const encoded = Buffer.from(values.join(''))
  const valueOffsets = new Int32Array(values.length + 1)
  let end = 0
  for (const [i, value] of values.entries()) {
    end += Buffer.byteLength(value)
    valueOffsets[i + 1] = end
  }
  // Where one value ends with a high surrogate and the next begins with a low one, joining made one
  // character of them.
  const data = encoded.length === end ? encoded : Buffer.concat(values.map((value) => Buffer.from(value)))
  return arrow.makeData({ type: new arrow.Utf8(), length: values.length, nullCount: 0, valueOffsets, data })
}

function vectors(arrow: Arrow, type: DataType, matrix: OutputRows['matrix']): Data {
  const length = matrix.rows
  if (arrow.DataType.isFixedSizeList(type)) {
    const data = matrix.data as Float32Array
    const itemType = type.valueType as Float32
    const child = arrow.makeData({ type: itemType, length: data.length, nullCount: 0, data })
    return arrow.makeData({ type, length, nullCount: 0, child })
  }
  if (!arrow.DataType.isFixedSizeBinary(type)) throw new Error('a vector is a list of numbers or bytes')
  return arrow.makeData({ type, length, nullCount: 0, data: bytesOfRows(matrix) })
}

const open: OpenOutput = async (sink, columns, state) => {
  const arrow = await optionalPackage(PACKAGE, () => import('apache-arrow'), ENDING)
  const vector = vectorType(arrow, columns)
  const schema = schemaOf(arrow, columns, vector)

  /**
   * The library's writer, changed to hold what it writes until `take`, and to start in the middle
   * of a file.
   */
  class Writer extends arrow.RecordBatchFileWriter {
    readonly #pieces: Uint8Array[] = []

    /** The blocks that the footer names. */
    get blocks(): Block[] {
      return this._recordBatchBlocks.map(({ offset, metaDataLength, bodyLength }) => ({
        offset,
        metaDataLength,
        bodyLength,
      }))
    }

    begin(): void {
      this.reset(undefined, schema)
    }

    goOn(size: number, blocks: readonly Block[]): void {
      this._schema = schema
      this._started = true
      this._position = size
      this._recordBatchBlocks = [...blocks] as typeof this._recordBatchBlocks
    }

    end(): void {
      this._writeFooter(schema)
    }

    take(): Buffer {
      return Buffer.concat(this.#pieces.splice(0))
    }

    protected override _write(chunk: ArrayBufferView): this {
      const bytes = new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength)
      this.#pieces.push(bytes)
      this._position += bytes.length
      return this
    }
  }

  const writer = new Writer()
  let rows = 0
  if (state === null) {
    writer.begin()
    await sink.append(writer.take())
  } else {
    const before = state as State
    rows = before.rows
    writer.goOn(sink.size, before.blocks)
  }
  return {
    async write({ ids, texts, matrix }) {
      const children: Data[] = []
      if (columns.id !== null) children.push(strings(arrow, ids.map(String)))
      if (columns.text !== null) children.push(strings(arrow, texts))
      children.push(vectors(arrow, vector, matrix))
      const struct = new arrow.Struct(schema.fields)
      const data = arrow.makeData({ type: struct, length: matrix.rows, nullCount: 0, children })
      const batch = new arrow.RecordBatch(schema, data)
      writer.write(batch)
      rows += batch.numRows
      await sink.append(writer.take())
    },
    rows: () => rows,
    state: (): State => ({ blocks: writer.blocks, rows }),
    async finish() {
      writer.end()
      await sink.append(writer.take())
    },
  }
}

export const arrow: OutputFormat = {
  ending: ENDING,
  title: 'Arrow',
  help: `Arrow IPC (needs \`npm install ${PACKAGE}\`): lists of fixed size; bfloat16 and binary are bytes`,
  columns: true,
  open,
}
