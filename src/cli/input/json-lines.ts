// JSON Lines: an object per line, with the text in one field and the id in another.

import { describe } from '../../errors.js'
import { BadLine, excerpt, stringOf } from './format.js'
import type { Fields, InputFormat, Row } from './format.js'
import { EVERY_LINE_FEED } from './line.js'
import type { Line } from './line.js'

export const jsonLines: InputFormat = {
  name: 'jsonl',
  title: 'JSON Lines',
  endings: ['.jsonl', '.ndjson'],
  hasFields: true,
  native: 'json',
  // A carriage return is white space in JSON.
  newLineRules: () => ({ ends: EVERY_LINE_FEED, allowsReturns: true }),
  newReader: (fields) => ({ read: (line) => rowOf(line, fields), header: null }),
}

function rowOf(line: Line, fields: Fields): Row | null {
  const json = stringOf(line)
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    if (json.trim() === '') return null
    throw new BadLine(`expected JSON, but got ${excerpt(json)}: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadLine(`expected an object with ${JSON.stringify(fields.text)}, but got ${describe(value)}`)
  }
  const object = value as Record<string, unknown>
  const text = object[fields.text]
  if (typeof text !== 'string') throw new BadLine(wrongField(object, fields.text, 'a string', text))
  if (fields.id === null) return { text, id: null }
  const id = object[fields.id]
  if (typeof id !== 'string' && typeof id !== 'number') {
    throw new BadLine(wrongField(object, fields.id, 'a string or a number', id))
  }
  // JSON.parse has rounded it: it is not the file's id any more, and may be that of another row.
  if (typeof id === 'number' && Math.abs(id) > Number.MAX_SAFE_INTEGER) {
    throw new BadLine(wrongField(object, fields.id, 'a string or a number of at most 2^53 - 1', id))
  }
  return { text, id }
}

function wrongField(object: object, name: string, expected: string, found: unknown): string {
  const what = `expected ${expected} in ${JSON.stringify(name)}`
  if (found !== undefined) return `${what}, but got ${describe(found)}`
  const names = Object.keys(object).map((each) => JSON.stringify(each))
  return `${what}, but there is only ${names.length === 0 ? 'an empty object' : names.slice(0, 10).join(', ')}`
}
