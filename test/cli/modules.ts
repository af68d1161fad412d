// Modules of the command line, as they are built: its tables, and its parts for tests of one step.

import { createRequire } from 'node:module'
import path from 'node:path'
import zlib from 'node:zlib'

import type * as inputFormatsModule from '../../dist/cli/input/formats.js'
import type * as outputFormatsModule from '../../dist/cli/output/formats.js'

export function load(name: string): unknown {
  return createRequire(path.resolve('package.json'))(`./dist/cli/${name}.js`)
}

export const { INPUT_FORMATS } = load('input/formats') as typeof inputFormatsModule
export const { OUTPUT_FORMATS } = load('output/formats') as typeof outputFormatsModule

/** The endings of all output formats that this runtime can write, without their first dots. */
export const ENDINGS: readonly string[] = OUTPUT_FORMATS.map(({ ending }) => ending.slice(1)).filter(
  (ending) => !ending.endsWith('.zst') || 'zstdCompress' in zlib,
)

/** Whether an output has columns for ids and texts. */
export function hasColumns(ending: string): boolean {
  return OUTPUT_FORMATS.some((format) => format.ending === `.${ending}` && format.columns)
}
