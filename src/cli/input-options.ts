// The options of the commands that read texts from files.

import { fstat, statSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

import { choice, UsageError } from './command.js'
import type { CommandOptions, OptionValues } from './command.js'
import { FIELD_OPTIONS, readOptions } from './field-options.js'
import { FileError, naming } from './file-error.js'
import { STDIN } from './input/bytes.js'
import { filesIn } from './input/directory.js'
import { formatOf, INPUT_FORMATS, PACKED_ENDINGS } from './input/formats.js'
import type { InputFormat } from './input/formats.js'
import type { InputOptions } from './input/row-batches.js'
import { isUrl, shownUrl } from './input/url.js'
import { counted, say } from './terminal/message.js'

const FORMAT_NAMES = INPUT_FORMATS.map(({ name }) => name)
/** The most files that a message names. */
const MOST_NAMED = 3
const ENDINGS = INPUT_FORMATS.flatMap(({ endings }) => endings)

export const INPUT_OPTIONS: CommandOptions = {
  format: {
    type: 'string',
    value: '<name>',
    help:
      `${either(FORMAT_NAMES)}, for all inputs (default: by the ending: ${ENDINGS.join(' ')}, of lines also with ` +
      `${either(PACKED_ENDINGS)}); needed for - and for other endings`,
  },
  'on-error': {
    type: 'string',
    value: '<what>',
    help: "what to do with a line that can't be read: fail (default), or skip it and print its file and number",
  },
  ...FIELD_OPTIONS,
}

function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`
}

/**
 * @param given files, and directories, of which all files are read that are inputs
 * @throws UsageError, FileError for a directory without any
 */
export function inputOptions(given: readonly string[], values: OptionValues): InputOptions {
  if (given.length === 0) throw new UsageError('expected files, or - for standard input')
  const name = choice(values, 'format', FORMAT_NAMES)
  const format = INPUT_FORMATS.find((each) => each.name === name) ?? null
  const paths = given.flatMap((path) => (isDirectory(path) ? inputsIn(path, format, values) : [path]))
  for (const path of paths) {
    if (format === null && (path === STDIN || formatOf(path) === null)) {
      throw new UsageError(`--format is needed for ${argument(path)}, whose name doesn't say it`)
    }
  }
  if (paths.filter((path) => path === STDIN).length > 1) throw new UsageError('- was given twice')
  const id = (values['id-field'] as string | undefined) ?? null
  const formats = paths.map((path) => format ?? formatOf(path))
  const plain = paths.find((path) => (format ?? formatOf(path))?.hasFields === false)
  if (id !== null && plain !== undefined) {
    const known = either(INPUT_FORMATS.filter(({ hasFields }) => hasFields).map((each) => each.name))
    const found = (format ?? formatOf(plain))?.name ?? ''
    throw new UsageError(`plain lines have no fields: --id-field is for ${known}, but ${argument(plain)} is ${found}`)
  }
  return {
    paths,
    format,
    ...readOptions(values, formats),
    skipsBadLines: choice(values, 'on-error', ['fail', 'skip']) === 'skip',
  }
}

function isDirectory(path: string): boolean {
  return path !== STDIN && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/**
 * The inputs in a directory, of which the output of an earlier run is none. Files whose names don't
 * say a format are named: their texts may be missed.
 *
 * @throws FileError
 */
function inputsIn(directory: string, format: InputFormat | null, { out }: OptionValues): readonly string[] {
  const output = typeof out === 'string' ? fileAt(out) : undefined
  const isOutput = (path: string): boolean => {
    const file = output && fileAt(path)
    return file !== undefined && file.dev === output?.dev && file.ino === output.ino
  }
  const found = filesIn(directory, (path) => format !== null || formatOf(path) !== null)
  const [inputs, others] = [found.inputs, found.others].map((paths) => paths.filter((path) => !isOutput(path))) as [
    string[],
    string[],
  ]
  if (inputs.length === 0) throw new FileError(`${directory}: expected files that end with ${either(ENDINGS)}`)
  if (others.length > 0) {
    const more = others.length > MOST_NAMED ? ', …' : ''
    const names = `${others.slice(0, MOST_NAMED).join(', ')}${more}`
    say(`${counted(others.length, 'file')} left out, whose names don't say a format: ${names}`)
  }
  return inputs
}

function fileAt(path: string): BigIntStats | undefined {
  return statSync(path, { throwIfNoEntry: false, bigint: true })
}

/** An input in messages about arguments. */
function argument(path: string): string {
  return path === STDIN ? 'standard input' : path
}

/**
 * Bytes of all inputs, packed as they are on the disk; null with a pipe or standard input.
 *
 * @throws FileError when one is not there
 */
export async function bytesOnDisk(paths: readonly string[]): Promise<number | null> {
  let total: number | null = 0
  for (const path of paths) {
    if (path === STDIN) {
      // Node would read a directory as if it were empty.
      const isDirectory = await promisify(fstat)(0).then(
        (stats) => stats.isDirectory(),
        () => false,
      )
      if (isDirectory) throw new FileError('standard input is a directory, not a file')
      total = null
      continue
    }
    if (isUrl(path)) throw new UsageError(`${shownUrl(path)}: URLs are read in shards: \`model2vec plan\` makes them`)
    const file = await naming(path, stat(path))
    if (file.isDirectory()) throw new FileError(`${path} is a directory, not a file`)
    // The size of a pipe is not known.
    total = total === null || !file.isFile() ? null : total + file.size
  }
  return total
}
