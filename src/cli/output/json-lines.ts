// JSON Lines: an object per row, with the id and the text where they have columns, and the vector
// as numbers.

import { jsonColumn } from './column-json.js'
import { VECTOR_COLUMN } from './format.js'
import type { OutputFormat } from './format.js'

const LINE_FEED = 10
/** Lines are written together up to this many UTF-16 code units. */
const MOST_UNITS = 1 << 26

export const jsonLines: OutputFormat = {
  ending: '.jsonl',
  title: 'JSON Lines',
  help: `an object per line: the id, the text, and "${VECTOR_COLUMN}", numbers`,
  columns: true,
  isTyped: false,
  open(sink, _, state) {
    let rows = state === null ? 0 : (state as number)
    const append = async (lines: string): Promise<void> => {
      const bytes = Buffer.from(lines)
      await sink.append(bytes)
      for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) rows++
    }
    return Promise.resolve({
      async write({ columns, matrix }) {
        const fields = columns.map((data) => ({ key: JSON.stringify(data.column.name), value: jsonColumn(data) }))
        let lines = ''
        for (const [i, embedding] of matrix.toArray().entries()) {
          const start = fields.map(({ key, value }) => `${key}:${value(i)},`).join('')
          const line = `{${start}"${VECTOR_COLUMN}":${JSON.stringify(embedding)}}\n`
          // One line alone may be half of the longest string that V8 has.
          if (lines.length + line.length > MOST_UNITS && lines !== '') {
            await append(lines)
            lines = ''
          }
          lines += line
        }
        if (lines !== '') await append(lines)
      },
      rows: () => rows,
      state: () => rows,
      finish: () => Promise.resolve(),
    })
  },
}
