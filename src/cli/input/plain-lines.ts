// Plain lines: each is a text, an empty one too.

import { stringOf } from './format.js'
import type { LineFormat } from './format.js'
import { EVERY_LINE_FEED } from './line.js'

export const plainLines: LineFormat = {
  kind: 'lines',
  name: 'lines',
  title: 'plain lines',
  endings: ['.txt'],
  hasFields: false,
  isTable: false,
  native: 'lines',
  kept: null,
  open: () => ({
    rules: { ends: EVERY_LINE_FEED, allowsReturns: false },
    reader: { read: (line) => ({ text: stringOf(line), id: null }), header: null },
  }),
}
