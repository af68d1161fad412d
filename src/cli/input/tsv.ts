// TSV as IANA has it (text/tab-separated-values), with a header: a quote is a character like
// others, unless the user says otherwise.

import { Dialect } from './dialect.js'
import type { LineFormat } from './format.js'
import { tableLines } from './table.js'

export const tsv: LineFormat = {
  kind: 'lines',
  name: 'tsv',
  title: 'TSV',
  endings: ['.tsv'],
  hasFields: true,
  isTable: true,
  native: 'records',
  kept: { type: 'string', isNullable: false },
  open: ({ fields, keep, table }, header) =>
    tableLines(new Dialect(table.delimiter ?? '\t', table.quotes ?? false, fields), fields, keep, header),
}
