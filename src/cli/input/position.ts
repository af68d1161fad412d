// Where in the inputs a run is: `--resume` goes on from such a position.

import type { Header } from './format.js'

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

export const START: Position = { file: 0, offset: 0, line: 0, header: null, skipped: 0 }
