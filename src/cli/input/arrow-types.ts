// What the columns of an Arrow file are to us, and their values.

import type { Data, DataType, Decimal, Field } from 'apache-arrow'

import type { Arrow } from '../arrow-library.js'
import type { Column, ColumnValue, TimeUnit } from '../column.js'
import { timeOfDayText } from '../time-text.js'
import { nestedJson } from './arrow-nested.js'
import { decimalText } from './decimal-text.js'

/** Where Arrow notes that bytes are a UUID, or that a string is JSON. */
const EXTENSION = 'ARROW:extension:name'

export interface ArrowType extends Pick<Column, 'type' | 'unit' | 'isUtc'> {
  /** The value of a row that is not null. */
  readonly valueAt: (data: Data, row: number) => ColumnValue
}

/** Null for what we have no column for: intervals, durations, unions. */
export function arrowType(arrow: Arrow, { type, metadata }: Field): ArrowType | null {
  return typeOf(arrow, type as DataType, metadata.get(EXTENSION))
}

/** Whether its values are strings. */
export function isText({ DataType: Types }: Pick<Arrow, 'DataType'>, type: DataType): boolean {
  if (Types.isDictionary(type)) return isText({ DataType: Types }, type.dictionary as DataType)
  return Types.isUtf8(type) || Types.isLargeUtf8(type) || Types.isUtf8View(type)
}

function typeOf(arrow: Arrow, type: DataType, extension: string | undefined): ArrowType | null {
  const { DataType: Types } = arrow
  const get = (data: Data, row: number): ColumnValue => new arrow.Vector([data]).get(row) as ColumnValue
  const as = (name: Column['type'], valueAt = get): ArrowType => ({ type: name, valueAt })
  if (isText(arrow, type)) return as(extension === 'arrow.json' ? 'json' : 'string')
  if (Types.isDictionary(type)) {
    const values = typeOf(arrow, type.dictionary as DataType, extension)
    if (values === null) return null
    const { valueAt } = values
    return { ...values, valueAt: (data, row) => dictionaryValue(data, row, valueAt) }
  }
  if (Types.isBool(type)) return as('boolean')
  if (Types.isInt(type)) {
    if (type.bitWidth === 64) return as(type.isSigned ? 'int64' : 'uint64', raw)
    return as(type.bitWidth === 32 && !type.isSigned ? 'int64' : 'int32', raw)
  }
  if (Types.isFloat(type)) return as(type.precision === arrow.Precision.DOUBLE ? 'float64' : 'float32')
  if (Types.isDate(type)) return as('date', type.unit === arrow.DateUnit.DAY ? raw : dayOfMilliseconds)
  if (Types.isTimestamp(type)) return { ...timeOf(arrow, type.unit), isUtc: (type.timezone ?? '') !== '' }
  if (Types.isDecimal(type)) return as('string', (data, row) => decimalAt(data, row, type))
  if (Types.isFixedSizeBinary(type)) return extension === 'arrow.uuid' ? as('string', uuidAt) : as('bytes')
  if (Types.isTime(type)) {
    const unit = unitOf(arrow, type.unit)
    // Of seconds we have milliseconds.
    const scale = type.unit === arrow.TimeUnit.SECOND ? 1000 : 1
    return as('string', (data, row) => {
      const time = raw(data, row) as bigint | number
      return timeOfDayText(typeof time === 'number' ? scale * time : time, unit)
    })
  }
  if (Types.isNull(type)) return as('string')
  const nested = nestedJson(arrow, type, (field) => arrowType(arrow, field))
  if (nested !== null) return as('json', nested)
  if (Types.isBinary(type) || Types.isLargeBinary(type) || Types.isBinaryView(type)) return as('bytes')
  return null
}

function raw(data: Data, row: number): ColumnValue {
  return (data.values as readonly ColumnValue[])[row] ?? 0
}

function dictionaryValue(data: Data, row: number, valueAt: ArrowType['valueAt']): ColumnValue {
  let index = Number(raw(data, row))
  for (const chunk of data.dictionary?.data ?? []) {
    if (index < chunk.length) return valueAt(chunk as Data, index)
    index -= chunk.length
  }
  throw new Error('a value is not in its dictionary')
}

const DAY_MS = 86_400_000

function dayOfMilliseconds(data: Data, row: number): ColumnValue {
  return Math.floor(Number(raw(data, row)) / DAY_MS)
}

function timeOf(arrow: Arrow, unit: number): ArrowType & { readonly unit: TimeUnit } {
  // Of seconds we have milliseconds.
  const ofSecond = (data: Data, row: number): ColumnValue => 1000n * (raw(data, row) as bigint)
  const isSecond = unit === (arrow.TimeUnit.SECOND as number)
  return { type: 'timestamp', unit: unitOf(arrow, unit), valueAt: isSecond ? ofSecond : raw }
}

function unitOf({ TimeUnit: Units }: Arrow, unit: number): TimeUnit {
  if (unit === (Units.SECOND as number) || unit === (Units.MILLISECOND as number)) return 'ms'
  return unit === (Units.MICROSECOND as number) ? 'us' : 'ns'
}

/** A decimal with all its digits. */
function decimalAt({ values }: Data, row: number, { bitWidth, scale }: Decimal): string {
  const words = values as Uint32Array
  const size = bitWidth / 32
  let integer = 0n
  for (let i = size - 1; i >= 0; i--) integer = (integer << 32n) | BigInt(words[row * size + i] ?? 0)
  return decimalText(BigInt.asIntN(bitWidth, integer), scale)
}

function uuidAt({ values }: Data, row: number): string {
  const hex = Buffer.from((values as Uint8Array).subarray(16 * row, 16 * row + 16)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
