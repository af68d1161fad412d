// What can go wrong with a shard, and whether trying again can help.

import { isModel2VecError, Model2VecError } from '../../errors.js'
import type { ErrorCode } from '../../errors.js'
import { systemReason } from '../../runtime/system-reason.js'
import { UsageError } from '../command.js'
import { FileError } from '../file-error.js'
import { LocatedError } from '../input/bad-rows.js'

/** Codes of failures that may pass; those of all others are for good. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_INPUT_UNREACHABLE',
  'ERR_OUT_OF_MEMORY',
  'ERR_HUB_OFFLINE',
  'ERR_HUB_HTTP',
  'ERR_HUB_CACHE',
])

/**
 * Whether the same call can succeed another time: the network, a full disk, a file system that is
 * not mounted yet, too little memory. Not: a manifest, an input or a model that is not what it was,
 * a row that can't be read, and what is not known.
 */
export function mayPass(error: unknown): boolean {
  if (isModel2VecError(error)) return PASSING.has(error.code)
  return systemReason(error) !== null || (error instanceof FileError && systemReason(error.cause) !== null)
}

/**
 * An error of a shard's inputs with a code: `ERR_BAD_INPUT` for a row, or a file, that can't be
 * read. Any other error unchanged.
 */
export function coded(error: unknown): unknown {
  const isOfInput = error instanceof LocatedError || error instanceof UsageError || error instanceof FileError
  if (!isOfInput || mayPass(error)) return error
  return new Model2VecError('ERR_BAD_INPUT', error.message, { cause: error })
}
