// The options of the commands that read texts from files.

import { fstat, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'

import { choice, UsageError } from './command.js'
import type { CommandOptions, OptionValues } from './command.js'
import { FIELD_OPTIONS, readOptions } from './field-options.js'
import { FileError, naming } from './file-error.js'
import { STDIN } from './input/bytes.js'
import { formatOf, INPUT_FORMATS, PACKED_ENDINGS } from './input/formats.js'
import type { InputOptions } from './input/row-batches.js'

const FORMAT_NAMES = INPUT_FORMATS.map(({ name }) => name)
const ENDINGS = INPUT_FORMATS.flatMap(({ endings }) => endings)

export const INPUT_OPTIONS: CommandOptions = {
  format: {
    type: 'string',
    value: '<name>',
    help:
      `${either(FORMAT_NAMES)}, for all inputs (default: by the ending: ${ENDINGS.join(' ')}, each also with ` +
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

/** @throws UsageError, FileError for a directory */
export function inputOptions(paths: readonly string[], values: OptionValues): InputOptions {
  if (paths.length === 0) throw new UsageError('expected files, or - for standard input')
  const name = choice(values, 'format', FORMAT_NAMES)
  const format = INPUT_FORMATS.find((each) => each.name === name) ?? null
  for (const path of paths) {
    if (path !== STDIN && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new FileError(`${path} is a directory, not a file`)
    }
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
    keep: [],
    skipsBadLines: choice(values, 'on-error', ['fail', 'skip']) === 'skip',
  }
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
    const file = await naming(path, stat(path))
    if (file.isDirectory()) throw new FileError(`${path} is a directory, not a file`)
    // The size of a pipe is not known.
    total = total === null || !file.isFile() ? null : total + file.size
  }
  return total
}
