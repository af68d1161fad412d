// The help texts, put together from what the commands and their options say about themselves.

import type { Command, CommandOption, CommandRow, HelpBlock } from './command.js'

/** Columns of a terminal. */
const WIDTH = 80
/** Where the meanings of options begin. */
const MEANING_COLUMN = 23

/** What every command takes besides its own options. */
export const HELP_OPTION: CommandOption = { type: 'boolean', short: 'h', help: 'this text' }

const VERSION_OPTION: CommandOption = { type: 'boolean', help: 'the version of this package' }

/** Of `model2vec --help`. */
export function overview(commands: Readonly<Record<string, CommandRow>>): string {
  const summaries = Object.entries(commands).map(([name, { summary }]): [string, string] => [name, summary])
  return [
    'Usage: model2vec <command> [options]',
    `Commands:\n${list(summaries)}`,
    `Options:\n${list([option('help', HELP_OPTION), option('version', VERSION_OPTION)])}`,
    '`model2vec <command> --help` says more about each.',
  ].join('\n\n')
}

/** Of `model2vec <name> --help`. */
export function commandHelp(name: string, { usage, description, options, notes = [], example }: Command): string {
  const rows = Object.entries({ ...options, help: HELP_OPTION }).map(([each, its]) => option(each, its))
  return [
    usage.map((call, i) => `${i === 0 ? 'Usage:' : '      '} model2vec ${name} ${call}`).join('\n'),
    ...description.map(block),
    `Options:\n${list(rows, MEANING_COLUMN)}`,
    ...notes.map(block),
    `Example: model2vec ${name} ${example}`,
  ].join('\n\n')
}

function option(name: string, { short, value, help }: CommandOption): [term: string, meaning: string] {
  return [`${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`, help]
}

function block(content: HelpBlock): string {
  return typeof content === 'string' ? wrapped(content, WIDTH).join('\n') : list(content)
}

/**
 * Terms and meanings side by side.
 *
 * @param column where meanings begin, by default right of the longest term
 */
function list(rows: readonly (readonly [term: string, meaning: string])[], column?: number): string {
  const indent = column ?? 4 + Math.max(...rows.map(([term]) => term.length))
  return rows
    .map(([term, meaning]) => {
      const lines = wrapped(meaning, WIDTH - indent)
      const start = `  ${term} `
      // A term that is too long has a line of its own.
      const first = start.length > indent ? [start.trimEnd(), ' '.repeat(indent)] : [start.padEnd(indent)]
      return first.join('\n') + lines.join(`\n${' '.repeat(indent)}`)
    })
    .join('\n')
}

/** A text in lines of at most `width` columns. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && longer.length > width) {
      lines.push(line)
      line = word
    } else {
      line = longer
    }
  }
  return [...lines, line]
}
