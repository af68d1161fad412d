// What can go wrong with a shard, and whether trying again can help.

import { errorOf, isModel2VecError, messageOf } from '../../errors.js'
import type { ErrorCode } from '../../errors.js'
import { isOutOfMemory } from '../../runtime/out-of-memory.js'
import { systemReason } from '../../runtime/system-reason.js'
import { UsageError } from '../command.js'
import { FileError } from '../file-error.js'
import { LocatedError } from '../input/bad-rows.js'

/** Codes of failures that may pass, here or on another machine; those of all others are for good. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_INPUT_UNREACHABLE',
  'ERR_HUB_OFFLINE',
  'ERR_HUB_HTTP',
  'ERR_HUB_CACHE',
  // This machine lacks something. Another one has it: the plan was made on one.
  'ERR_HUB_AUTH',
  'ERR_MODEL_LAYOUT',
  'ERR_MODEL_NOT_FOUND',
  'ERR_NATIVE_NOT_FOUND',
  'ERR_NOT_INSTALLED',
  'ERR_OUT_OF_MEMORY',
])

/**
 * Whether the same call can succeed another time, or on another machine: the network, a full disk, a
 * file system that is not mounted, no model, a package that is not installed, too little memory. Not:
 * a manifest, an input or a model that is not what it was, a row that can't be read, and what is not
 * known.
 */
export function mayPass(error: unknown): boolean {
  const code = codeOf(error)
  return code === null ? systemReason(rootOf(error)) !== null : PASSING.has(code)
}

/**
 * An error of a shard with a code: `ERR_BAD_INPUT` for a row, or a file, that can't be read; where
 * something else kept it from being read, the code of that. Any other error unchanged.
 */
export function coded(error: unknown): unknown {
  const code = isModel2VecError(error) ? null : codeOf(error)
  return code === null ? error : errorOf(code, messageOf(error), { cause: error })
}

/** Null for an error that has no code, such as one of the system. */
function codeOf(error: unknown): ErrorCode | null {
  const root = rootOf(error)
  if (isOutOfMemory(root)) return 'ERR_OUT_OF_MEMORY'
  if (isModel2VecError(root) && (root === error || PASSING.has(root.code))) return root.code
  const isOfInput = error instanceof LocatedError || error instanceof FileError || error instanceof UsageError
  return isOfInput && systemReason(root) === null ? 'ERR_BAD_INPUT' : null
}

/** What an error that names an input, or a file, was before it did. */
function rootOf(error: unknown): unknown {
  let root = error
  while ((root instanceof LocatedError || root instanceof FileError) && root.cause !== undefined) root = root.cause
  return root
}
