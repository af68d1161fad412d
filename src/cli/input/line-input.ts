// An input of lines that is being read: natively where that is possible, line by line elsewhere.

import type { NativeTexts } from '../../native/interface.js'
import { LocatedError } from './bad-rows.js'
import type { BadRows } from './bad-rows.js'
import { BadHeader, BadLine, NO_TEXT } from './format.js'
import type { LineFormat, Row, RowReader } from './format.js'
import type { Line, Place } from './line.js'
import type { LineSplitter } from './lines.js'
import type { OffsetId, OpenInput } from './open-input.js'
import { Rows } from './rows.js'

/**
 * After lines that the native module left to us, at most this many more are read here before it is
 * tried again: where it leaves one line it leaves others, and each trial costs a call.
 */
const MOST_LINES_HERE = 63

export interface LineInputParts {
  readonly name: string
  readonly lines: LineSplitter
  readonly reader: RowReader
  /** Makes what reads these lines natively; null where nothing does. */
  readonly newTexts: (() => NativeTexts) | null
  /** Whether texts that are read natively are wanted in UTF-8. */
  readonly withTexts: boolean
  /** What columns of other fields are, where rows have some. */
  readonly kept: LineFormat['kept']
  readonly badRows: BadRows
  /** Whether rows that the native module has may be read again. */
  readonly keepsSources: boolean
  /** Whether rows have their lines as they are, too. */
  readonly keepsLines: boolean
  /** Makes ids of rows that have none, of the byte at which a row starts; null = they have none. */
  readonly idOf: OffsetId | null
}

export class LineInput implements OpenInput {
  readonly #parts: LineInputParts
  /** The header as it is, until it is given out; null where nobody wants it. */
  #header: Uint8Array | null = null

  constructor(parts: LineInputParts) {
    this.#parts = parts
  }

  get name(): string {
    return this.#parts.name
  }

  get place(): Place {
    return this.#parts.lines.place
  }

  get failedAt(): Place {
    return this.#parts.lines.lineStart
  }

  get header(): RowReader['header'] {
    return this.#parts.reader.header
  }

  newRows(): Rows {
    const { newTexts, withTexts, reader, keepsSources } = this.#parts
    return new Rows({ native: newTexts?.() ?? null, reader, keepsSources, withTexts })
  }

  async fill(rows: Rows): Promise<boolean> {
    const { lines, kept, keepsLines } = this.#parts
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
      const row = this.#read(line)
      if (row === null) continue
      rows.add(row, line.number, keepsLines ? bytesOfLine(line) : null)
      if (row.kept !== undefined && kept !== null) rows.keepFields(row.kept, kept)
    }
  }

  takeHeader(): Uint8Array | null {
    const header = this.#header
    this.#header = null
    return header
  }

  close(): Promise<void> {
    return this.#parts.lines.close()
  }

  #read(line: Line): Row | null {
    const { name, lines, reader, badRows, keepsLines, idOf } = this.#parts
    const before = reader.header
    try {
      const row = reader.read(line)
      if (keepsLines && reader.header !== before) this.#header = bytesOfLine(line)
      if (row !== NO_TEXT)
        return row === null || idOf === null ? row : { ...row, id: row.id ?? idOf(lines.lineStart.offset) }
      badRows.leaveOut()
    } catch (error) {
      if (!(error instanceof BadLine || error instanceof BadHeader)) throw error
      const located = new LocatedError(`${name}:${line.number}: ${error.message}`)
      if (error instanceof BadHeader) throw located
      badRows.refuse(located)
    }
    return null
  }
}

/** A copy: the bytes that were read are many lines together. */
function bytesOfLine({ bytes, start, end }: Line): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}
