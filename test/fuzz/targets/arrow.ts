// Any bytes as an Arrow file or stream, of which all columns are read.

import { bounded } from '../limits.js'
import { PLAIN, rowsOf } from '../rows.js'
import type { Reading } from '../rows.js'

const ALL: Reading = { ...PLAIN, fields: { ...PLAIN.fields, id: 'id' }, keep: 'all' }

export function fuzz(data: Buffer): Promise<void> {
  return bounded(data.length, async () => {
    await rowsOf(data, 'texts.arrow', PLAIN)
    await rowsOf(data, 'all.arrow', ALL)
  })
}
