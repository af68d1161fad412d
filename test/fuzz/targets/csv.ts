// Any bytes as CSV or TSV. The first byte says which, and how it is read; the rest is the file. Rows are
// the same whether lines that can't be read are skipped or end the run.

import { bounded } from '../limits.js'
import { Fault } from '../outcome.js'
import { PLAIN, rowsOf } from '../rows.js'
import type { Reading } from '../rows.js'

const DELIMITERS = [null, ',', ';', '|']

export function fuzz(data: Buffer): Promise<void> {
  const [choice = 0] = data
  const name = (choice & 1) === 0 ? 'table.csv' : 'table.tsv'
  const options: Reading = {
    ...PLAIN,
    fields: { ...PLAIN.fields, id: (choice & 2) === 0 ? null : 'id' },
    keep: (choice & 4) === 0 ? [] : 'all',
    table: { delimiter: DELIMITERS[(choice >> 3) & 3] ?? null, quotes: [null, true, false][(choice >> 5) % 3] ?? null },
  }
  const file = data.subarray(1)
  return bounded(file.length, async () => {
    const strict = await rowsOf(file, name, options)
    const patient = await rowsOf(file, name, { ...options, skipsBadLines: true })
    if (strict.failure === null && patient.skipped > 0) throw new Fault('expected what is skipped to be refused, too')
    if (strict.texts.some((text, row) => text !== patient.texts[row])) throw new Fault('expected the same rows first')
  })
}
