// JSON Lines: an object per row, with the other columns and, at its end, the vector: numbers in the
// fewest digits that say which float they are, or the base64 of its bytes. The native module writes
// the lines; of an object it gets the start, up to the vector.

import { vectorLines } from '../../matrix/json.js'
import { messageOf } from '../file-error.js'
import { jsonMember } from './column-json.js'
import type { Columns, OpenOutput, Output, OutputFormat } from './format.js'
import { packedSink, packer } from './packed-sink.js'
import type { Packing } from './packed-sink.js'
import type { Sink } from './sink.js'

/** Starts of lines are made together up to this many UTF-16 code units. */
const MOST_UNITS = 1 << 26
/** Lines are made together up to this many, while the ones before are written. */
const MOST_LINES = 512

/** @param separator what comes before each line but the first */
export function openLines(
  sink: Sink,
  { name, isBase64, threads }: Columns,
  state: unknown,
  separator = '',
): Promise<Output> {
  let rows = state === null ? 0 : (state as number)
  const end = `${JSON.stringify(name)}:`
  const sameHead = Buffer.from(`{${end}`)
  return Promise.resolve({
    async write({ columns, matrix, placeOf }) {
      const fields = columns.map(jsonMember)
      const start = (row: number): string => {
        try {
          return fields.map((member) => member(row)).join('')
        } catch (error) {
          throw new Error(`${placeOf(row)}: ${messageOf(error)}`, { cause: error })
        }
      }
      let before = Promise.resolve()
      for (let from = 0, to = 0; from < matrix.rows; from = to) {
        const heads: string[] = []
        const areSame = fields.length === 0 && separator === ''
        const most = Math.min(matrix.rows, from + MOST_LINES)
        if (areSame) to = most
        for (let units = 0; to < most && units < MOST_UNITS; to++) {
          const brace = rows === 0 && to === from ? '{' : `${separator}{`
          const head = `${brace}${start(to)}${end}`
          heads.push(head)
          units += head.length
        }
        const parts = vectorLines(matrix, { from, to, isBase64, threads }, areSame ? sameHead : heads)
        await before
        before = sink.append(...parts)
        // Its error is thrown where it is waited for.
        before.catch(() => undefined)
        rows += to - from
      }
      await before
    },
    rows: () => rows,
    isWhole: () => true,
    state: () => rows,
    finish: () => Promise.resolve(),
  })
}

function openPacked(packing: Packing): OpenOutput {
  return async (sink, columns, state) => {
    const output = await openLines(packedSink(sink, packer(packing)), columns, state)
    return {
      ...output,
      async finish() {
        // A file without bytes is neither gzip nor zstd.
        if (sink.size === 0) await packedSink(sink, packer(packing)).append(new Uint8Array())
      },
    }
  }
}

/** Plain, or packed as a `.gz` or `.zst`. */
function jsonLinesOf(packing: Packing | null): OutputFormat {
  const ending = '.jsonl'
  return {
    ending: packing === null ? ending : `${ending}.${packing}`,
    title: 'JSON Lines',
    help: packing === null ? 'an object per line, with the vector at its end' : 'the same, packed',
    columns: true,
    isTyped: false,
    ...(packing === null
      ? { open: (...args) => openLines(...args) }
      : { prepare: () => Promise.resolve().then(() => packer(packing)), open: openPacked(packing) }),
  }
}

export const jsonLines: OutputFormat = jsonLinesOf(null)
export const packedJsonLines: readonly OutputFormat[] = [jsonLinesOf('gz'), jsonLinesOf('zst')]
