// The JSON that Milvus imports: an object whose `rows` are an array of objects, written as lines.

import { openLines } from './json-lines.js'
import type { OutputFormat } from './format.js'

export const milvusJson: OutputFormat = {
  ending: '.json',
  title: 'JSON',
  help: 'the rows of a bulk import',
  columns: true,
  isTyped: true,
  async open(sink, columns, state) {
    if (state === null) await sink.append(Buffer.from('{"rows":['))
    const output = await openLines(sink, columns, state, ',')
    return {
      ...output,
      async finish() {
        await sink.append(Buffer.from(']}\n'))
      },
    }
  },
}
