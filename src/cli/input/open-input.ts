// An input that is being read, whatever its format.

import type { Id } from '../column.js'
import type { Place } from './line.js'
import type { Header } from './format.js'
import type { Rows } from './rows.js'

/** The id of a row by where it is in its input. */
export type OffsetId = (offset: number) => Id

export interface OpenInput {
  readonly name: string
  /** The place after the rows that were read. */
  readonly place: Place
  /** After a row that failed: the place before it. */
  readonly failedAt: Place
  /** Of a table whose header was read. */
  readonly header: Header | null
  /** Rows to be filled. */
  newRows(): Rows
  /**
   * Reads rows.
   *
   * @returns whether `rows` is full; otherwise the input is at its end
   * @throws LocatedError for a row that can't be read
   */
  fill(rows: Rows): Promise<boolean>
  /** The header as it is, once, where the caller wants lines. */
  takeHeader(): Uint8Array | null
  /** Where a read still waits, it is closed when that read ends. */
  close(): Promise<void>
}
