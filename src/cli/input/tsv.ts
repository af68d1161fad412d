// TSV as IANA has it (text/tab-separated-values), with a header: a quote is a character like
// others.

import type { LineFormat } from './format.js'
import { EVERY_LINE_FEED } from './line.js'
import { TableReader } from './table.js'

export const tsv: LineFormat = {
  kind: 'lines',
  name: 'tsv',
  title: 'TSV',
  endings: ['.tsv'],
  hasFields: true,
  native: null,
  newLineRules: () => ({ ends: EVERY_LINE_FEED, allowsReturns: false }),
  newReader: (fields, header) => new TableReader((record) => record.split('\t'), fields, header),
}
