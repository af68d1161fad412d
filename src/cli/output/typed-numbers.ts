// Numbers of a column as the memory that formats with columns write. A null is a 0 there.

import type { ColumnType, ListedValues } from '../column.js'

export type NumberType = Extract<
  ColumnType,
  'int32' | 'date' | 'int64' | 'timestamp' | 'uint64' | 'float32' | 'float64'
>

type TypedNumbers = Int32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array

export function typedNumbers(type: NumberType, values: ListedValues): TypedNumbers {
  const numbers = values as ArrayLike<number>
  switch (type) {
    case 'int32':
    case 'date':
      return values instanceof Int32Array ? values : Int32Array.from(numbers)
    case 'int64':
    case 'timestamp':
      return values instanceof BigInt64Array ? values : BigInt64Array.from(numbers, bigOf)
    case 'uint64':
      return values instanceof BigUint64Array ? values : BigUint64Array.from(numbers, bigOf)
    case 'float32':
      return values instanceof Float32Array ? values : Float32Array.from(numbers)
    case 'float64':
      return values instanceof Float64Array ? values : Float64Array.from(numbers)
  }
}

function bigOf(value: bigint | number | null): bigint {
  return BigInt(value ?? 0)
}
