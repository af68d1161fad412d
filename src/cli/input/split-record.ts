// The values of a record whose fields may be enclosed in quotes, as in RFC 4180.

import { BadLine, excerpt } from './format.js'

/**
 * @param delimiter one character
 * @throws BadLine
 */
export function splitRecord(record: string, delimiter: string): string[] {
  if (!record.includes('"')) return record.split(delimiter)
  const values: string[] = []
  let at = 0
  for (;;) {
    if (record[at] === '"') {
      let value = ''
      let from = at + 1
      for (;;) {
        const quote = record.indexOf('"', from)
        if (quote === -1) throw new BadLine('expected a closing quote, but got the end of the file')
        value += record.slice(from, quote)
        at = quote + 1
        if (record[at] !== '"') break
        value += '"'
        from = at + 1
      }
      values.push(value)
      if (at === record.length) return values
      if (record[at] !== delimiter) {
        const found = excerpt(record.slice(at))
        throw new BadLine(`expected ${JSON.stringify(delimiter)} after a closing quote, but got ${found}`)
      }
      at++
    } else {
      const end = record.indexOf(delimiter, at)
      values.push(end === -1 ? record.slice(at) : record.slice(at, end))
      if (end === -1) return values
      at = end + 1
    }
  }
}
