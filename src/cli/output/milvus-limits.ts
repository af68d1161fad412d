// What Milvus refuses to import, said before a server does, and what it takes in another type.

import type { ColumnData } from '../column.js'
import { isUtf8, listOf } from '../column-values.js'
import { jsonOf } from './column-json.js'
import type { OutputRows } from './format.js'
import { integerColumn } from './integer-columns.js'

/** The longest VarChar, in bytes (Milvus: proxy.maxVarCharLength). */
const VARCHAR_BYTES = 65_535
/** The largest file (Milvus: dataNode.import.maxImportFileSizeInGB). */
const FILE_BYTES = 16 * 2 ** 30

/**
 * A column as a field of Milvus, which has no unsigned integers, and dates and times only as text.
 *
 * @throws Error for bytes, and with the row for an integer beyond 63 bits
 */
export function milvusColumn(data: ColumnData, rows: OutputRows): ColumnData {
  const { column, values } = data
  switch (column.type) {
    case 'uint64':
      return integerColumn(data, 'int64', rows)
    case 'date':
    case 'timestamp': {
      const texts = Array.from(listOf(values), (value) =>
        value === null ? null : (JSON.parse(jsonOf(column, value)) as string),
      )
      return { column: { name: column.name, type: 'string', isNullable: column.isNullable }, values: texts }
    }
    case 'bytes':
      throw new Error(
        `${rows.placeOf(0)}: Milvus has no field for bytes, as ${JSON.stringify(column.name)} has: leave it out of --keep`,
      )
    default:
      return data
  }
}

/** @throws Error for a string that no VarChar holds */
export function assertFitsMilvus({ columns, placeOf }: OutputRows): void {
  for (const { column, values } of columns) {
    if (isUtf8(values) && values.bytes.length <= VARCHAR_BYTES) continue
    const all = listOf(values)
    const row = all.findIndex((value: unknown) => typeof value === 'string' && !isVarChar(value))
    if (row === -1) continue
    const found = Buffer.byteLength(all[row] as string)
    throw new Error(
      `${placeOf(row)}: expected at most ${VARCHAR_BYTES} bytes in ${JSON.stringify(column.name)}, which is what a ` +
        `VarChar of Milvus holds, but got ${found}`,
    )
  }
}

function isVarChar(value: string): boolean {
  // A UTF-16 unit becomes at most three bytes.
  return value.length * 3 <= VARCHAR_BYTES || Buffer.byteLength(value) <= VARCHAR_BYTES
}

/** @throws Error for a file that Milvus does not import */
export function assertImportable(size: number): void {
  if (size <= FILE_BYTES) return
  throw new Error(`Milvus imports files of at most 16 GiB, but this one has ${size} bytes: embed the inputs in parts`)
}
