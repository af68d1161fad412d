// JSON Lines: an object a line, with the id and the text where they are asked for, and the vector as numbers.

import type { Id } from '../input/formats.js'
import { wellFormed } from '../well-formed.js'
import { VECTOR_COLUMN } from './output.js'
import type { OpenOutput } from './output.js'

const LINE_FEED = 10
/** Of lines that are written together. */
const MOST_CHARACTERS = 1 << 26

export const openJsonLines: OpenOutput = (sink, { id, text }, state) => {
  let rows = state === null ? 0 : (state as number)
  return Promise.resolve({
    async write({ ids, texts, matrix }) {
      const write = async (joined: string): Promise<void> => {
        const bytes = Buffer.from(joined)
        await sink.append(bytes)
        for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) rows++
      }
      let lines = ''
      for (const [i, embedding] of matrix.toArray().entries()) {
        const object = {
          ...(id !== null && { [id]: idOf(ids[i]) }),
          ...(text !== null && { [text]: wellFormed(texts[i] ?? '') }),
          [VECTOR_COLUMN]: embedding,
        }
        const line = `${JSON.stringify(object)}\n`
        // Each may be half as long as a string can be.
        if (lines.length + line.length > MOST_CHARACTERS && lines !== '') {
          await write(lines)
          lines = ''
        }
        lines += line
      }
      if (lines !== '') await write(lines)
    },
    rows: () => rows,
    state: () => rows,
    finish: () => Promise.resolve(),
  })
}

function idOf(id: Id | undefined): Id | undefined {
  return typeof id === 'string' ? wellFormed(id) : id
}
