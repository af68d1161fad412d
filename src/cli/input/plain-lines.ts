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
  native: 'lines',
  newLineRules: () => ({ ends: EVERY_LINE_FEED, allowsReturns: false }),
  newReader: () => ({ read: (line) => ({ text: stringOf(line), id: null }), header: null }),
}
