// Columns beside the vectors' in Parquet, as hyparquet-writer takes them.

import type { ColumnSource, SchemaElement } from 'hyparquet-writer'

import type { Column, ColumnData, ColumnValue } from '../column.js'

export function schemaElement(column: Column): SchemaElement {
  return { name: column.name, repetition_type: column.isNullable ? 'OPTIONAL' : 'REQUIRED', ...typeOf(column) }
}

function typeOf({ type, unit = 'us', isUtc = false }: Column): Omit<SchemaElement, 'name'> {
  switch (type) {
    case 'boolean':
      return { type: 'BOOLEAN' }
    case 'int32':
      return { type: 'INT32' }
    case 'int64':
      return { type: 'INT64' }
    case 'uint64':
      return { type: 'INT64', converted_type: 'UINT_64' }
    case 'float32':
      return { type: 'FLOAT' }
    case 'float64':
      return { type: 'DOUBLE' }
    case 'bytes':
      return { type: 'BYTE_ARRAY' }
    case 'date':
      return { type: 'INT32', converted_type: 'DATE' }
    case 'timestamp': {
      const name = ({ ms: 'MILLIS', us: 'MICROS', ns: 'NANOS' } as const)[unit]
      return { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: isUtc, unit: name } }
    }
    // Not Parquet's JSON, which not every reader knows.
    case 'json':
    case 'string':
    case 'id':
      return { type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  }
}

export function columnSource({ column, values }: ColumnData): ColumnSource {
  const { name, type } = column
  const isBig = type === 'int64' || type === 'uint64'
  const numbers = isBig && !ArrayBuffer.isView(values) ? values.map(bigOf) : values
  // The library changes nothing in it.
  return { name, data: numbers as ColumnValue[] }
}

function bigOf(value: ColumnValue | null): bigint | null {
  return value === null ? null : BigInt(value as bigint | number)
}
