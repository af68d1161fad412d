// What an output format is: written row by row, and able to go on after a crash. Each has a file of
// its own and a row in `formats.ts`.

import type { Dtype } from '../../dtype.js'
import type { EmbeddingMatrix } from '../../matrix/embedding-matrix.js'
import type { Column, ColumnData } from '../column.js'
import type { Sink } from './sink.js'

export interface OutputFormat {
  /** The ending of `--out` that chooses it. */
  readonly ending: string
  /** In texts about it. */
  readonly title: string
  /** What a file of it holds, for `embed --help`. */
  readonly help: string
  /** Whether it has columns beside the vectors'. */
  readonly columns: boolean
  /** Whether a column has one type in all rows. */
  readonly isTyped: boolean
  /** Loads what {@link open} needs. @throws Model2VecError ERR_NOT_INSTALLED, which says what to install */
  readonly prepare?: () => Promise<unknown>
  readonly open: OpenOutput
}

/** The vectors of an output. */
export interface VectorColumn {
  /** The name, where columns have names. */
  readonly name: string
  readonly dtype: Dtype
  /** Dimensions of a vector. */
  readonly dim: number
  /** Elements of the typed array per row. */
  readonly width: number
  /** Whether JSON has the base64 of a vector's bytes, not numbers. */
  readonly isBase64: boolean
  /** Whether they have the form that Milvus imports. */
  readonly isForMilvus: boolean
  /** How many threads may work on the text of vectors. */
  readonly threads: number
  /** What formats with metadata say about the vectors. */
  readonly metadata: Readonly<Record<string, string>>
}

/** The columns of an output: those beside the vectors' come first. */
export interface Columns extends VectorColumn {
  readonly columns: readonly Column[]
}

/** Rows to be written. */
export interface OutputRows {
  /** One for each of {@link Columns.columns}, in their order. Of rows that are sparse, in any. */
  readonly columns: readonly ColumnData[]
  readonly matrix: EmbeddingMatrix<Dtype>
  /** Whether columns that others have may be missing: of each row they are null. */
  readonly isSparse: boolean
  /** Where a row comes from, for messages: the input and the line. */
  readonly placeOf: (row: number) => string
}

/** An output that is being written, of rows of this kind. Each call ends before the next one begins. */
export interface Output<R = OutputRows> {
  write(rows: R): Promise<void>
  /**
   * The rows that the output holds, counted in what was written, not in what it was given. Where
   * only some rows are written, those that it was given.
   */
  rows(): number
  /** Whether a run could go on from here: not in the middle of a row group. */
  isWhole(): boolean
  /**
   * What the format has to know to go on where {@link Output.isWhole} was last true, as JSON.
   * Writing goes on with this state and the file truncated to the bytes that it had there.
   */
  state(): unknown
  /** Writes what belongs at the end. */
  finish(): Promise<void>
}

/**
 * Opens an output at the end of its sink. `state` = what {@link Output.state} gave there, null for
 * an empty sink.
 */
export type OpenOutput = (sink: Sink, columns: Columns, state: unknown) => Promise<Output>

/** As {@link OpenOutput}, with all that belongs to the kind of rows settled; `rows` = how many it holds. */
export type OpenRows<R> = (sink: Sink, state: unknown, rows: number) => Promise<Output<R>>

/** The bytes of all rows. */
export function bytesOfRows({ data }: EmbeddingMatrix<Dtype>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
