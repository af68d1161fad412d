// Integers of one type as those of another: inputs may have them with 32 bits and with 64, signed and
// unsigned, and a column of an output has one type.

import type { ColumnData, ColumnType } from '../column.js'
import type { OutputRows } from './format.js'

type IntegerType = 'int32' | 'int64' | 'uint64'

const TYPES: Readonly<Record<IntegerType, readonly [title: string, least: bigint, most: bigint]>> = {
  int32: ['an integer of 32 bits', -(2n ** 31n), 2n ** 31n - 1n],
  int64: ['an integer of 64 bits', -(2n ** 63n), 2n ** 63n - 1n],
  uint64: ['an unsigned integer of 64 bits', 0n, 2n ** 64n - 1n],
}

export function isInteger(type: ColumnType): type is IntegerType {
  return type in TYPES
}

/**
 * A column of integers with another type of integers.
 *
 * @throws Error with the row, for a value that the type does not have
 */
export function integerColumn(data: ColumnData, type: IntegerType, { placeOf }: OutputRows): ColumnData {
  const { column } = data
  const values = [...(data.values as Iterable<bigint | number | null>)]
  const [title, least, most] = TYPES[type]
  const wrong = values.findIndex((value) => value !== null && (value < least || value > most))
  if (wrong !== -1) {
    throw new Error(
      `${placeOf(wrong)}: expected ${title} in ${JSON.stringify(column.name)}, as in the rows before, ` +
        `but got ${String(values[wrong])}`,
    )
  }
  return { column: { ...column, type }, values: values.map((value) => (value === null ? null : valueOf(type, value))) }
}

function valueOf(type: IntegerType, value: bigint | number): bigint | number {
  return type === 'int32' ? Number(value) : value
}
