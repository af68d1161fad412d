#!/usr/bin/env node
// The command line `model2vec`: finds the command, parses its options, and turns every error into
// one line and an exit code: 0 done, 1 failed, 2 called wrongly, 3 what can never work, 130 and 143
// interrupted.

import { parseArgs } from 'node:util'

import { isModel2VecError } from '../errors.js'
import { VERSION } from '../version.js'
import { FinalError, UsageError } from './command.js'
import { COMMANDS } from './command-table.js'
import { messageOf } from './file-error.js'
import { commandHelp, HELP_OPTION, overview } from './help.js'
import { Interrupted } from './terminal/interrupt.js'

/** The name of the command that was found, with a space after it. */
let found = ''
/** Whether the command goes on without a reader of its output. */
let outlivesOutput = false

async function run(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${overview(COMMANDS)}\n`)
    return
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`)
    return
  }
  const known = Object.keys(COMMANDS).join(', ')
  if (name === undefined) throw new UsageError(`expected a command: ${known}`)
  const row = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (row === undefined) throw new UsageError(`no command ${name}; there are ${known}`)
  found = `${name} `
  const command = await row.load()
  outlivesOutput = command.outlivesOutput === true
  const options = { ...command.options, help: HELP_OPTION }
  const { positionals, values } = parseArgs({ args: rest, options, allowPositionals: true })
  if (values.help === true) process.stdout.write(`${commandHelp(name, command)}\n`)
  else await command.run(positionals, values)
}

function isUsage(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return error instanceof UsageError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_'))
}

/** Prints the error and ends the process, which may still be waiting for its input. */
function fail(thrown: unknown): void {
  const error = thrown instanceof FinalError ? thrown.cause : thrown
  const exitCode = thrown instanceof FinalError ? 3 : isUsage(error) ? 2 : 1
  const message = messageOf(error).replace(/\s*\n\s*/g, ' ')
  const code = isModel2VecError(error) ? ` (${error.code})` : ''
  const hint = isUsage(error) ? `; see \`model2vec ${found}--help\`` : ''
  process.stderr.write(`model2vec: ${message}${code}${hint}\n`, () => {
    if (error instanceof Interrupted) process.exit(error.exitCode)
    // Standard output may be a pipe that is written to later: what was printed goes out first.
    process.stdout.write('', () => process.exit(exitCode))
  })
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (outlivesOutput) return
  // The reader has left, as in `model2vec info … | head -1`.
  if (error.code === 'EPIPE') process.exit()
  process.exitCode = 1
  process.stderr.write(`model2vec: standard output: ${messageOf(error)}\n`, () => process.exit(1))
})
// A command whose messages nobody reads still writes its output.
process.stderr.on('error', () => undefined)

run(process.argv.slice(2)).catch(fail)
