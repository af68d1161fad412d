// What becomes of rows that can't be read: they end the run, or are skipped and counted.

import { isModel2VecError } from '../../errors.js'
import { FileError, messageOf } from '../file-error.js'

/** An error whose message begins with the input and the line. */
export class LocatedError extends Error {}

/** Codes of errors that are about an input and name it. */
const INPUT_CODES: ReadonlySet<string> = new Set(['ERR_INPUT_CHANGED', 'ERR_BAD_INPUT', 'ERR_INPUT_UNREACHABLE'])

/** Whether the message of an error names the input. */
export function namesInput(error: unknown): boolean {
  if (error instanceof LocatedError || error instanceof FileError) return true
  return isModel2VecError(error) && INPUT_CODES.has(error.code)
}

/** An error of reading an input, with the input's name. */
export function inputError(error: unknown, name: string): unknown {
  if (namesInput(error) || !(error instanceof Error)) return error
  return new LocatedError(`${name}: ${messageOf(error)}`, { cause: error })
}

export class BadRows {
  /** Rows that were skipped so far. */
  skipped: number
  readonly #isSkipped: boolean
  readonly #onSkip: (message: string) => void

  /** @param onSkip gets the message of each row that is skipped */
  constructor(isSkipped: boolean, skipped: number, onSkip: (message: string) => void) {
    this.#isSkipped = isSkipped
    this.skipped = skipped
    this.#onSkip = onSkip
  }

  /** A row can't be read. @throws LocatedError unless such rows are skipped */
  refuse(problem: LocatedError): void {
    if (!this.#isSkipped) throw problem
    this.skipped++
    this.#onSkip(problem.message)
  }

  /** A row has nothing to read, which the user wants skipped. */
  leaveOut(): void {
    this.skipped++
  }
}
