// CSV as RFC 4180 has it, with a header.

import { CsvRecords } from './csv-records.js'
import { BadLine, excerpt } from './format.js'
import type { LineFormat } from './format.js'
import { TableReader } from './table.js'

export const csv: LineFormat = {
  kind: 'lines',
  name: 'csv',
  title: 'CSV',
  endings: ['.csv'],
  hasFields: true,
  native: null,
  newLineRules: () => ({ ends: new CsvRecords(), allowsReturns: false }),
  newReader: (fields, header) => new TableReader(splitRecord, fields, header),
}

const COMMA = ','

/** The values of a record. @throws BadLine */
function splitRecord(record: string): string[] {
  if (!record.includes('"')) return record.split(COMMA)
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
      if (record[at] !== COMMA) {
        const found = excerpt(record.slice(at))
        throw new BadLine(`expected ${JSON.stringify(COMMA)} after a closing quote, but got ${found}`)
      }
      at++
    } else {
      const end = record.indexOf(COMMA, at)
      values.push(end === -1 ? record.slice(at) : record.slice(at, end))
      if (end === -1) return values
      at = end + 1
    }
  }
}
