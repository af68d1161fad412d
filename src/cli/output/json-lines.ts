// JSON Lines: an object a line, with the id and the text where they are asked for, and the vector as numbers.

import type { Id } from '../input/formats.js'
import { wellFormed } from '../well-formed.js'
import { VECTOR_COLUMN } from './output.js'
import type { OpenOutput } from './output.js'

const LINE_FEED = 10

export const openJsonLines: OpenOutput = (sink, { id, text }, state) => {
  let rows = state === null ? 0 : (state as number)
  return Promise.resolve({
    async write({ ids, texts, matrix }) {
      const vectors = matrix.toArray()
      const lines = vectors.map((embedding, i) => {
        const object = {
          ...(id !== null && { [id]: idOf(ids[i]) }),
          ...(text !== null && { [text]: wellFormed(texts[i] ?? '') }),
          [VECTOR_COLUMN]: embedding,
        }
        return `${JSON.stringify(object)}\n`
      })
      const bytes = Buffer.from(lines.join(''))
      await sink.append(bytes)
      for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) rows++
    },
    rows: () => rows,
    state: () => rows,
    finish: () => Promise.resolve(),
  })
}

function idOf(id: Id | undefined): Id | undefined {
  return typeof id === 'string' ? wellFormed(id) : id
}
