// The table of input formats: a row for each, whose file says the rest.

import { csv } from './csv.js'
import type { InputFormat } from './format.js'
import { jsonLines } from './json-lines.js'
import { plainLines } from './plain-lines.js'
import { tsv } from './tsv.js'

export const INPUT_FORMATS: readonly InputFormat[] = [jsonLines, plainLines, csv, tsv]

/** For names that don't say it. */
export const DEFAULT_FORMAT: InputFormat = plainLines

/** The endings of packed files, which follow that of the format. */
export const PACKED_ENDINGS: readonly string[] = ['.gz', '.zst']

/** The format that a file's name says, null when it says none. */
export function formatOf(path: string): InputFormat | null {
  const name = path.toLowerCase()
  const packed = PACKED_ENDINGS.find((ending) => name.endsWith(ending)) ?? ''
  const unpacked = name.slice(0, name.length - packed.length)
  return INPUT_FORMATS.find(({ endings }) => endings.some((ending) => unpacked.endsWith(ending))) ?? null
}

/** For help texts: "JSON Lines, plain lines, CSV or TSV". */
export function inputTitles(): string {
  const titles = INPUT_FORMATS.map(({ title }) => title)
  return `${titles.slice(0, -1).join(', ')} or ${titles.at(-1) ?? ''}`
}
