// Where an input can be cut: at the ends of lines or of records, between row groups, or nowhere.

import fs from 'node:fs'

import { MAGIC_BYTES, packingOf } from '../../lines/unpack.js'
import { FileError, fileError } from '../file-error.js'
import { inputError } from '../input/bad-rows.js'
import { bytesOf, nameOf } from '../input/bytes.js'
import { utf16Of } from '../input/encoding.js'
import type { Header, LineFormat, LineReading, ReadOptions } from '../input/format.js'
import { DEFAULT_FORMAT, formatOf } from '../input/formats.js'
import type { InputFormat } from '../input/formats.js'
import { EVERY_LINE_FEED, LINE_FEED } from '../input/line.js'
import { LineSplitter } from '../input/lines.js'
import { parquet, rowGroupsOf } from '../input/parquet.js'
import { pinOf } from '../input/pin.js'
import type { Pin } from '../input/pin.js'
import { START } from '../input/position.js'
import type { InputRange } from '../input/position.js'
import { isUrl, urlBytes, urlStart } from '../input/url.js'
import type { UrlStart } from '../input/url.js'

/** What is read at once to find the end of a line. */
const BLOCK_BYTES = 1 << 15

/** A place where an input can be cut. */
export interface Cut {
  /** Bytes of the input before it, about that many where rows are counted. */
  readonly bytes: number
  /** The same as an end of a part. */
  readonly to: InputRange['to']
  /** Line breaks, or rows of columns, before it; null = not counted. */
  readonly line: number | null
}

export interface Cuts {
  /** Of a table: its parts after the first need it. */
  readonly header: Header | null
  /** The end of the input, as a part's end is counted. */
  readonly end: InputRange['to']
  /**
   * The place up to which a part from `at` on is to go that should have `room` bytes: the first line end after
   * them, or the last row group before. Null = not even one row group fits, unless `mayExceed`.
   */
  after(at: number, room: number, mayExceed: boolean): Cut | null | Promise<Cut | null>
  close(): void
}

/** An input, looked at for a plan. */
export interface PlannedInput {
  /** As this process finds it. */
  readonly path: string
  readonly format: InputFormat
  readonly pin: Pin
  /** Packed as they are on the disk. */
  readonly bytes: number
  /** What a server has said of it. */
  readonly url: UrlStart | null
}

/** @throws FileError when it is no file; of a URL what reading throws */
export async function plannedInput(
  path: string,
  given: InputFormat | null,
  signal: AbortSignal,
): Promise<PlannedInput> {
  const format = given ?? formatOf(path) ?? DEFAULT_FORMAT
  if (isUrl(path)) {
    const url = await urlStart(path, MAGIC_BYTES, signal)
    return { path, format, pin: url.pin, bytes: url.pin.size ?? 0, url }
  }
  const stats = orNamed(path, () => fs.statSync(path))
  if (!stats.isFile()) throw new FileError(`${path}: expected a file: what is no file can be read only once`)
  return { path, format, pin: pinOf(stats), bytes: stats.size, url: null }
}

/** @throws what reading the input throws */
export async function cutsOf(input: PlannedInput, options: ReadOptions, signal: AbortSignal): Promise<Cuts> {
  const { path, format, bytes, pin, url } = input
  if (url?.hasRanges === false) return atoms(bytes, bytes, [])
  try {
    if (format === parquet) {
      const groups = await rowGroupsOf(path, { pin, signal })
      let [end, rows] = [0, 0]
      const all = groups.reduce((sum, group) => sum + group.rows, 0)
      return atoms(
        bytes,
        all,
        groups.slice(0, -1).map((group) => {
          end += group.bytes
          rows += group.rows
          return { bytes: end, to: rows, line: rows }
        }),
      )
    }
    const blocks = new Blocks(input, signal)
    const start = url?.start ?? (await blocks.at(0)).subarray(0, MAGIC_BYTES)
    if (format.kind === 'columns' || packingOf(start) !== null || utf16Of(start) !== null) {
      blocks.close()
      return atoms(bytes, bytes, [])
    }
    if (!format.isTable) return lineCuts(blocks, bytes, null, 0)
    const records = new RecordCuts(input, format, options, signal)
    const { header, end } = await records.readHeader()
    if (!records.areLines) {
      blocks.close()
      return records.cuts(header, end, bytes)
    }
    await records.close()
    return lineCuts(blocks, bytes, header, end)
  } catch (error) {
    throw inputError(error, nameOf(path))
  }
}

