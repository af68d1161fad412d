#!/usr/bin/env node
// The command line `model2vec`: finds the command, reads its options, and turns every error into one line and an exit code:
// 0 done, 1 failed, 2 called wrongly, 130 and 143 interrupted.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { isModel2VecError } from '../errors.js'
import { bench } from './bench.js'
import { UsageError } from './command.js'
import type { Command } from './command.js'
import { embed } from './embed.js'
import { info } from './info.js'
import { Interrupted } from './interrupt.js'
import { pull } from './pull.js'
import { search } from './search.js'
import { verify } from './verify.js'

const COMMANDS: Readonly<Record<string, Command>> = { embed, search, verify, bench, info, pull }

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

function version(): string {
  const file = readFileSync(path.join(__dirname, '../../package.json'), 'utf8')
  return (JSON.parse(file) as { version: string }).version
}

async function run(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${help()}\n`)
    return
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`)
    return
  }
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name ?? ''] : undefined
  if (command === undefined) {
    const known = Object.keys(COMMANDS).join(', ')
    throw new UsageError(name === undefined ? `expected a command: ${known}` : `no command ${name}; there are ${known}`)
  }
  const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
  const { positionals, values } = parseArgs({ args: rest, options, allowPositionals: true })
  if (values.help === true) process.stdout.write(`${command.help}\n`)
  else await command.run(positionals, values)
}

function isUsage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_'))
}

const args = process.argv.slice(2)

/** Ends the process with a line on stderr: what failed or was interrupted may still wait for its input. */
function fail(error: unknown): void {
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ')
  const code = isModel2VecError(error) ? ` (${error.code})` : ''
  const hint = isUsage(error)
    ? `; see \`model2vec ${Object.hasOwn(COMMANDS, args[0] ?? '') ? `${args[0] ?? ''} ` : ''}--help\``
    : ''
  const exitCode = error instanceof Interrupted ? error.exitCode : isUsage(error) ? 2 : 1
  // What was written to standard output before goes out first, also where pipes are not written to at once.
  process.stderr.write(`model2vec: ${message}${code}${hint}\n`, () => {
    process.stdout.write('', () => process.exit(exitCode))
  })
}

// `model2vec info … | head -1`: nobody reads the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  process.exitCode = 1
  process.stderr.write(`model2vec: standard output: ${error.message}\n`, () => process.exit(1))
})
// Who doesn't read what is told may still want the output.
process.stderr.on('error', () => undefined)

run(args).catch(fail)
