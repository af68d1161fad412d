// Any bytes as a Parquet file, of which all columns are read. The last two say how long the footer is, and
// the magic bytes are put after it: otherwise almost every change would fail at that first check.

import { bounded } from '../limits.js'
import { PLAIN, rowsOf } from '../rows.js'
import type { Reading } from '../rows.js'

const ALL: Reading = { ...PLAIN, fields: { ...PLAIN.fields, id: 'id' }, keep: 'all' }

export function fuzz(data: Buffer): Promise<void> {
  const end = Math.max(0, data.length - 2)
  const [low = 0, high = 0] = data.subarray(end)
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(low | (high << 8))
  tail.write('PAR1', 4)
  const file = Buffer.concat([data.subarray(0, end), tail])
  return bounded(file.length, async () => {
    await rowsOf(file, 'texts.parquet', PLAIN)
    await rowsOf(file, 'all.parquet', ALL)
  })
}
