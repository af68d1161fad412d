// The values of a column, which come one by one and many at once.

import type { ColumnValue, ColumnValues } from './column.js'
import { countOf, joinedValues } from './column-values.js'

export class ValueRuns {
  /** How many values there are. */
  count = 0
  readonly #runs: ColumnValues[] = []
  /** The last run, where it has values that came one by one. */
  #open: (ColumnValue | null)[] | null = null

  push(value: ColumnValue | null): void {
    if (this.#open === null) {
      this.#open = []
      this.#runs.push(this.#open)
    }
    this.#open.push(value)
    this.count++
  }

  append(values: ColumnValues): void {
    this.#open = null
    this.#runs.push(values)
    this.count += countOf(values)
  }

  /** All. */
  get values(): ColumnValues {
    return joinedValues(this.#runs)
  }
}
