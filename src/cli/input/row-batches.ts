// Reads the rows of one or several inputs in batches, each with the position after it.

import type { TextReader } from '../../call/encode.js'
import type { NativeTexts } from '../../native/interface.js'
import { BadRows, inputError, LocatedError } from './bad-rows.js'
import { bytesOf, nameOf } from './bytes.js'
import type { ByteCount, BytesOptions } from './bytes.js'
import type { ColumnFile } from './column-format.js'
import { ColumnInput } from './column-input.js'
import { keepsFields } from './fields.js'
import type { LineFormat, ReadOptions } from './format.js'
import { DEFAULT_FORMAT, formatOf } from './formats.js'
import type { InputFormat } from './formats.js'
import type { Place } from './line.js'
import { LineInput } from './line-input.js'
import { LineSplitter } from './lines.js'
import type { OffsetId, OpenInput } from './open-input.js'
import { NO_PIN } from './pin.js'
import { START } from './position.js'
import type { InputPart, Position } from './position.js'
import type { Rows } from './rows.js'

/** Rows of one input. */
export interface RowBatch {
  readonly rows: Rows
  /** The index of the input. */
  readonly file: number
  /** Whether a header of that input was read. */
  readonly hasHeader: boolean
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
  /**
   * For each of the paths what it is called in ids of rows that have none: `<name>@<offset>`. Not for texts
   * that are read natively.
   */
  readonly offsetIds?: readonly string[]
  /** One for each of the paths, where they are not read as a whole. */
  readonly parts?: readonly InputPart[]
}

/**
 * The name of an input in messages, before the number of a line. Where the lines before a part were not
 * counted it is the part's, with its first byte: "docs.jsonl@4096".
 */
export function nameOfInput({ paths, parts }: InputOptions, file: number): string {
  const name = nameOf(paths[file] ?? '')
  const range = parts?.[file]?.range
  return range == null || range.from === 0 || range.line !== null ? name : `${name}@${range.from}`
}

export class RowBatches {
  /** Bytes read so far of all inputs, packed as they are on the disk. */
  readonly read: ByteCount = { bytes: 0 }
  readonly #options: InputOptions
  readonly #from: Position
  readonly #reader: TextReader | null
  readonly #badRows: BadRows
  #input: OpenInput | null = null
  #file: number
  #failure: { readonly error: unknown } | null = null
  readonly #stop = new AbortController()

  /**
   * @param onSkip gets the message of each row that is skipped
   * @param reader for rows whose texts are only encoded and written: those are read natively, where
   *   they have nothing else that is read here
   */
  constructor(
    options: InputOptions,
    onSkip: (message: string) => void,
    from: Position = START,
    reader: TextReader | null = null,
  ) {
    this.#options = options
    this.#reader = reader
    this.#from = from
    this.#file = from.file
    this.#badRows = new BadRows(options.skipsBadLines, from.skipped, onSkip)
  }

  /** Rows skipped so far. */
  get skipped(): number {
    return this.#badRows.skipped
  }

  /** The next batch, null at the end. An error is thrown after the rows before it were given. */
  async next(): Promise<RowBatch | null> {
    if (this.#failure !== null) throw this.#failure.error
    const { paths } = this.#options
    for (;;) {
      const path = paths[this.#file]
      if (path === undefined) return null
      const file = this.#file
      const input = (this.#input ??= this.#open(path))
      const rows = input.newRows()
      try {
        if (await input.fill(rows)) return this.#batch(input, rows, this.#position(input.place, input))
      } catch (error) {
        this.#failure = { error: inputError(error, input.name) }
        if (rows.count === 0) throw this.#failure.error
        // Reading goes on at the row that failed; where the input itself failed there is none.
        const failed = error instanceof LocatedError ? input.failedAt : input.place
        return this.#batch(input, rows, this.#position(failed, input))
      }
      await input.close()
      this.#input = null
      this.#file++
      const batch = this.#batch(input, rows, this.#position(START, null), file)
      if (rows.count > 0 || batch.header !== null) return batch
    }
  }

  #batch(input: OpenInput, rows: Rows, end: Position, file = this.#file): RowBatch {
    return { rows, file, hasHeader: input.header !== null, end, header: input.takeHeader() }
  }

  /** Closes the input. A wait for the network ends; where another read still waits, it is closed when that read ends. */
  close(): void {
    this.#stop.abort()
    this.#input?.close().catch(() => undefined)
  }

  #open(path: string): OpenInput {
    const { format: given, fields, keep, skipsBadLines, keepsLines = false, offsetIds } = this.#options
    const { range = null, pin = NO_PIN } = this.#options.parts?.[this.#file] ?? {}
    const start: Pick<Position, 'offset' | 'line' | 'header'> =
      range === null ? START : { offset: range.from, line: range.line ?? 0, header: range.header }
    const from = this.#file === this.#from.file && this.#from !== START ? this.#from : start
    const to = range?.to ?? null
    const bytes: BytesOptions = { to, pin, signal: this.#stop.signal }
    const format = given ?? formatOf(path) ?? DEFAULT_FORMAT
    const name = nameOfInput(this.#options, this.#file)
    const called = offsetIds?.[this.#file]
    const idOf: OffsetId | null = called === undefined ? null : (offset) => `${called}@${offset}`
    const common = { name, badRows: this.#badRows, keepsSources: skipsBadLines, idOf }
    if (format.kind === 'columns') {
      const wanted = { ...fields, keep }
      const open = (): Promise<ColumnFile> => format.open(path, wanted, from.line, this.read, bytes)
      const reader = this.#reader
      return new ColumnInput({
        ...common,
        open,
        from: from.line,
        to,
        fields,
        newTexts: reader && (() => reader.newTexts({ text: null, id: null })),
        withTexts: reader?.withTexts ?? false,
      })
    }
    const { rules, reader } = format.open(this.#options, from.header)
    return new LineInput({
      ...common,
      lines: new LineSplitter(bytesOf(path, from.offset, this.read, bytes), from, rules),
      reader,
      newTexts: this.#nativeTexts(format),
      withTexts: this.#reader?.withTexts ?? false,
      kept: format.kept,
      keepsLines,
    })
  }

  #nativeTexts({ native }: LineFormat): (() => NativeTexts) | null {
    const reader = this.#reader
    if (reader === null) return null
    const { id, texts } = this.#options.fields
    const [text, ...others] = texts
    // Other fields are read here, and so are texts of several ones.
    if (keepsFields(this.#options.keep) || text === undefined) return null
    if (native === 'lines' ? id !== null : others.length > 0) return null
    // What a table's fields are says its header.
    const fields = native === 'json' ? { text, id } : { text: null, id: null }
    if ([fields.text, fields.id].some((field) => field !== null && !isWholeInRust(field))) return null
    return () => reader.newTexts(fields)
  }

  #position({ offset, line }: Place, input: OpenInput | null): Position {
    return { file: this.#file, offset, line, header: input?.header ?? null, skipped: this.skipped }
  }
}

/** On its way to Rust a lone surrogate in a name becomes U+FFFD, which would name another field. */
function isWholeInRust(name: string): boolean {
  return !name.includes('\ufffd') && !/\p{Surrogate}/u.test(name)
}
