// An output whose columns are those of its first rows: it is opened when they come. Checks, in every
// format, that later rows have the same columns, that each has all its values, and that the output
// holds as many rows as it was given.

import type { Column, ColumnData } from '../column.js'
import { countOf, idsOf, isUtf8 } from '../column-values.js'
import type { Columns, Output, OutputFormat, OutputRows, VectorColumn } from './format.js'
import { alignedColumns, inferredColumn } from './inferred-columns.js'
import { integerColumn, isInteger } from './integer-columns.js'
import { assertFitsMilvus, assertImportable, milvusColumn } from './milvus-limits.js'
import type { Sink } from './sink.js'

/** What is noted for a run that goes on; null = no row was written. */
interface State {
  readonly columns: readonly Column[]
  readonly output: unknown
}

/**
 * @param expected the columns of an output that gets no rows
 * @param rows how many it holds when it is opened
 */
export async function openTyped(
  { open, isTyped }: OutputFormat,
  sink: Sink,
  vector: VectorColumn,
  expected: readonly Column[],
  before: unknown,
  rows: number,
): Promise<Output> {
  const opened = async (columns: readonly Column[], state: unknown): Promise<OpenOutput> => ({
    columns,
    output: await open(sink, { ...vector, columns }, state),
  })
  const { columns, output: state } = (before ?? { columns: null, output: null }) as Partial<State>
  let current = columns == null ? null : await opened(columns, state)
  let count = rows
  const check = (): void => {
    const found = current?.output.rows() ?? 0
    if (found !== count) throw new Error(`expected the output to hold ${count} rows, but it holds ${found}`)
  }
  check()
  return {
    async write(rows) {
      const found = isTyped && rows.isSparse && current !== null ? alignedColumns(current.columns, rows) : rows.columns
      const typed = (isTyped ? found.map((data, i) => typedColumn(data, current?.columns[i], rows)) : found).map(
        (data) => (vector.isForMilvus ? milvusColumn(data, rows) : data),
      )
      current ??= await opened(
        typed.map(({ column }) => column),
        null,
      )
      assertSame(current.columns, typed, isTyped, rows)
      const written = { ...rows, columns: typed }
      if (vector.isForMilvus) assertFitsMilvus(written)
      await current.output.write(written)
      if (vector.isForMilvus) assertImportable(sink.size)
      count += rows.matrix.rows
      check()
    },
    rows: () => count,
    isWhole: () => current?.output.isWhole() ?? true,
    state: (): State | null => current && { columns: current.columns, output: current.output.state() },
    async finish() {
      // Without a row, an id could be of either type: as a string it stands for both.
      current ??= await opened(
        expected.map((each) => (each.type === 'id' ? { ...each, type: 'string' } : each)),
        null,
      )
      await current.output.finish()
      check()
    },
  }
}

interface OpenOutput {
  readonly columns: Columns['columns']
  readonly output: Output
}

/** Ids as the type that they have in the output, or, in the first rows, that the first one has. */
function typedColumn(data: ColumnData, before: Column | undefined, rows: OutputRows): ColumnData {
  const { column, values } = data
  if (column.type === 'any') return inferredColumn(data, before, rows)
  if (before !== undefined && before.type !== column.type && isInteger(before.type) && isInteger(column.type))
    return integerColumn(data, before.type, rows)
  if (column.type !== 'id') return data
  // Ids that were read natively are all of one type.
  const native = isUtf8(values) ? 'string' : values instanceof BigInt64Array ? 'int64' : null
  if (native !== null && native === (before?.type ?? native)) return { column: { ...column, type: native }, values }
  const ids = idsOf(values, column.type)
  const type = before?.type ?? (typeof ids[0] === 'string' ? 'string' : 'int64')
  const wrong = ids.findIndex((id: unknown) => (type === 'string' ? typeof id !== 'string' : !Number.isInteger(id)))
  if (wrong === -1) return { column: { ...column, type }, values }
  const found = ids[wrong]
  const expected = type === 'string' ? 'a string' : 'an integer'
  const rule = 'in this format ids are all integers or all strings, as the first one is'
  throw new Error(
    `${rows.placeOf(wrong)}: expected ${expected} in ${JSON.stringify(column.name)}, but got ${JSON.stringify(found)}: ${rule}`,
  )
}

function assertSame(
  columns: readonly Column[],
  found: readonly ColumnData[],
  isTyped: boolean,
  { matrix, placeOf }: OutputRows,
): void {
  for (const { column, values } of found) {
    const count = countOf(values)
    if (count === matrix.rows) continue
    throw new Error(`expected ${matrix.rows} values in ${JSON.stringify(column.name)}, one per row, but got ${count}`)
  }
  if (!isTyped) return
  for (let i = 0; i < Math.max(columns.length, found.length); i++) {
    const [was, is] = [columns[i], found[i]?.column]
    const isSame =
      was?.name === is?.name &&
      was?.type === is?.type &&
      was?.unit === is?.unit &&
      was?.isUtc === is?.isUtc &&
      (was?.isNullable === true || is?.isNullable === false)
    if (!isSame) throw new Error(`${placeOf(0)}: expected ${shown(was)}, as in the rows before, but got ${shown(is)}`)
  }
}

function shown(column: Column | undefined): string {
  if (column === undefined) return 'no more columns'
  const { name, type, isNullable, unit, isUtc } = column
  const of = [type, unit, isUtc === true ? 'UTC' : undefined, isNullable ? 'or null' : undefined]
  return `the column ${JSON.stringify(name)} (${of.filter((each) => each !== undefined).join(' ')})`
}
