// What `model2vec dedupe` writes: the lines that are kept, byte for byte but for line ends
// and the byte order marks of later files, and a
// report of the others.

import { throwIfAborted } from '../runtime/abort.js'
import type { DuplicateLines, LinePlace } from './duplicate-lines.js'
import { FileError } from './file-error.js'
import { bytesOf, nameOf } from './input/bytes.js'
import { oneLineFormat } from './input/formats.js'
import { withoutMark } from './input/line.js'
import type { Line } from './input/line.js'
import { LineSplitter } from './input/lines.js'
import { START } from './input/position.js'
import type { InputOptions } from './input/row-batches.js'
import { wellFormed } from './well-formed.js'

const CHUNK_BYTES = 1 << 20
const LINE_FEED = Buffer.from('\n')

/** The lines that are kept, of all inputs in their order; of a header, that of the first input. */
export async function* keptLines(
  input: InputOptions,
  { kept, headers }: DuplicateLines,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let chunk: Buffer[] = []
  let size = 0
  let isFirst = true
  const take = (line: Buffer): void => {
    // In the middle of the output the mark that a file begins with would be text.
    const taken = isFirst ? line : withoutMark(line)
    isFirst = false
    chunk.push(taken, LINE_FEED)
    size += taken.length + 1
  }
  let header: Buffer | null = null
  let next = 0
  for (const [file, path] of input.paths.entries()) {
    let needsHeader = headers.has(file)
    for await (const { bytes, start, end, number } of linesOf(input, path)) {
      throwIfAborted(signal)
      const place = kept[next]
      if (needsHeader && end > start) {
        needsHeader = false
        const own = Buffer.from(bytes.subarray(start, end))
        if (header === null) take(own)
        else if (!withoutMark(header).equals(withoutMark(own)))
          throw new FileError(`${nameOf(path)} has another header than the files before it`)
        header ??= own
      } else if (place?.file === file && place.line === number) {
        take(Buffer.from(bytes.subarray(start, end)))
        next++
      }
      if (size < CHUNK_BYTES) continue
      yield Buffer.concat(chunk, size)
      chunk = []
      size = 0
    }
  }
  if (next !== kept.length) throw new FileError('the files have changed while they were read')
  if (size > 0) yield Buffer.concat(chunk, size)
}

async function* linesOf(input: InputOptions, path: string): AsyncGenerator<Line, void, undefined> {
  const format = oneLineFormat([path], input.format)
  const lines = new LineSplitter(bytesOf(path, 0, { bytes: 0 }), { ...START }, format.open(input, null).rules)
  try {
    do {
      for (let line = lines.next(); line !== null; line = lines.next()) yield line
    } while (await lines.more())
  } finally {
    await lines.close()
  }
}

/** A JSON object for each line that is left out. */
export async function* reportLines(
  input: InputOptions,
  { dropped }: DuplicateLines,
): AsyncGenerator<Uint8Array, void, undefined> {
  const named = ({ file, line, id }: LinePlace): object => ({
    file: nameOf(input.paths[file] ?? ''),
    line,
    ...(id !== null && { id: typeof id === 'string' ? wellFormed(id) : id }),
  })
  const step = 4096
  for (let from = 0; from < dropped.length; from += step) {
    const lines = dropped.slice(from, from + step).map(({ place, of, score, reason }) => {
      return `${JSON.stringify({ ...named(place), of: named(of), score, reason })}\n`
    })
    yield await Promise.resolve(Buffer.from(lines.join('')))
  }
}
