// Which files of the repository are written by hand: what the checks of words, links and
// dependencies read.

import { readdirSync } from 'node:fs'
import path from 'node:path'

/**
 * Folders of what is installed, built, unpacked or found, and of the texts and files that tests
 * compare with.
 */
const NOT_OURS = new Set([
  ...['.git', 'node_modules', 'target', 'dist', 'build', 'unpacked', 'sde'],
  ...['fuzz/artifacts', 'fuzz/corpus', 'fuzz/coverage', 'test/expected'],
  ...['corpora', 'models', 'reference', 'tensors'].map((name) => `test/fixtures/${name}`),
])

/** The paths of the files, relative to the working directory, whose names match. */
export function sourceFiles(name, folder = '.') {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const place = path.posix.join(folder, entry.name)
    if (!entry.isDirectory()) return name.test(entry.name) ? [place] : []
    return NOT_OURS.has(entry.name) || NOT_OURS.has(place) ? [] : sourceFiles(name, place)
  })
}

/**
 * Prints the faults, one a line, and makes them the outcome of this process; without faults it
 * prints what was checked.
 */
export function report(faults, checked) {
  for (const fault of faults) console.error(fault)
  if (faults.length === 0) console.log(checked)
  else process.exitCode = 1
}
