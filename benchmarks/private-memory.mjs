// Private memory of a process: what ends with it and is shared with no other.

import { readFileSync } from 'node:fs'

/**
 * Private_Clean and Private_Dirty of /proc/<pid>/smaps_rollup, in MB; null where there is no such
 * file (only Linux has it).
 */
export function privateMemory(pid = 'self') {
  let rollup
  try {
    rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  } catch {
    return null
  }
  const fields = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)]
  return fields.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024
}
