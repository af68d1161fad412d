// The rows of one or several inputs in batches, each with the place after it, where reading can go on.

import type { NativeTexts } from '../../native/interface.js'
import { DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE } from '../../options/stream.js'
import { FileError, messageOf } from '../file-error.js'
import { bytesOf, STDIN } from './bytes.js'
import type { ByteCount } from './bytes.js'
import { BadHeader, BadLine, formatOf, rowReader } from './formats.js'
import type { Fields, Format, Id, Row, RowReader } from './formats.js'
import { LineSplitter, linesOf } from './lines.js'
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

/** Some rows of a batch whose texts the native module has, and where they were read. */
interface NativeRun {
  /** The first row. */
  readonly row: number
  /** The line of the first row. */
  readonly line: number
  /** The lines, a row each; or the one text, where it was read here; null where they are not kept. */
  readonly source: Buffer | string | null
}

/** Rows that are read one after the other. */
export class Rows {
  /** The texts where the native module has them: then `texts` is empty. */
  readonly native: NativeTexts | null
  readonly texts: string[] = []
  /** Empty when no ids are asked for. */
  readonly ids: Id[] = []
  /** How many rows there are. */
  count = 0
  /** UTF-16 units of the texts. */
  units = 0
  /** The line of each row, where the texts are here. */
  readonly #lines: number[] = []
  readonly #runs: NativeRun[] = []
  readonly #keepsSources: boolean

  /** @param keepsSources whether texts that the native module has can be read again: they take memory */
  constructor(native: NativeTexts | null, keepsSources: boolean) {
    this.native = native
    this.#keepsSources = keepsSources
  }

  /** Whether all texts are here, or can be. */
  get canBeRead(): boolean {
    return this.native === null || this.#keepsSources
  }

  get isFull(): boolean {
    return this.count >= DEFAULT_BATCH_SIZE || this.units >= DEFAULT_BATCH_BYTES
  }

  add({ text, id }: Row, line: number): void {
    if (this.native === null) {
      this.texts.push(text)
      this.#lines.push(line)
    } else {
      this.native.push(text)
      this.#runs.push({ row: this.count, line, source: this.#keepsSources ? text : null })
    }
    if (id !== null) this.ids.push(id)
    this.count++
    this.units += text.length
  }

  /** Reads lines natively, as many as there are up to the first that has to be read here. @returns whether there was one */
  addLines(lines: LineSplitter): boolean {
    if (this.native === null) return false
    const { bytes, at } = lines.ahead
    const left = [DEFAULT_BATCH_SIZE - this.count, DEFAULT_BATCH_BYTES - this.units] as const
    const read = this.native.readLines(bytes, at, ...left)
    if (read.lines === 0) return false
    const source = this.#keepsSources ? bytes.subarray(at, at + read.bytes) : null
    this.#runs.push({ row: this.count, line: lines.place.line + 1, source })
    lines.skip(read.bytes, read.lines)
    this.count += read.lines
    this.units += read.units
    return true
  }

  /** The line of a row in its file. */
  lineOf(row: number): number {
    if (this.native === null) return this.#lines[row] ?? 0
    const run = this.#runs.findLast((each) => each.row <= row)
    return run === undefined ? 0 : run.line + row - run.row
  }

  /** The rows again, as texts that are here: the native module's are used up by a call. */
  reread(reader: RowReader): Rows {
    if (this.native === null) return this
    const rows = new Rows(null, true)
    for (const { line, source } of this.#runs) {
      if (typeof source === 'string') rows.add({ text: source, id: null }, line)
      else if (source !== null)
        for (const each of linesOf(source, line)) rows.add(reader.read(each) ?? { text: '', id: null }, each.number)
    }
    return rows
  }

  /** Those of the rows that have texts here and that `isKept` wants. */
  filter(isKept: (row: number) => boolean): Rows {
    const rows = new Rows(null, true)
    for (const [i, text] of this.texts.entries()) {
      if (isKept(i)) rows.add({ text, id: this.ids[i] ?? null }, this.lineOf(i))
    }
    return rows
  }
}

