// The rows of one or several inputs in batches, each with the place after it, where reading can go on.

import { DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE } from '../../options/stream.js'
import { bytesOf, STDIN } from './bytes.js'
import type { ByteCount } from './bytes.js'
import { BadHeader, BadLine, formatOf, rowReader } from './formats.js'
import type { Fields, Format, Id, Row, RowReader } from './formats.js'
import { EndlessLine, LineSplitter } from './lines.js'
import type { Line, Place } from './lines.js'

/** Where reading goes on. */
export interface Position {
  /** Which of the inputs. */
  readonly file: number
  readonly offset: number
  readonly line: number
  /** The header of that input, null when it has none or it is still to be read. */
  readonly header: readonly string[] | null
  /** Lines that were left out so far, in all inputs. */
  readonly skipped: number
}

export const START: Position = { file: 0, offset: 0, line: 0, header: null, skipped: 0 }

interface Rows {
  readonly texts: string[]
  /** Empty when no ids are asked for. */
  readonly ids: Id[]
  /** The line of each row. */
  readonly lines: number[]
}

/** Rows of one input. */
export interface RowBatch extends Rows {
  /** Which of the inputs. */
  readonly file: number
  /** The place after the last row. */
  readonly end: Position
}

export interface InputOptions {
  readonly paths: readonly string[]
  /** Of all inputs; null = as their names say, else lines. */
  readonly format: Format | null
  readonly fields: Fields
  /** What is done about a line that can't be read: told, and then left out; or null: it ends the run. */
  readonly onBadLine: ((message: string) => void) | null
}

/** What an input is called in messages. */
export function nameOf(path: string): string {
  return path === STDIN ? '<stdin>' : path
}

/** An error whose message begins with the input and the line. */
class LocatedError extends Error {}

function inputError(error: unknown, name: string): unknown {
  if (error instanceof LocatedError || !(error instanceof Error)) return error
  if (error instanceof EndlessLine) return new LocatedError(`${name}:${error.line}: ${error.message}`)
  return new LocatedError(`${name}: ${error.message}`, { cause: error })
}

/** One input that is being read. */
interface OpenInput {
  readonly name: string
  readonly lines: LineSplitter
  readonly rows: RowReader
}

export class RowBatches {
  /** Bytes that were read, as they lie on the disk, of all inputs. */
  readonly read: ByteCount = { bytes: 0 }
  /** Lines that were left out so far. */
  skipped: number
  readonly #options: InputOptions
  readonly #from: Position
  #input: OpenInput | null = null
  #file: number
  #failure: { readonly error: unknown } | null = null

  constructor(options: InputOptions, from: Position = START) {
    this.#options = options
    this.#from = from
    this.#file = from.file
    this.skipped = from.skipped
  }

  /** The next batch, of one input; null at the end. What fails comes after the rows before it. */
  async next(): Promise<RowBatch | null> {
    if (this.#failure !== null) throw this.#failure.error
    const { paths } = this.#options
    for (;;) {
      const path = paths[this.#file]
      if (path === undefined) return null
      const rows: Rows = { texts: [], ids: [], lines: [] }
      const file = this.#file
      const input = (this.#input ??= this.#open(path))
      try {
        if (await this.#fill(input, rows)) return { ...rows, file, end: this.#position(input.lines.place, input) }
      } catch (error) {
        this.#failure = { error: inputError(error, input.name) }
        if (rows.texts.length === 0) throw this.#failure.error
        // Reading goes on at the line that failed; an input that can't be read has none.
        const { lineStart, place } = input.lines
        return { ...rows, file, end: this.#position(error instanceof LocatedError ? lineStart : place, input) }
      }
      this.#input = null
      this.#file++
      if (rows.texts.length > 0) return { ...rows, file, end: this.#position({ offset: 0, line: 0 }, null) }
    }
  }

  async close(): Promise<void> {
    await this.#input?.lines.close()
  }

  #open(path: string): OpenInput {
    const { format: given, fields } = this.#options
    const { file, offset, line, header } = this.#from
    // Only the first input is entered in the middle.
    const isEntry = this.#file === file
    const format = given ?? formatOf(path) ?? 'lines'
    return {
      name: nameOf(path),
      lines: new LineSplitter(
        bytesOf(path, isEntry ? offset : 0, this.read),
        isEntry ? { offset, line } : START,
        format,
      ),
      rows: rowReader(format, fields, isEntry ? header : null),
    }
  }

  /** @returns whether the batch is full; otherwise the input is at its end */
  async #fill({ name, lines, rows: reader }: OpenInput, rows: Rows): Promise<boolean> {
    let units = 0
    for (;;) {
      const line = lines.next()
      if (line === null) {
        if (await lines.more()) continue
        return false
      }
      const row = this.#read(reader, line, name)
      if (row === null) continue
      rows.texts.push(row.text)
      rows.lines.push(line.number)
      if (row.id !== null) rows.ids.push(row.id)
      units += row.text.length
      if (rows.texts.length >= DEFAULT_BATCH_SIZE || units >= DEFAULT_BATCH_BYTES) return true
    }
  }

  #read(reader: RowReader, line: Line, name: string): Row | null {
    try {
      return reader.read(line)
    } catch (error) {
      if (!(error instanceof BadLine || error instanceof BadHeader)) throw error
      const located = new LocatedError(`${name}:${line.number}: ${error.message}`)
      const { onBadLine } = this.#options
      if (onBadLine === null || error instanceof BadHeader) throw located
      this.skipped++
      onBadLine(located.message)
      return null
    }
  }

  #position({ offset, line }: Place, input: OpenInput | null): Position {
    return { file: this.#file, offset, line, header: input?.rows.header ?? null, skipped: this.skipped }
  }
}
