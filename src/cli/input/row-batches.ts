// Reads the rows of one or several inputs in batches, each with the position after it.

import type { NativeTexts } from '../../native/interface.js'
import { FileError, messageOf } from '../file-error.js'
import { bytesOf, nameOf } from './bytes.js'
import type { ByteCount } from './bytes.js'
import { BadHeader, BadLine, NO_TEXT } from './format.js'
import type { InputFormat, ReadOptions, Row, RowReader } from './format.js'
import { DEFAULT_FORMAT, formatOf } from './formats.js'
import type { Line, Place } from './line.js'
import { LineSplitter } from './lines.js'
import { START } from './position.js'
import type { Position } from './position.js'
import { Rows } from './rows.js'

/** Rows of one input. */
export interface RowBatch {
  readonly rows: Rows
  /** The index of the input. */
  readonly file: number
  /** Reads lines of that input. */
  readonly reader: RowReader
  /** The position after the last row. */
  readonly end: Position
  /** The input's header as it is, in the batch with which it was read, where the caller wants lines. */
  readonly header: Uint8Array | null
}

export interface InputOptions extends ReadOptions {
  readonly paths: readonly string[]
  /** The format of all inputs; null = each has the one that its name says. */
  readonly format: InputFormat | null
  /** Whether a line that can't be read is skipped; else it ends the run. */
  readonly skipsBadLines: boolean
  /** Whether rows have their lines as they are, too. Not for texts that are read natively. */
  readonly keepsLines?: boolean
}

/**
 * Makes the native texts of a batch. `field` = where JSON has the text; null = the line is the
 * text.
 */
export type NewTexts = (field: string | null) => NativeTexts

/**
 * After lines that the native module left to us, at most this many more are read here before it is
 * tried again: where it leaves one line it leaves others, and each trial costs a call.
 */
const MOST_LINES_HERE = 63

/** An error whose message begins with the input and the line. */
class LocatedError extends Error {}

function inputError(error: unknown, name: string): unknown {
  if (error instanceof LocatedError || error instanceof FileError || !(error instanceof Error)) return error
  return new LocatedError(`${name}: ${messageOf(error)}`, { cause: error })
}

/** The input that is being read. */
interface OpenInput {
  readonly name: string
  readonly lines: LineSplitter
  readonly reader: RowReader
  /** Makes what reads this input's lines natively; null where nothing does. */
  readonly newTexts: (() => NativeTexts) | null
  /** The header as it is, until it is given out; null where nobody wants it. */
  header: Uint8Array | null
}

export class RowBatches {
  /** Bytes read so far of all inputs, packed as they are on the disk. */
  readonly read: ByteCount = { bytes: 0 }
  /** Lines skipped so far. */
  skipped: number
  readonly #options: InputOptions
  readonly #from: Position
  readonly #newTexts: NewTexts | null
  readonly #onSkip: (message: string) => void
  #input: OpenInput | null = null
  #file: number
  #failure: { readonly error: unknown } | null = null

  /**
   * @param onSkip gets the message of each line that is skipped
   * @param newTexts for rows without ids whose texts only the engine needs: those are read natively
   */
  constructor(
    options: InputOptions,
    onSkip: (message: string) => void,
    from: Position = START,
    newTexts: NewTexts | null = null,
  ) {
    this.#options = options
    this.#onSkip = onSkip
    this.#newTexts = newTexts
    this.#from = from
    this.#file = from.file
    this.skipped = from.skipped
  }

  /** The next batch, null at the end. An error is thrown after the rows before it were given. */
  async next(): Promise<RowBatch | null> {
    if (this.#failure !== null) throw this.#failure.error
    const { paths, skipsBadLines } = this.#options
    for (;;) {
      const path = paths[this.#file]
      if (path === undefined) return null
      const file = this.#file
      const input = (this.#input ??= this.#open(path))
      const rows = new Rows(input.newTexts?.() ?? null, skipsBadLines)
      try {
        if (await this.#fill(input, rows)) return this.#batch(input, rows, this.#position(input.lines.place, input))
      } catch (error) {
        this.#failure = { error: inputError(error, input.name) }
        if (rows.count === 0) throw this.#failure.error
        // Reading goes on at the line that failed; where the input itself failed there is none.
        const { lineStart, place } = input.lines
        const failed = error instanceof LocatedError ? lineStart : place
        return this.#batch(input, rows, this.#position(failed, input))
      }
      this.#input = null
      this.#file++
      if (rows.count > 0 || input.header !== null) return this.#batch(input, rows, this.#position(START, null), file)
    }
  }

  #batch(input: OpenInput, rows: Rows, end: Position, file = this.#file): RowBatch {
    const { reader, header } = input
    input.header = null
    return { rows, file, reader, end, header }
  }

  /** Closes the input. Where a read still waits, it is closed when that read ends. */
  close(): void {
    this.#input?.lines.close().catch(() => undefined)
  }

  #open(path: string): OpenInput {
    const { format: given } = this.#options
    const from = this.#file === this.#from.file ? this.#from : START
    const format = given ?? formatOf(path) ?? DEFAULT_FORMAT
    const { rules, reader } = format.open(this.#options, from.header)
    return {
      name: nameOf(path),
      lines: new LineSplitter(bytesOf(path, from.offset, this.read), from, rules),
      reader,
      newTexts: this.#nativeTexts(format),
      header: null,
    }
  }

  #nativeTexts({ native }: InputFormat): (() => NativeTexts) | null {
    const newTexts = this.#newTexts
    if (newTexts === null || native === null) return null
    const [text, ...others] = this.#options.fields.texts
    if (text === undefined || (native === 'json' && others.length > 0)) return null
    const field = native === 'json' ? text : null
    // On its way to Rust a lone surrogate in the name becomes U+FFFD, which would name another
    // field.
    if (field?.includes('\ufffd') === true || /\p{Surrogate}/u.test(field ?? '')) return null
    return () => newTexts(field)
  }

  /** @returns whether the batch is full; otherwise the input is at its end */
  async #fill(input: OpenInput, rows: Rows): Promise<boolean> {
    const { lines } = input
    /**
     * Lines that are read here before the native module is tried again, now and after the next
     * failure.
     */
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
      const row = this.#read(input, line)
      if (row !== null) rows.add(row, line.number, this.#options.keepsLines === true ? bytesOfLine(line) : null)
    }
  }

  #read(input: OpenInput, line: Line): Row | null {
    const { name, reader } = input
    const before = reader.header
    try {
      const row = reader.read(line)
      if (this.#options.keepsLines === true && reader.header !== before) input.header = bytesOfLine(line)
      if (row !== NO_TEXT) return row
      this.skipped++
      return null
    } catch (error) {
      if (!(error instanceof BadLine || error instanceof BadHeader)) throw error
      const located = new LocatedError(`${name}:${line.number}: ${error.message}`)
      if (!this.#options.skipsBadLines || error instanceof BadHeader) throw located
      this.skipped++
      this.#onSkip(located.message)
      return null
    }
  }

  #position({ offset, line }: Place, input: OpenInput | null): Position {
    return { file: this.#file, offset, line, header: input?.reader.header ?? null, skipped: this.skipped }
  }
}

/** A copy: the bytes that were read are many lines together. */
function bytesOfLine({ bytes, start, end }: Line): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}