/** Rows of one input. */
export interface RowBatch {
  readonly rows: Rows
  /** Which of the inputs. */
  readonly file: number
  /** Reads lines of that input. */
  readonly reader: RowReader
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

/** Makes what holds the texts of a batch natively; null = the line is the text. */
export type NewTexts = (field: string | null) => NativeTexts

/** The most lines that are read here in a row after those that were not read natively: where some are like that, others are. */
const MOST_LINES_HERE = 63

/** What an input is called in messages. */
export function nameOf(path: string): string {
  return path === STDIN ? '<stdin>' : path
}

/** An error whose message begins with the input and the line. */
class LocatedError extends Error {}

function inputError(error: unknown, name: string): unknown {
  if (error instanceof LocatedError || error instanceof FileError || !(error instanceof Error)) return error
  return new LocatedError(`${name}: ${messageOf(error)}`, { cause: error })
}

/** One input that is being read. */
interface OpenInput {
  readonly name: string
  readonly lines: LineSplitter
  readonly rows: RowReader
  /** Makes what reads lines of this format natively, null where nothing does. */
  readonly newTexts: (() => NativeTexts) | null
}

export class RowBatches {
  /** Bytes that were read, as they lie on the disk, of all inputs. */
  readonly read: ByteCount = { bytes: 0 }
  /** Lines that were left out so far. */
  skipped: number
  readonly #options: InputOptions
  readonly #from: Position
  readonly #newTexts: NewTexts | null
  #input: OpenInput | null = null
  #file: number
  #failure: { readonly error: unknown } | null = null

  /** @param newTexts for rows without ids whose texts nobody reads: only how many there are is known of them here */
  constructor(options: InputOptions, from: Position = START, newTexts: NewTexts | null = null) {
    this.#options = options
    this.#newTexts = newTexts
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
      const file = this.#file
      const input = (this.#input ??= this.#open(path))
      const rows = new Rows(input.newTexts?.() ?? null, this.#options.onBadLine !== null)
      try {
        if (await this.#fill(input, rows))
          return { rows, file, reader: input.rows, end: this.#position(input.lines.place, input) }
      } catch (error) {
        this.#failure = { error: inputError(error, input.name) }
        if (rows.count === 0) throw this.#failure.error
        // Reading goes on at the line that failed; an input that can't be read has none.
        const { lineStart, place } = input.lines
        const failed = error instanceof LocatedError ? lineStart : place
        return { rows, file, reader: input.rows, end: this.#position(failed, input) }
      }
      this.#input = null
      this.#file++
      if (rows.count > 0) {
        return { rows, file, reader: input.rows, end: this.#position({ offset: 0, line: 0 }, null) }
      }
    }
  }

  /** Lets the input go. One that is waited for is not: it hears of it when something comes. */
  close(): void {
    this.#input?.lines.close().catch(() => undefined)
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
      newTexts: this.#nativeTexts(format),
    }
  }

  #nativeTexts(format: Format): (() => NativeTexts) | null {
    const newTexts = this.#newTexts
    if (newTexts === null || (format !== 'lines' && format !== 'jsonl')) return null
    const field = format === 'jsonl' ? this.#options.fields.text : null
    // A name that is no Unicode would become one that is.
    if (field?.includes('\ufffd') === true || /\p{Surrogate}/u.test(field ?? '')) return null
    return () => newTexts(field)
  }

  /** @returns whether the batch is full; otherwise the input is at its end */
  async #fill({ name, lines, rows: reader }: OpenInput, rows: Rows): Promise<boolean> {
    let [here, pause] = [0, 0]
    for (;;) {
      if (here > 0) {
        here--
      } else if (rows.addLines(lines)) {
        pause = 0
      } else {
        here = pause
        pause = Math.min(MOST_LINES_HERE, 2 * pause + 1)
      }
      if (rows.isFull) return true
      const line = lines.next()
      if (line === null) {
        if (await lines.more()) continue
        return false
      }
      const row = this.#read(reader, line, name)
      if (row === null) continue
      rows.add(row, line.number)
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
