// Loaded into a run (`--require`): says on stderr, at its end, which files of dist/ it has loaded.

import { writeSync } from 'node:fs'
import path from 'node:path'

process.on('exit', () => {
  const files = Object.keys(require.cache).map((file) => path.relative(path.resolve('dist'), file))
  writeSync(2, files.filter((file) => !file.startsWith('..')).join(' '))
})
