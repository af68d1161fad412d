// JSON Lines: an object per line, with texts and id in fields, also in those of inner objects.

import { describe } from '../../errors.js'
import { fieldAt, joinedText, keepsFields } from './fields.js'
import type { FieldPath, Fields, KeptFields } from './fields.js'
import { BadLine, excerpt, NO_TEXT, stringOf } from './format.js'
import type { LineFormat, Row } from './format.js'
import { membersOf } from './json-members.js'
import { EVERY_LINE_FEED } from './line.js'
import type { Line } from './line.js'

export const jsonLines: LineFormat = {
  kind: 'lines',
  name: 'jsonl',
  title: 'JSON Lines',
  endings: ['.jsonl', '.ndjson'],
  hasFields: true,
  isTable: false,
  native: 'json',
  kept: { type: 'any', isNullable: true },
  // A carriage return is white space in JSON.
  open: ({ fields, keep }) => ({
    rules: { ends: EVERY_LINE_FEED, allowsReturns: true },
    reader: {
      read: keepsFields(keep) ? (line) => keepingRowOf(line, fields, keep) : (line) => rowOf(line, fields),
      header: null,
    },
  }),
}

function keepingRowOf(line: Line, fields: Fields, keep: KeptFields): Row | typeof NO_TEXT | null {
  const row = rowOf(line, fields)
  return row === null || row === NO_TEXT ? row : { ...row, kept: keptOf(stringOf(line).trim(), keep) }
}

/** Some JSON, and what is in it, once that was wanted. */
interface Node {
  readonly json: string
  members?: ReadonlyMap<string, string>
}

/** @param json correct */
function keptOf(json: string, keep: KeptFields): ReadonlyMap<string, string | null> {
  if (keep === 'all') return membersOf(json)
  const root: Node = { json }
  const memberOf = (node: Node, name: string): Node | undefined => {
    const found = (node.members ??= membersOf(node.json)).get(name)
    return found === undefined ? undefined : { json: found }
  }
  return new Map(keep.map((path) => [path, fieldAt(root, path, memberOf)?.json ?? null]))
}

function rowOf(line: Line, fields: Fields): Row | typeof NO_TEXT | null {
  const json = stringOf(line)
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    if (json.trim() === '') return null
    throw new BadLine(`expected JSON, but got ${excerpt(json)}: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BadLine(`expected an object with ${JSON.stringify(fields.texts[0])}, but got ${describe(value)}`)
  }
  const { texts } = fields
  const [first = ''] = texts
  const text =
    texts.length === 1
      ? (stringAt(value, first, fields) ?? joinedText([null], fields))
      : joinedText(
          texts.map((path) => stringAt(value, path, fields)),
          fields,
        )
  if (text === null) return NO_TEXT
  if (fields.id === null) return { text, id: null }
  const id = valueAt(value, fields.id)
  if (typeof id !== 'string' && typeof id !== 'number') {
    throw new BadLine(wrongField(value, fields.id, 'a string or a number', id))
  }
  // JSON.parse has rounded it: it is not the file's id any more, and may be that of another row.
  if (typeof id === 'number' && Math.abs(id) > Number.MAX_SAFE_INTEGER) {
    throw new BadLine(wrongField(value, fields.id, 'a string or a number of at most 2^53 - 1', id))
  }
  return { text, id }
}

/** Null where the value is null or missing. @throws BadLine */
function stringAt(object: object, path: FieldPath, { onNull }: Fields): string | null {
  const found = valueAt(object, path)
  if (typeof found === 'string') return found
  if (onNull !== 'fail' && (found ?? null) === null) return null
  throw new BadLine(wrongField(object, path, 'a string', found))
}

function valueAt(object: object, path: FieldPath): unknown {
  const found = (object as Record<string, unknown>)[path]
  // What objects inherit is neither.
  return typeof found === 'string' || typeof found === 'number' ? found : fieldAt<unknown>(object, path, childOf)
}

/** The element of an array is its child with the index as its name. */
function childOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Array.isArray(value) && name === 'length' ? undefined : (value as Record<string, unknown>)[name]
}

function wrongField(object: object, name: FieldPath, expected: string, found: unknown): string {
  const what = `expected ${expected} in ${JSON.stringify(name)}`
  if (found !== undefined) return `${what}, but got ${describe(found)}`
  const names = Object.keys(object).map((each) => JSON.stringify(each))
  return `${what}, but there is only ${names.length === 0 ? 'an empty object' : names.slice(0, 10).join(', ')}`
}
