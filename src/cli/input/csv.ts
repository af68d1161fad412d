// CSV as RFC 4180 has it, with a header, and with whatever delimiter the header has.

import { Dialect } from './dialect.js'
import type { LineFormat } from './format.js'
import { tableLines } from './table.js'

export const csv: LineFormat = {
  kind: 'lines',
  name: 'csv',
  title: 'CSV',
  endings: ['.csv'],
  hasFields: true,
  isTable: true,
  native: 'records',
  kept: { type: 'string', isNullable: false },
  open: ({ fields, keep, table }, header) =>
    tableLines(
      new Dialect(table.delimiter ?? header?.delimiter ?? null, table.quotes ?? true, fields),
      fields,
      keep,
      header,
    ),
}
