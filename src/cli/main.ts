#!/usr/bin/env node
// The command line `model2vec`: finds the command, reads its options, and turns every error into one line and an exit code:
// 0 done, 1 failed, 2 called wrongly, 130 and 143 interrupted.

import { parseArgs } from 'node:util'

import { isModel2VecError } from '../errors.js'
import { VERSION } from '../version.js'
import { UsageError } from './command.js'
import { COMMANDS } from './command-table.js'
import { messageOf } from './file-error.js'
import { Interrupted } from './terminal/interrupt.js'

function help(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return `Usage: model2vec <command> [options]

Commands:
${lines.join('\n')}

Options:
  -h, --help  this text
  --version   the version of this package

\`model2vec <command> --help\` says more on each.`
}

/** The command that was called and is there, with a space behind it. */
let found = ''

async function run(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${help()}\n`)
    return
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`)
    return
  }
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined
  if (command === undefined) {
    const known = Object.keys(COMMANDS).join(', ')
    throw new UsageError(name === undefined ? `expected a command: ${known}` : `no command ${name}; there are ${known}`)
  }
  found = `${name ?? ''} `
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  const { positionals, values } = parseArgs({ args: rest, options, allowPositionals: true })
  if (values.help === true) process.stdout.write(`${command.help}\n`)
  else await command.run(positionals, values)
}

function isUsage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_'))
}

/** Ends the process with a line on stderr: what failed or was interrupted may still wait for its input. */
function fail(error: unknown): void {
  const message = messageOf(error).replace(/\s*\n\s*/g, ' ')
  const code = isModel2VecError(error) ? ` (${error.code})` : ''
  const hint = isUsage(error) ? `; see \`model2vec ${found}--help\`` : ''
  process.stderr.write(`model2vec: ${message}${code}${hint}\n`, () => {
    if (error instanceof Interrupted) process.exit(error.exitCode)
    // What was written to standard output before goes out first, also where pipes are not written to at once.
    process.stdout.write('', () => process.exit(isUsage(error) ? 2 : 1))
  })
}

// `model2vec info … | head -1`: nobody reads the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  process.exitCode = 1
  process.stderr.write(`model2vec: standard output: ${messageOf(error)}\n`, () => process.exit(1))
})
// Who doesn't read what is told may still want the output.
process.stderr.on('error', () => undefined)

run(process.argv.slice(2)).catch(fail)
