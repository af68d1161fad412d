// JSON Lines: an object per row, with the other columns and, at its end, the vector: numbers in the
// fewest digits that say which float they are, or the base64 of its bytes. The native module writes
// the lines, on other threads.

import { LineRoom, vectorLines } from '../../matrix/json.js'
import type { Columns, OpenOutput, Output, OutputFormat } from './format.js'
import { lineMembers } from './line-members.js'
import { packedSink, packer } from './packed-sink.js'
import type { Packing } from './packed-sink.js'
import type { Sink } from './sink.js'

/** Lines are made together up to this many, while the ones before are written. */
const MOST_LINES = 512
/** A thread has at least this many lines. */
const LEAST_LINES = 64
/** How many times {@link MOST_LINES} are in work: made, or written. */
const MOST_GROUPS = 3

/** @param separator what comes before each line but the first */
export function openLines(
  sink: Sink,
  { name, isBase64, threads }: Columns,
  state: unknown,
  separator = '',
): Promise<Output> {
  let rows = state === null ? 0 : (state as number)
  const end = `${JSON.stringify(name)}:`
  /** Memory of lines that were written. */
  const rooms: LineRoom[] = []

  return Promise.resolve({
    async write(batch) {
      const { matrix } = batch
      const membersOf = lineMembers(batch)
      const groups: Promise<void>[] = []
      let before = Promise.resolve()
      try {
        for (let from = 0, to = 0; from < matrix.rows; from = to) {
          while (groups.length >= MOST_GROUPS) await groups.shift()
          const opening = `${separator}{`
          const isFirst = rows === 0 && separator !== ''
          const members = membersOf(from, Math.min(matrix.rows, from + MOST_LINES))
          const parts = partsOf(members.count, threads).map(async ([first, last]) => {
            const room = rooms.pop() ?? new LineRoom()
            const heads = { opening, members: members.of(first, last), end }
            const lines = await vectorLines(matrix, { from: from + first, to: from + last, isBase64 }, heads, room)
            return { room, lines }
          })
          to = from + members.count
          rows += members.count
          const group = Promise.all([before, ...parts]).then(async ([, ...made]) => {
            const lines = made.map((part, i) =>
              isFirst && i === 0 ? part.lines.subarray(separator.length) : part.lines,
            )
            await sink.append(...lines)
            rooms.push(...made.map(({ room }) => room))
          })
          // Its error is thrown where it is waited for.
          group.catch(() => undefined)
          groups.push(group)
          before = group
        }
        await before
      } finally {
        // However it ends, nothing is made or written any more.
        await Promise.allSettled(groups)
      }
    },
    rows: () => rows,
    isWhole: () => true,
    state: () => rows,
    finish: () => Promise.resolve(),
  })
}

/** Parts of lines that are made side by side. */
function partsOf(count: number, threads: number): (readonly [from: number, to: number])[] {
  const step = Math.max(LEAST_LINES, Math.ceil(count / threads))
  const parts: (readonly [number, number])[] = []
  for (let from = 0; from < count; from += step) parts.push([from, Math.min(count, from + step)])
  return parts
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
