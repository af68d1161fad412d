// Errors of Node and V8 for want of memory, which have no class and no code in common.

import { isThrownError } from '../errors.js'

/** `ERR_MEMORY_ALLOCATION_FAILED` is that of buffers, `Z_MEM_ERROR` that of zlib. */
const CODES: ReadonlySet<unknown> = new Set(['ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY', 'Z_MEM_ERROR'])

/**
 * Whether there was too little memory. A length beyond what any machine allows (`Invalid string
 * length`) is no want of memory. Nor is this about the heap: where that is full, the process ends.
 */
export function isOutOfMemory(error: unknown): boolean {
  if (!isThrownError(error)) return false
  if (CODES.has(error.code)) return true
  const { name } = error as { readonly name?: unknown }
  return name === 'RangeError' && /allocation failed|out of memory|could not allocate/i.test(error.message)
}
