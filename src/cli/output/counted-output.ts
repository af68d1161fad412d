// Checks, in every format, that an output holds as many rows as it was given, each with all its
// columns.

import type { Columns, OpenOutput, Output } from './format.js'
import type { Sink } from './sink.js'

/**
 * Opens an output whose rows are counted.
 *
 * @param rows how many it holds when it is opened
 */
export async function openCounted(
  open: OpenOutput,
  sink: Sink,
  columns: Columns,
  state: unknown,
  rows: number,
): Promise<Output> {
  const output = await open(sink, columns, state)
  let expected = rows
  const check = (): void => {
    const found = output.rows()
    if (found !== expected) throw new Error(`expected the output to hold ${expected} rows, but it holds ${found}`)
  }
  check()
  return {
    async write(rows) {
      const { ids, texts, matrix } = rows
      if (columns.id !== null) assertWhole(columns.id, ids.length, matrix.rows)
      if (columns.text !== null) assertWhole(columns.text, texts.length, matrix.rows)
      await output.write(rows)
      expected += matrix.rows
      check()
    },
    rows: () => output.rows(),
    state: () => output.state(),
    async finish() {
      await output.finish()
      check()
    },
  }
}

function assertWhole(column: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new Error(`expected ${expected} values in ${JSON.stringify(column)}, one per row, but got ${found}`)
  }
}
