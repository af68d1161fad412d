// The lines that pass a filter, as they are but for the byte order marks of later files, each with a
// line feed after it; of tables with the header of the first input.

import { FileError } from '../file-error.js'
import { withoutMark } from '../input/line.js'
import type { OpenRows } from './format.js'

/** Lines of one input, and which of them pass. */
export interface JudgedLines {
  /** The input's name, for messages. */
  readonly name: string
  readonly lines: readonly Uint8Array[]
  readonly passes: readonly boolean[]
  /** The input's header, where it was read just before these lines. */
  readonly header: Uint8Array | null
}

/** What is noted for a run that goes on. */
interface State {
  /** How many lines were judged. */
  readonly rows: number
  /** The header that was written, in base64. */
  readonly header: string | null
}

const LINE_FEED = Buffer.from('\n')

export const openPassedLines: OpenRows<JudgedLines> = (sink, state) => {
  const before = (state ?? { rows: 0, header: null }) as State
  let { rows } = before
  let written = before.header === null ? null : Buffer.from(before.header, 'base64')
  return Promise.resolve({
    async write({ name, lines, passes, header }) {
      const kept: Uint8Array[] = []
      const take = (line: Uint8Array): void => {
        // In the middle of the output the mark that a file begins with would be text.
        kept.push(kept.length === 0 && sink.size === 0 ? line : withoutMark(line), LINE_FEED)
      }
      if (header !== null) {
        if (written === null) take(header)
        else if (!withoutMark(written).equals(withoutMark(header)))
          throw new FileError(`${name} has another header than the files before it`)
        written ??= Buffer.from(header)
      }
      for (const [i, line] of lines.entries()) if (passes[i] === true) take(line)
      if (kept.length > 0) await sink.append(Buffer.concat(kept))
      rows += lines.length
    },
    rows: () => rows,
    isWhole: () => true,
    state: (): State => ({ rows, header: written?.toString('base64') ?? null }),
    finish: () => Promise.resolve(),
  })
}
