// What every output file is: appended to, and able to go on after a crash.

import type { FileHandle } from 'node:fs/promises'

import type { Dtype } from '../../dtype.js'
import type { EmbeddingMatrix } from '../../matrix.js'
import type { Id } from '../input/formats.js'

/** The name of the vectors' column, where columns have names. */
export const VECTOR_COLUMN = 'embedding'

/** What the columns of an output are. */
export interface Columns {
  readonly dtype: Dtype
  /** Elements of a vector. */
  readonly dim: number
  /** Elements of the typed array that a row takes. */
  readonly width: number
  /** The name of the ids' column, null without one. */
  readonly id: string | null
  /** The name of the texts' column, null without one. */
  readonly text: string | null
}

/** Some rows. */
export interface OutputRows {
  readonly ids: readonly Id[]
  readonly texts: readonly string[]
  readonly matrix: EmbeddingMatrix<Dtype>
}

/** One output format. Each call ends before the next begins. */
export interface Output {
  write(rows: OutputRows): Promise<void>
  /** How many rows the output holds: counted in what was written, not in what was asked for. */
  rows(): number
  /** What was written, as JSON: with it, and the file cut to the bytes it had, writing goes on. */
  state(): unknown
  /** Writes what belongs to the end. */
  finish(): Promise<void>
}

/** Opens an output at the end of its sink; `state` is what it gave when the sink ended there, null at its start. */
export type OpenOutput = (sink: Sink, columns: Columns, state: unknown) => Promise<Output>

/**
 * Opens an output whose rows are counted: each has all its columns, and the output holds as many as were given to it.
 *
 * @param rows how many it holds when it is opened
 */
export async function openCounted(
  open: OpenOutput,
  sink: Sink,
  columns: Columns,
  state: unknown,
  rows: number,
): Promise<Output> {
  const output = await open(sink, columns, state)
  let expected = rows
  const check = (): void => {
    const found = output.rows()
    if (found !== expected) throw new Error(`expected the output to hold ${expected} rows, but it holds ${found}`)
  }
  check()
  return {
    async write(rows) {
      const { ids, texts, matrix } = rows
      if (columns.id !== null) assertWhole(columns.id, ids.length, matrix.rows)
      if (columns.text !== null) assertWhole(columns.text, texts.length, matrix.rows)
      await output.write(rows)
      expected += matrix.rows
      check()
    },
    rows: () => output.rows(),
    state: () => output.state(),
    async finish() {
      await output.finish()
      check()
    },
  }
}

function assertWhole(column: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new Error(`expected ${expected} values in ${JSON.stringify(column)}, a value a row, but got ${found}`)
  }
}

/** Where the bytes of an output go. */
export interface Sink {
  /** Bytes so far. */
  readonly size: number
  append(bytes: Uint8Array): Promise<void>
  /** Writes over what was appended before. */
  overwrite(bytes: Uint8Array, at: number): Promise<void>
}

export class FileSink implements Sink {
  size: number
  readonly #file: FileHandle

  constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.overwrite(bytes, this.size)
    this.size += bytes.length
  }

  async overwrite(bytes: Uint8Array, at: number): Promise<void> {
    // A single write may take less: two gigabytes on Linux, what fits onto a disk that is almost full.
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done)
      done += bytesWritten
    }
  }
}

/** The memory of all rows. */
export function bytesOfRows({ data }: EmbeddingMatrix<Dtype>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
