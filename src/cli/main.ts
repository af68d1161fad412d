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

// `model2vec info … | head -1`: nobody reads the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const args = process.argv.slice(2)
run(args).catch((error: unknown) => {
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ')
  const code = isModel2VecError(error) ? ` (${error.code})` : ''
  const hint = isUsage(error)
    ? `; see \`model2vec ${Object.hasOwn(COMMANDS, args[0] ?? '') ? `${args[0] ?? ''} ` : ''}--help\``
    : ''
  process.stderr.write(`model2vec: ${message}${code}${hint}\n`)
  // What was interrupted may still wait for its input.
  if (error instanceof Interrupted) process.exit(error.exitCode)
  process.exitCode = isUsage(error) ? 2 : 1
})
