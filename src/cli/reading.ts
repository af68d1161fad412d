// What the commands have in common that read files and load a model: their options, and what these come to.

import { fstat, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

import { Model2VecEmbeddingFunction } from '../embedding-function.js'
import type { LoadOptions } from '../options/load.js'
import { HUB_OPTIONS, HUB_OPTIONS_HELP, hubOptions, UsageError } from './command.js'
import type { OptionTypes, OptionValues } from './command.js'
import { FileError, naming } from './file-error.js'
import type { InputOptions } from './input/row-batches.js'
import { STDIN } from './input/bytes.js'
import { FORMATS, formatOf } from './input/formats.js'
import type { Format } from './input/formats.js'

export const READING_OPTIONS: OptionTypes = {
  format: { type: 'string' },
  'text-field': { type: 'string' },
  'id-field': { type: 'string' },
  'on-error': { type: 'string' },
}

export const READING_OPTIONS_HELP = `  --format <name>      jsonl, lines, csv or tsv, for all inputs (default: by the
                       ending: .jsonl .ndjson .txt .csv .tsv, each also with
                       .gz or .zst); needed for - and for other endings
  --text-field <name>  the field that holds the text (default: text)
  --id-field <name>    the field that holds the id (default: none)
  --on-error <what>    fail (default) or skip: what a line does that can't be
                       read; each is told with its file and number`

export const MODEL_OPTIONS: OptionTypes = {
  model: { type: 'string', short: 'm' },
  threads: { type: 'string' },
  'max-length': { type: 'string' },
  ...HUB_OPTIONS,
}

export const MODEL_OPTIONS_HELP: string = [
  '  -m, --model <name>   an id or a directory (default: minishlab/potion-base-8M)',
  '  --threads <n>        how many threads to use (default: all there are)',
  "  --max-length <n>     the most tokens of a text, or none (default: the model's)",
  HUB_OPTIONS_HELP,
].join('\n')

/** @throws UsageError */
export function integer(values: OptionValues, name: string, least: number): number | undefined {
  const given = values[name]
  if (given === undefined) return undefined
  const value = Number(given)
  if (given === '' || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`--${name} should be an integer ≥ ${least}, but got ${String(given)}`)
  }
  return value
}

/** @throws UsageError */
export function choice<T extends string>(values: OptionValues, name: string, known: readonly T[]): T | undefined {
  const given = values[name]
  if (given === undefined) return undefined
  const found = known.find((each) => each === given)
  if (found === undefined) throw new UsageError(`--${name} should be ${known.join(', ')}, but got ${String(given)}`)
  return found
}

/** A token limit: a number, null for `none`, undefined when not given. @throws UsageError */
export function maxLength(values: OptionValues): number | null | undefined {
  return values['max-length'] === 'none' ? null : integer(values, 'max-length', 0)
}

/**
 * What is to be read. A line that is left out is told on stderr by `tell`.
 *
 * @throws UsageError
 */
export function inputOptions(
  paths: readonly string[],
  values: OptionValues,
  tell: (message: string) => void,
): InputOptions {
  if (paths.length === 0) throw new UsageError('expected files, or - for standard input')
  const format: Format | null = choice(values, 'format', FORMATS) ?? null
  for (const path of paths) {
    if (path !== STDIN && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new FileError(`${path} is a directory, not a file`)
    }
    if (format === null && (path === STDIN || formatOf(path) === null)) {
      throw new UsageError(
        `--format is needed for ${path === STDIN ? 'standard input' : path}, whose name doesn't say it`,
      )
    }
  }
  if (paths.filter((path) => path === STDIN).length > 1) throw new UsageError('- was given twice')
  const id = (values['id-field'] as string | undefined) ?? null
  const plain = paths.find((path) => (format ?? formatOf(path)) === 'lines')
  if (id !== null && plain !== undefined) {
    throw new UsageError(
      `plain lines have no fields: --id-field is for jsonl, csv and tsv, but ${plain === STDIN ? 'standard input' : plain} is lines`,
    )
  }
  const isSkipping = choice(values, 'on-error', ['fail', 'skip']) === 'skip'
  return {
    paths,
    format,
    fields: { text: String(values['text-field'] ?? 'text'), id },
    onBadLine: isSkipping ? tell : null,
  }
}

/** Bytes of all inputs as they lie on the disk, null with standard input. @throws when one is not there */
export async function bytesOnDisk(paths: readonly string[]): Promise<number | null> {
  let total: number | null = 0
  for (const path of paths) {
    if (path === STDIN) {
      // Node reads one as if it were empty.
      const isDirectory = await promisify(fstat)(0).then(
        (stats) => stats.isDirectory(),
        () => false,
      )
      if (isDirectory) throw new FileError('standard input is a directory, not a file')
      total = null
      continue
    }
    const file = await naming(path, stat(path))
    if (file.isDirectory()) throw new FileError(`${path} is a directory, not a file`)
    // Of a pipe nobody knows.
    total = total === null || !file.isFile() ? null : total + file.size
  }
  return total
}

/** The options of a load. @throws UsageError */
export function modelOptions(values: OptionValues): LoadOptions {
  return { ...hubOptions(values), threads: integer(values, 'threads', 1), showProgressBar: true }
}

/** @throws what a load throws */
export async function loadModel(values: OptionValues, signal?: AbortSignal): Promise<Model2VecEmbeddingFunction> {
  return Model2VecEmbeddingFunction.load(values.model as string | undefined, { ...modelOptions(values), signal })
}
