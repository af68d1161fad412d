// Arrow IPC files (Feather 2), written by apache-arrow: a record batch for each batch of rows.

import type { Data, DataType, Float32, Schema } from 'apache-arrow'

import { ARROW_PACKAGE, arrowLibrary } from '../arrow-library.js'
import type { Arrow } from '../arrow-library.js'
import { arrowData, arrowType } from './arrow-columns.js'
import { bytesOfRows } from './format.js'
import type { Columns, OpenOutput, OutputFormat, OutputRows } from './format.js'
import { assertHas } from './optional-package.js'

const ENDING = '.arrow'

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

function schemaOf(arrow: Arrow, { columns, name, metadata }: Columns, vector: DataType): Schema {
  const fields = columns.map((column) => new arrow.Field(column.name, arrowType(arrow, column), column.isNullable))
  return new arrow.Schema([...fields, new arrow.Field(name, vector, false)], new Map(Object.entries(metadata)))
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

function load(): Promise<Arrow> {
  return arrowLibrary(`${ENDING} files`)
}

const open: OpenOutput = async (sink, columns, state) => {
  const arrow = await load()
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

    take(): Uint8Array[] {
      return this.#pieces.splice(0)
    }

    protected override _write(chunk: ArrayBufferView): this {
      const bytes = new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength)
      this.#pieces.push(bytes)
      this._position += bytes.length
      return this
    }
  }

  const writer = new Writer()
  assertHas(ARROW_PACKAGE, writer, ['_write', '_writeFooter', '_position', '_started', '_recordBatchBlocks'])
  let rows = 0
  if (state === null) {
    writer.begin()
    await sink.append(...writer.take())
  } else {
    const before = state as State
    rows = before.rows
    writer.goOn(sink.size, before.blocks)
  }
  return {
    async write({ columns, matrix }) {
      const children = [...columns.map((data) => arrowData(arrow, data)), vectors(arrow, vector, matrix)]
      const struct = new arrow.Struct(schema.fields)
      const data = arrow.makeData({ type: struct, length: matrix.rows, nullCount: 0, children })
      const batch = new arrow.RecordBatch(schema, data)
      writer.write(batch)
      rows += batch.numRows
      await sink.append(...writer.take())
    },
    rows: () => rows,
    isWhole: () => true,
    state: (): State => ({ blocks: writer.blocks, rows }),
    async finish() {
      writer.end()
      await sink.append(...writer.take())
    },
  }
}

export const arrow: OutputFormat = {
  ending: ENDING,
  title: 'Arrow',
  help: `Arrow IPC (needs \`npm install ${ARROW_PACKAGE}\`): lists of fixed size; bfloat16 and binary are bytes`,
  columns: true,
  isTyped: true,
  prepare: load,
  open,
}
