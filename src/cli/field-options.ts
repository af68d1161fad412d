// The options that say what is read of an input's rows: which fields, what of rows without a text,
// and how tables are written.

import { choice, UsageError } from './command.js'
import type { CommandOptions, OptionValues } from './command.js'
import { ON_NULL } from './input/fields.js'
import type { ReadOptions, TableOptions } from './input/format.js'
import type { InputFormat } from './input/formats.js'

export const FIELD_OPTIONS: CommandOptions = {
  'text-field': {
    type: 'string',
    multiple: true,
    value: '<name>',
    help:
      'the field that holds the text (default: text); where fields have fields also a path, such as meta.title. ' +
      'May be given several times: the texts are joined',
  },
  join: { type: 'string', value: '<text>', help: 'what is between texts that are joined (default: \\n)' },
  'id-field': { type: 'string', value: '<name>', help: 'the field that holds the id (default: none)' },
  'on-null': {
    type: 'string',
    value: '<what>',
    help:
      'what to do where the text is null or missing: fail (default), skip the row, or take it as empty; of several ' +
      'fields skip and empty join those that have a text',
  },
  delimiter: {
    type: 'string',
    value: '<c>',
    help: 'what is between the fields of a table (default: in TSV a tab, in CSV whichever of , ; | and tab the header has)',
  },
  quotes: {
    type: 'string',
    value: '<what>',
    help: 'whether quotes enclose the fields of a table: yes (default of CSV) or no (of TSV)',
  },
}

/**
 * @param formats those of the inputs; null = not known
 * @throws UsageError
 */
export function readOptions(values: OptionValues, formats: readonly (InputFormat | null)[]): ReadOptions {
  return {
    fields: {
      texts: (values['text-field'] as readonly string[] | undefined) ?? ['text'],
      join: unescaped((values.join as string | undefined) ?? '\n'),
      id: (values['id-field'] as string | undefined) ?? null,
      onNull: choice(values, 'on-null', ON_NULL) ?? 'fail',
    },
    keep: [],
    table: tableOptions(values, formats),
  }
}

function tableOptions(values: OptionValues, formats: readonly (InputFormat | null)[]): TableOptions {
  const quotes = choice(values, 'quotes', ['yes', 'no'])
  const delimiter = delimiterOf(values.delimiter as string | undefined)
  const option = delimiter !== null ? 'delimiter' : quotes !== undefined ? 'quotes' : null
  if (option !== null && !formats.some((format) => format?.isTable)) {
    throw new UsageError(`--${option} is for csv and tsv, but no input is a table`)
  }
  return { delimiter, quotes: quotes === undefined ? null : quotes === 'yes' }
}

function delimiterOf(given: string | undefined): string | null {
  if (given === undefined) return null
  const delimiter = given === 'tab' ? '\t' : unescaped(given)
  if (/^[\t -~]$/.test(delimiter) && delimiter !== '"') return delimiter
  throw new UsageError(`--delimiter should be one ASCII character other than a quote, but got ${JSON.stringify(given)}`)
}

/** With line feeds, tabs and backslashes for `\n`, `\t` and `\\`, which shells leave as they are. */
function unescaped(text: string): string {
  return text.replace(/\\[nt\\]/g, (escape) => ({ '\\n': '\n', '\\t': '\t' })[escape] ?? '\\')
}
