// The tables of the command line's formats.

import zlib from 'node:zlib'

import type * as inputFormatsModule from '../../build/modules/cli/input/formats.js'
import type * as outputFormatsModule from '../../build/modules/cli/output/formats.js'
import { load } from '../modules.js'

export const { INPUT_FORMATS } = load('cli/input/formats') as typeof inputFormatsModule
export const { OUTPUT_FORMATS } = load('cli/output/formats') as typeof outputFormatsModule

/** The endings of all output formats that this runtime can write, without their first dots. */
export const ENDINGS: readonly string[] = OUTPUT_FORMATS.map(({ ending }) => ending.slice(1)).filter(
  (ending) => !ending.endsWith('.zst') || 'zstdCompress' in zlib,
)

/** Whether an output has columns for ids and texts. */
export function hasColumns(ending: string): boolean {
  return OUTPUT_FORMATS.some((format) => format.ending === `.${ending}` && format.columns)
}
