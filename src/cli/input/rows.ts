// The rows of a batch: their texts, here or in the native module, their ids, and the lines they
// were read from.

import type { NativeTexts } from '../../native/interface.js'
import { DEFAULT_BATCH_BYTES, DEFAULT_BATCH_SIZE } from '../../options/stream.js'
import { NO_TEXT } from './format.js'
import type { Id, Row, RowReader } from './format.js'
import { linesOf } from './lines.js'
import type { LineSplitter } from './lines.js'

/** Consecutive rows whose texts the native module has, and where they were read. */
interface NativeRun {
  /** The index of the first row. */
  readonly row: number
  /** The line of the first row; each following row is one line further. */
  readonly line: number
  /** The lines; or the one text, where it was read here; null where sources are not kept. */
  readonly source: Buffer | string | null
}

export class Rows {
  /** Has the texts instead of `texts`, where they are read natively. */
  readonly native: NativeTexts | null
  readonly texts: string[] = []
  /** Empty when the caller wants no ids. */
  readonly ids: Id[] = []
  /** The line of each row as it is, without its line break; empty unless the caller wants them. */
  readonly lines: Uint8Array[] = []
  /** The number of rows. */
  count = 0
  /** UTF-16 code units of all texts. */
  units = 0
  /** The number of the line of each row of `texts`. */
  readonly #numbers: number[] = []
  readonly #runs: NativeRun[] = []
  readonly #keepsSources: boolean

  /**
   * @param keepsSources whether rows that the native module has can be read again, which takes
   * memory
   */
  constructor(native: NativeTexts | null, keepsSources: boolean) {
    this.native = native
    this.#keepsSources = keepsSources
  }

  /** Whether {@link Rows.reread} can give all texts. */
  get canBeReread(): boolean {
    return this.native === null || this.#keepsSources
  }

  get isFull(): boolean {
    return this.count >= DEFAULT_BATCH_SIZE || this.units >= DEFAULT_BATCH_BYTES
  }

  /** @param bytes the line as it is, where the caller wants it */
  add({ text, id }: Row, line: number, bytes: Uint8Array | null = null): void {
    if (this.native === null) {
      this.texts.push(text)
      this.#numbers.push(line)
    } else {
      this.native.push(text)
      this.#runs.push({ row: this.count, line, source: this.#keepsSources ? text : null })
    }
    if (id !== null) this.ids.push(id)
    if (bytes !== null) this.lines.push(bytes)
    this.count++
    this.units += text.length
  }

  /**
   * Has the native module read lines up to the first that it leaves to a {@link RowReader}.
   *
   * @returns whether it read any
   */
  addLines(lines: LineSplitter): boolean {
    if (this.native === null) return false
    const { bytes, at } = lines.ahead
    const read = this.native.readLines(bytes, at, DEFAULT_BATCH_SIZE - this.count, DEFAULT_BATCH_BYTES - this.units)
    if (read.lines === 0) return false
    const source = this.#keepsSources ? bytes.subarray(at, at + read.bytes) : null
    this.#runs.push({ row: this.count, line: lines.place.line + 1, source })
    lines.skip(read.bytes, read.lines)
    this.count += read.lines
    this.units += read.units
    return true
  }

  /** The line of a row in its file, from 1. */
  lineOf(row: number): number {
    if (this.native === null) return this.#numbers[row] ?? 0
    const run = this.#runs.findLast((each) => each.row <= row)
    return run === undefined ? 0 : run.line + row - run.row
  }

  /** The same rows with their texts here: a call uses the native module's up. */
  reread(reader: RowReader): Rows {
    if (this.native === null) return this
    const rows = new Rows(null, true)
    for (const { line, source } of this.#runs) {
      if (typeof source === 'string') {
        rows.add({ text: source, id: null }, line)
      } else if (source !== null) {
        for (const each of linesOf(source, line)) {
          const row = reader.read(each)
          rows.add(row === null || row === NO_TEXT ? { text: '', id: null } : row, each.number)
        }
      }
    }
    return rows
  }

  /** The rows of `texts` that `isKept` returns true for. */
  filter(isKept: (row: number) => boolean): Rows {
    const rows = new Rows(null, true)
    for (const [i, text] of this.texts.entries()) {
      if (isKept(i)) rows.add({ text, id: this.ids[i] ?? null }, this.lineOf(i), this.lines[i] ?? null)
    }
    return rows
  }
}
