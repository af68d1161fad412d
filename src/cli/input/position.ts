// Where in the inputs a run is: `--resume` goes on from such a position.

import type { Header } from './format.js'
import type { Pin } from './pin.js'

export interface Position {
  /** The index of the input. */
  readonly file: number
  /** Bytes of the input before it, as unpacked and in UTF-8. */
  readonly offset: number
  /** Line breaks of the input before it. */
  readonly line: number
  /** The header of that input; null when it has none, or it is still to be read. */
  readonly header: Header | null
  /** Lines that were skipped so far, in all inputs. */
  readonly skipped: number
}

/** A part of an input that starts and ends between rows. */
export interface InputRange {
  /** The first that is read and the one after the last: bytes of a file of lines, rows of columns. */
  readonly from: number
  readonly to: number
  /** Line breaks before `from`, where they were counted (tables with quotes), or rows of columns; null = not known. */
  readonly line: number | null
  /** The header of a table; null = it is in the range, or there is none. */
  readonly header: Header | null
}

/** What is read of an input, and what shows that it is the right one. */
export interface InputPart {
  /** Null = all of it. */
  readonly range: InputRange | null
  readonly pin: Pin
}

export const START: Position = { file: 0, offset: 0, line: 0, header: null, skipped: 0 }
