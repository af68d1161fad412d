// The members of each line's object before its vector, as the native module writes them: columns of
// strings and integers as they are in memory, all others as text that is made here.

import type { NativeMember } from '../../native/interface.js'
import type { ColumnData } from '../column.js'
import { isUtf8 } from '../column-values.js'
import { utf8Column } from '../utf8-column.js'
import { messageOf } from '../file-error.js'
import { jsonKey, jsonMember } from './column-json.js'
import type { OutputRows } from './format.js'

/** Texts are made together up to this many UTF-16 code units. */
const MOST_UNITS = 1 << 26

/** The members of consecutive rows. */
export interface LineMembers {
  /** How many rows. */
  readonly count: number
  /** Those of the rows `from` to `to` − 1, counted from the first of these. */
  of(from: number, to: number): NativeMember[]
}

/** @returns gives the members of rows `from` to `to` − 1, or of fewer where their text is long */
export function lineMembers(rows: OutputRows): (from: number, to: number) => LineMembers {
  const members = rows.columns.map(nativeMember)
  const native = members.filter((member) => member !== null)
  if (native.length < members.length) return textMembers(rows)
  return (from, to) => ({
    count: to - from,
    of: (first, last) => native.map((member) => member(from + first, from + last)),
  })
}

/** Null for a column whose values become text here. */
function nativeMember({ column, values }: ColumnData): ((from: number, to: number) => NativeMember) | null {
  const key = jsonKey(column)
  if (values instanceof BigInt64Array && (column.type === 'int64' || column.type === 'id')) {
    return (from, to) => ({ key, integers: values.subarray(from, to), gap: 0 })
  }
  if (!isUtf8(values) || values.nulls !== null || (column.type !== 'string' && column.type !== 'id')) return null
  const { bytes, offsets, gap } = values
  return (from, to) => ({ key, bytes, offsets: offsets.subarray(from, to + 1), gap })
}

function textMembers({ columns, placeOf }: OutputRows): (from: number, to: number) => LineMembers {
  const fields = columns.map(jsonMember)
  const textOf = (row: number): string => {
    try {
      return fields.map((member) => member(row)).join('')
    } catch (error) {
      throw new Error(`${placeOf(row)}: ${messageOf(error)}`, { cause: error })
    }
  }
  return (from, to) => {
    const texts: string[] = []
    for (let row = from, units = 0; row < to && units < MOST_UNITS; row++) {
      const text = textOf(row)
      texts.push(text)
      units += text.length
    }
    const { bytes, offsets } = utf8Column(texts)
    return {
      count: texts.length,
      of: (first, last) => [{ bytes, offsets: offsets.subarray(first, last + 1), gap: 0 }],
    }
  }
}
