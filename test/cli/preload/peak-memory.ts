// Loaded into a run (`--require`): writes the most memory that it had, in megabytes, to the file
// that TEST_PEAK_FILE names.

import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  writeFileSync(process.env.TEST_PEAK_FILE ?? '', String(process.resourceUsage().maxRSS / 1024))
})
