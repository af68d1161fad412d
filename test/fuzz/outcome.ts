// What a reader may do with any bytes: give a result, or fail with an error that says so to the user.

import { isModel2VecError } from 'model2vec-node'

import type * as fileErrorModule from '../../build/modules/cli/file-error.js'
import type * as badRowsModule from '../../build/modules/cli/input/bad-rows.js'
import type * as errorsModule from '../../build/modules/errors.js'
import { load } from '../modules.js'

const { FileError } = load('cli/file-error') as typeof fileErrorModule
const { LocatedError } = load('cli/input/bad-rows') as typeof badRowsModule
const { isModel2VecError: isErrorOfModules } = load('errors') as typeof errorsModule

/** Something that no input may bring about. */
export class Fault extends Error {}

/**
 * @param input what the message has to name, in one line; null = the error is about no file
 * @throws Fault when the error is not one that a reader may fail with
 */
export function assertTyped(error: unknown, input: string | null = null): void {
  if (error instanceof Fault) throw error
  const isOurs = isModel2VecError(error) || isErrorOfModules(error)
  const isOfCommandLine = error instanceof FileError || error instanceof LocatedError
  if (!isOurs && !isOfCommandLine) throw new Fault('expected a typed error', { cause: error })
  if (isOurs && (error as { code: string }).code === 'ERR_INTERNAL') {
    throw new Fault('expected the error of a bad input, but got that of a bug', { cause: error })
  }
  const { message } = error
  if (input !== null && (!message.includes(input) || message.includes('\n'))) {
    throw new Fault(`expected a message of one line about ${input}`, { cause: error })
  }
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (isMistake(cause)) throw new Fault('expected no error of the engine in our own code', { cause: error })
  }
}

/** A TypeError, ReferenceError or RangeError that our own code made JavaScript throw. */
function isMistake(error: Error): boolean {
  if (isModel2VecError(error) || isErrorOfModules(error)) return false
  if (!(error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError)) return false
  const [frame = ''] = /^ +at .+$/m.exec(error.stack ?? '') ?? []
  return /[/\\](?:build[/\\]modules|dist)[/\\]/.test(frame)
}
