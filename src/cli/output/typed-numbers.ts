// Numbers of a column as the memory that formats with columns write. A null is a 0 there.

import type { ColumnType, ListedValues } from '../column.js'

export type NumberType = Extract<
  ColumnType,
  'int32' | 'date' | 'int64' | 'timestamp' | 'uint64' | 'float32' | 'float64'
>

type TypedNumbers = Int32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array

export function typedNumbers(type: NumberType, values: ListedValues): TypedNumbers {
  switch (type) {
    case 'int32':
    case 'date':
      return values instanceof Int32Array ? values : filled(new Int32Array(values.length), values)
    case 'int64':
    case 'timestamp':
      return values instanceof BigInt64Array ? values : filledBig(new BigInt64Array(values.length), values)
    case 'uint64':
      return values instanceof BigUint64Array ? values : filledBig(new BigUint64Array(values.length), values)
    case 'float32':
      return values instanceof Float32Array ? values : filled(new Float32Array(values.length), values)
    case 'float64':
      return values instanceof Float64Array ? values : filled(new Float64Array(values.length), values)
  }
}

// Loops: `from` of typed arrays takes five times as long.

function filled<T extends Int32Array | Float32Array | Float64Array>(numbers: T, values: ListedValues): T {
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i])
  return numbers
}

function filledBig<T extends BigInt64Array | BigUint64Array>(numbers: T, values: ListedValues): T {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as bigint | number | null
    numbers[i] = typeof value === 'bigint' ? value : BigInt(value ?? 0)
  }
  return numbers
}
