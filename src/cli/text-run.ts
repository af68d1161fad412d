// What the commands that read texts do alike while they run: read batches ahead, work on some at
// once, skip bad lines with a message, and show progress.

import type { Dtype } from '../dtype.js'
import type { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { TypedEncodeOptions } from '../options/encode.js'
import { onAbort, throwIfAborted } from '../runtime/abort.js'
import { readAhead } from '../stream/read-ahead.js'
import { encodeRows } from './encode-rows.js'
import type { EncodedRows } from './encode-rows.js'
import { nameOf } from './input/bytes.js'
import { START } from './input/position.js'
import type { Position } from './input/position.js'
import { RowBatches } from './input/row-batches.js'
import type { InputOptions, NewTexts, RowBatch } from './input/row-batches.js'
import { say } from './terminal/message.js'
import { ProgressLine } from './terminal/progress-line.js'

/** What a run that goes on begins with. */
export interface TextRunStart {
  readonly position?: Position
  /** Texts that are done. */
  readonly done?: number
  /** Has texts read natively, where only the engine needs them. */
  readonly newTexts?: NewTexts | null
}

export class TextRun {
  readonly progress: ProgressLine
  readonly #input: InputOptions
  readonly #batches: RowBatches
  readonly #onSkip = (message: string): void => {
    this.progress.clear()
    say(`skipped ${message}`)
  }

  /** @param total bytes of all inputs, null when not known */
  constructor(
    input: InputOptions,
    total: number | null,
    { position = START, done = 0, newTexts = null }: TextRunStart = {},
  ) {
    this.#input = input
    this.progress = new ProgressLine(total, done)
    this.#batches = new RowBatches(input, this.#onSkip, position, newTexts)
  }

  /** Lines that reading has skipped. */
  get skipped(): number {
    return this.#batches.skipped
  }

  /** The next batch, null at the end. */
  next(): Promise<RowBatch | null> {
    return this.#batches.next()
  }

  /**
   * The results of `work` for all batches, in order. While the caller handles one, others are read
   * and worked on. However the iteration ends, nothing runs after it.
   *
   * @param concurrency how many batches are worked on at once
   * @throws the reason of `signal`
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

  /** Shows how far the run is. */
  at(texts: number): void {
    this.progress.at(texts, this.#batches.read.bytes)
  }

  /** Counts bytes that an earlier run read. */
  countBytes(bytes: number): void {
    this.#batches.read.bytes += bytes
  }

  /** The name of an input in messages. */
  nameOf(file: number): string {
    return nameOf(this.#input.paths[file] ?? '')
  }

  close(): void {
    this.#batches.close()
  }
}
