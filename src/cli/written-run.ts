// The run of a command that writes something for each text, such as `model2vec embed`: reading, work
// and writing overlap, and checkpoints say where a run that ended early can go on.

import { stat } from 'node:fs/promises'

import type { TextReader } from '../call/encode.js'
import { DEFAULT_CONCURRENCY } from '../options/stream.js'
import { choice, UsageError } from './command.js'
import type { CommandOption, OptionValues } from './command.js'
import { bytesOnDisk } from './input-options.js'
import { STDIN } from './input/bytes.js'
import { START } from './input/position.js'
import type { Position } from './input/position.js'
import type { InputOptions, RowBatch } from './input/row-batches.js'
import type { OutputFiles } from './output/files.js'
import type { OpenRows } from './output/format.js'
import { identityOfFile } from './output/identity.js'
import type { FileIdentity, Identity } from './output/identity.js'
import type { OutputLock } from './output/lock.js'
import { PartialOutput } from './output/partial-output.js'
import { StandardOutput } from './output/standard-output.js'
import { Interrupted } from './terminal/interrupt.js'
import { say } from './terminal/message.js'
import { TextRun } from './text-run.js'

const CHECKPOINT_SECONDS = 5

export const CHECKPOINT_OPTION: CommandOption = {
  type: 'string',
  value: '<s>',
  help: `seconds between two checkpoints, where --resume can go on (default: ${CHECKPOINT_SECONDS})`,
}

export const PROGRESS_OPTION: CommandOption = {
  type: 'string',
  value: '<name>',
  help: 'bar (default, on a terminal), or json: a line on stderr every second, and at the end',
}

/** Whether `--progress` asks for JSON. @throws UsageError */
export function progressIsJson(values: OptionValues): boolean {
  return choice(values, 'progress', ['bar', 'json']) === 'json'
}

/** What became of a batch. */
export interface WorkedBatch<R> {
  /** What is written; null = nothing. */
  readonly written: R | null
  /** How many rows came of it, written or not. */
  readonly count: number
  /** How many were skipped. */
  readonly skipped: number
}

/** A run: what it reads, and what it does with each batch. */
export interface WrittenRun<R> {
  readonly input: InputOptions
  readonly signal: AbortSignal
  /** Milliseconds between two checkpoints. */
  readonly checkpointMs: number
  /** Bytes of all inputs, null when not known: then they can be read only once. */
  readonly total: number | null
  /** Whether progress is JSON lines. */
  readonly progressIsJson: boolean
  /** Makes the native texts of a batch, where texts are only encoded and written; else null. */
  readonly reader: TextReader | null
  work(texts: TextRun, batch: RowBatch, signal: AbortSignal): Promise<WorkedBatch<R>>
}

/** The milliseconds of `--checkpoint`. @throws UsageError */
export function checkpointMs({ checkpoint }: OptionValues): number {
  const seconds = checkpoint === undefined ? CHECKPOINT_SECONDS : Number(checkpoint)
  if (seconds >= 0) return 1000 * seconds
  throw new UsageError(`--checkpoint should be seconds, but got ${String(checkpoint)}`)
}

/**
 * The bytes of all inputs: {@link bytesOnDisk}.
 *
 * @throws UsageError where `--resume` is given and an input can be read only once
 */
export async function bytesToRead({ paths }: InputOptions, isResumed: boolean): Promise<number | null> {
  if (isResumed && paths.includes(STDIN)) {
    throw new UsageError('--resume needs files: standard input can be read only once')
  }
  const total = await bytesOnDisk(paths)
  if (isResumed && total === null) throw new UsageError('--resume needs files: a pipe can be read only once')
  return total
}

/** The inputs of a run's {@link Identity}. */
export async function identityOfInputs({ paths }: InputOptions): Promise<(FileIdentity | null)[]> {
  const inputs: (FileIdentity | null)[] = []
  for (const each of paths) inputs.push(each === STDIN ? null : await identityOfFile(each))
  return inputs
}

/** How inputs are read: options of a run's {@link Identity}. */
export function identityOfReading({ format, fields, table, skipsBadLines }: InputOptions): Identity['options'] {
  const { texts, join, id, onNull } = fields
  return {
    format: format?.name ?? null,
    'text-field': texts.length === 1 ? (texts[0] ?? null) : JSON.stringify(texts),
    join: texts.length === 1 ? null : join,
    'id-field': id,
    'on-error': skipsBadLines ? 'skip' : 'fail',
    'on-null': onNull,
    delimiter: table.delimiter,
    quotes: table.quotes,
  }
}

/** Where a run writes. */
export interface WrittenFile<R> {
  readonly files: OutputFiles
  readonly lock: OutputLock
  readonly open: OpenRows<R>
  readonly identity: Identity
}

/**
 * Writes a file, from the start or with `--resume` from where a run ended.
 *
 * @returns how many lines were skipped
 */
export async function writeOutput<R>(file: WrittenFile<R>, run: WrittenRun<R>, isResumed: boolean): Promise<number> {
  const resumed = isResumed ? await PartialOutput.resume(file) : null
  if (resumed === null && isResumed && (await PartialOutput.isDone(file))) {
    say(`${file.files.given} is whole: there is nothing to go on with`)
    return 0
  }
  const output = resumed?.output ?? (await PartialOutput.create(file))
  const skipped = await writeRows(run, output, resumed?.position ?? START)
  await output.finish()
  return skipped
}

/** Writes to standard output. @returns how many lines were skipped */
export async function writeStandardOutput<R>(open: OpenRows<R>, run: WrittenRun<R>): Promise<number> {
  return writeRows(run, await StandardOutput.open(open), START)
}

/**
 * Works on all texts from `from` on, and writes. Where it ends early, it leaves a checkpoint.
 *
 * @returns how many lines were skipped
 */
async function writeRows<R>(
  run: WrittenRun<R>,
  output: PartialOutput<R> | StandardOutput<R>,
  from: Position,
): Promise<number> {
  const { input, signal, total, reader, progressIsJson } = run
  const texts = new TextRun(input, total, { position: from, done: output.rows, reader, progressIsJson })
  for (const each of input.paths.slice(0, from.file)) texts.countBytes((await stat(each)).size)
  const work = async (batch: RowBatch, stopped: AbortSignal): Promise<WorkedBatch<R> & { readonly end: Position }> => ({
    ...(await run.work(texts, batch, stopped)),
    end: batch.end,
  })
  let position = from
  let saved = performance.now()
  let expected = output.rows
  /** Rows that were read but not worked on. `texts.skipped` counts what reading skips. */
  let skipped = 0
  try {
    for await (const batch of texts.results(work, DEFAULT_CONCURRENCY, signal)) {
      if (batch.written !== null) await output.write(batch.written)
      expected += batch.count
      skipped += batch.skipped
      texts.at(output.rows)
      if (!output.isWhole) continue
      position = { ...batch.end, skipped: batch.end.skipped + skipped }
      if (output instanceof PartialOutput && performance.now() - saved >= run.checkpointMs) {
        output.checkpoint(position)
        saved = performance.now()
      }
    }
    if (output.rows !== expected) throw new Error(`expected ${expected} rows in the output, but it has ${output.rows}`)
    texts.end(output.rows)
  } catch (error) {
    texts.progress.leave()
    if (!(output instanceof PartialOutput)) throw error
    if (total === null) {
      await output.discard()
      throw error
    }
    await output.leave(position)
    if (!(error instanceof Interrupted)) throw error
    throw error.withHint(`${output.path} is kept: the same command with --resume goes on`)
  }
  return texts.skipped + skipped
}
