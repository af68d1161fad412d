// JSON Lines: an object a line, with the id and the text where they are asked for, and the vector as numbers.

import type { OpenOutput } from './output.js'

export const openJsonLines: OpenOutput = (sink, { id, text }) =>
  Promise.resolve({
    async write({ ids, texts, matrix }) {
      const vectors = matrix.toArray()
      const lines = vectors.map((embedding, i) => {
        const object = { ...(id !== null && { [id]: ids[i] }), ...(text !== null && { [text]: texts[i] }), embedding }
        return `${JSON.stringify(object)}\n`
      })
      await sink.append(Buffer.from(lines.join('')))
    },
    state: () => null,
    finish: () => Promise.resolve(),
  })
