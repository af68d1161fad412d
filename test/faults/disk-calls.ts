// What a disk refuses in the tests: a call, with an error's number, after some that were let
// through.

import os from 'node:os'

export interface DiskFault {
  readonly call: 'write' | 'sync' | 'rename' | 'open'
  /** The error's number. */
  readonly code: number
  /** How many of the calls are let through first. */
  readonly skipped: number
}

const { ENOSPC, EIO, EDQUOT, EROFS } = os.constants.errno

export const FAULTS: readonly DiskFault[] = [
  { call: 'write', code: ENOSPC, skipped: 0 },
  { call: 'write', code: EDQUOT, skipped: 1 },
  { call: 'write', code: EIO, skipped: 2 },
  { call: 'sync', code: EIO, skipped: 0 },
  { call: 'sync', code: ENOSPC, skipped: 1 },
  { call: 'rename', code: EIO, skipped: 0 },
  { call: 'rename', code: EROFS, skipped: 1 },
  { call: 'open', code: EROFS, skipped: 0 },
  { call: 'open', code: EDQUOT, skipped: 1 },
]