/** Parts that can't be cut. @param inner the places between them */
function atoms(bytes: number, end: number, inner: readonly Cut[]): Cuts {
  const whole: Cut = { bytes, to: end, line: null }
  return {
    header: null,
    end,
    after(at, room, mayExceed) {
      const next = inner.filter((cut) => cut.bytes > at && cut.bytes < bytes)
      const fits = next.findLast((cut) => cut.bytes <= at + room)
      return fits ?? (mayExceed ? (next[0] ?? whole) : null)
    },
    close: () => undefined,
  }
}

/** Every line feed after `first` is a place. */
function lineCuts(blocks: Blocks, bytes: number, header: Header | null, first: number): Cuts {
  return {
    header,
    end: bytes,
    async after(at, room) {
      // The byte before a place is a line feed.
      for (let from = Math.max(at + Math.max(1, room), first) - 1; from < bytes;) {
        const found = blocks.at(from)
        const block = Buffer.isBuffer(found) ? found : await found
        const feed = block.indexOf(LINE_FEED)
        if (feed !== -1) return { bytes: from + feed + 1, to: from + feed + 1, line: null }
        if (block.length === 0) break
        from += block.length
      }
      return { bytes, to: bytes, line: null }
    },
    close: () => {
      blocks.close()
    },
  }
}

/** Small pieces of an input, from anywhere. */
class Blocks {
  readonly #input: PlannedInput
  readonly #signal: AbortSignal
  readonly #memory = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  #file: number | null = null
  #block: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) }

  constructor(input: PlannedInput, signal: AbortSignal) {
    this.#input = input
    this.#signal = signal
  }

  /** Bytes from there on, valid until the next call; empty at the end. Of a file at once. */
  at(start: number): Buffer | Promise<Buffer> {
    const before = this.#block
    if (start >= before.start && start < before.start + before.bytes.length) {
      return before.bytes.subarray(start - before.start)
    }
    const { path, url } = this.#input
    if (url !== null) return this.#ofUrl(start)
    const length = orNamed(path, () => {
      this.#file ??= fs.openSync(path, 'r')
      return fs.readSync(this.#file, this.#memory, 0, BLOCK_BYTES, start)
    })
    this.#block = { start, bytes: this.#memory.subarray(0, length) }
    return this.#block.bytes
  }

  close(): void {
    if (this.#file !== null) fs.closeSync(this.#file)
    this.#file = null
  }

  async #ofUrl(start: number): Promise<Buffer> {
    const { path, bytes, pin } = this.#input
    const chunks: Buffer[] = []
    const end = Math.min(start + BLOCK_BYTES, bytes)
    for await (const chunk of urlBytes(path, start, end, pin, this.#signal)) chunks.push(chunk)
    this.#block = { start, bytes: Buffer.concat(chunks) }
    return this.#block.bytes
  }
}

/** The records of a table, from its start on: quotes decide where one ends. */
class RecordCuts {
  readonly #lines: LineSplitter
  readonly #reading: LineReading

  constructor({ path, pin }: PlannedInput, format: LineFormat, options: ReadOptions, signal: AbortSignal) {
    this.#reading = format.open(options, null)
    const bytes = bytesOf(path, 0, { bytes: 0 }, { pin, signal })
    this.#lines = new LineSplitter(bytes, { ...START }, this.#reading.rules)
  }

  /** Whether every line is a record. */
  get areLines(): boolean {
    return this.#reading.rules.ends === EVERY_LINE_FEED
  }

  /** The header, and the byte after it. @throws BadHeader */
  async readHeader(): Promise<{ readonly header: Header | null; readonly end: number }> {
    const { reader } = this.#reading
    while (reader.header === null) {
      const line = this.#lines.next()
      if (line !== null) reader.read(line)
      else if (!(await this.#lines.more())) break
    }
    return { header: reader.header, end: this.#lines.place.offset }
  }

  cuts(header: Header | null, first: number, bytes: number): Cuts {
    return {
      header,
      end: bytes,
      after: async (at, room) => {
        const { place } = this.#lines
        const wanted = Math.max(at + Math.max(1, room), first)
        do while (place.offset < wanted && this.#lines.next() !== null);
        while (place.offset < wanted && (await this.#lines.more()))
        return { bytes: Math.min(place.offset, bytes), to: place.offset, line: place.line }
      },
      close: () => void this.close(),
    }
  }

  async close(): Promise<void> {
    await this.#lines.close()
  }
}

function orNamed<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw fileError(error, path)
  }
}
