// The part that all commands that read texts have in common while they run: it reads batches ahead,
// works on several at once, skips bad lines with a message, and shows progress.

import type { TextReader } from '../call/encode.js'
import type { Dtype } from '../dtype.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { CheckedChunkOptions } from '../options/chunks.js'
import type { TypedEncodeOptions } from '../options/encode.js'
import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { readAhead } from '../stream/read-ahead.js'
import { encodeChunkRows, encodeRows } from './encode-rows.js'
import type { ChunkedRows, EncodedRows } from './encode-rows.js'
import { START } from './input/position.js'
import type { Position } from './input/position.js'
import { nameOfInput, RowBatches } from './input/row-batches.js'
import type { InputOptions, RowBatch } from './input/row-batches.js'
import { say } from './terminal/message.js'
import { ProgressLine } from './terminal/progress-line.js'

/** How a run starts; without any of these, at the start of the first input. */
export interface TextRunStart {
  /** Where reading starts, in a run that goes on where an earlier one ended. */
  readonly position?: Position
  /** How many texts an earlier run has done, for the progress line. */
  readonly done?: number
  /**
   * Makes the native texts of a batch, for a run that only encodes and writes texts; null = texts are
   * read in JavaScript.
   */
  readonly reader?: TextReader | null
  /** Whether progress is JSON lines. */
  readonly progressIsJson?: boolean
  /** Gets the message of each row that is skipped; without it, it is a line on stderr. */
  readonly onSkip?: ((message: string) => void) | undefined
}

export class TextRun {
  readonly progress: ProgressLine
  /** Milliseconds that reading took. */
  readMs = 0
  readonly #input: InputOptions
  readonly #batches: RowBatches
  readonly #onSkip: (message: string) => void

  /** @param total the bytes of all inputs, packed as they are on the disk; null when not known */
  constructor(
    input: InputOptions,
    total: number | null,
    { position = START, done = 0, reader = null, progressIsJson = false, onSkip }: TextRunStart = {},
  ) {
    this.#input = input
    this.progress = new ProgressLine(total, done, progressIsJson)
    this.#onSkip =
      onSkip ??
      ((message) => {
        this.progress.clear()
        say(`skipped ${message}`)
      })
    this.#batches = new RowBatches(input, this.#onSkip, position, reader)
  }

  /**
   * How many lines were skipped while reading, also by an earlier run that this one goes on with.
   */
  get skipped(): number {
    return this.#batches.skipped
  }

  /** The next batch, null at the end. */
  async next(): Promise<RowBatch | null> {
    const started = performance.now()
    try {
      return await this.#batches.next()
    } finally {
      this.readMs += performance.now() - started
    }
  }

  /**
   * The results of `work` for all batches, in order. While the caller handles one result, other
   * batches are read and worked on. However the iteration ends, nothing runs after it, and the run
   * is closed.
   *
   * @param concurrency how many batches are worked on at once
   * @throws the reason of `signal`, and the errors of reading and of `work`
   */
  async *results<Out>(
    work: (batch: RowBatch, signal: AbortSignal) => Promise<Out>,
    concurrency: number,
    signal: AbortSignal,
  ): AsyncGenerator<Out, void, undefined> {
    const stop = new AbortController()
    const forget = onAbort([signal], () => {
      stop.abort()
    })
    try {
      yield* readAhead(() => this.next(), work, concurrency, stop)
      throwIfAborted(signal)
    } finally {
      forget()
      this.close()
    }
  }

  encode(model: Model2VecEmbeddingFunction, batch: RowBatch, options: TypedEncodeOptions<Dtype>): Promise<EncodedRows> {
    return encodeRows(model, batch, options, this.#input, this.#onSkip)
  }

  encodeChunks(
    model: Model2VecEmbeddingFunction,
    batch: RowBatch,
    chunking: CheckedChunkOptions,
    options: TypedEncodeOptions<Dtype>,
  ): Promise<ChunkedRows> {
    return encodeChunkRows(model, batch, chunking, options, this.#input, this.#onSkip)
  }

  /** Shows how far the run is: `texts` are done. */
  at(texts: number): void {
    this.progress.at(texts, this.#batches.read.bytes)
  }

  /** Shows that the run is done. */
  end(texts: number): void {
    this.progress.end(texts, this.#batches.read.bytes)
  }

  /** Bytes read so far of all inputs, packed as they are on the disk. */
  get bytes(): number {
    return this.#batches.read.bytes
  }

  /** Counts bytes as read that this run does not read, because an earlier run did. */
  countBytes(bytes: number): void {
    this.#batches.read.bytes += bytes
  }

  /** The name in messages of the input with this index. */
  nameOf(file: number): string {
    return nameOfInput(this.#input, file)
  }

  close(): void {
    this.#batches.close()
  }
}
