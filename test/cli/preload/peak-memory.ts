// Loaded into a run (`--require`): writes the most memory that it had, in megabytes, to the file
// that TEST_PEAK_FILE names.

import { readFileSync, writeFileSync } from 'node:fs'

process.on('exit', () => {
  writeFileSync(process.env.TEST_PEAK_FILE ?? '', String(peakKilobytes() / 1024))
})

/**
 * Not `maxRSS` on Linux: that counts the parent's memory too, which the process shared until its
 * program was started.
 */
function peakKilobytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}
