// The folder of this package, where a build of the repository has its native module.

import { readFileSync } from 'node:fs'
import path from 'node:path'

/** This file is in dist/ as it is published, and three folders down where only TypeScript compiled it. */
const DEEPEST = 4

/** The package's folder; null in a bundle, where this file is a part of the application's. */
export function packageRoot(): string | null {
  // In a bundle of modules there is no such name.
  if (typeof __filename !== 'string') return null
  let folder = path.dirname(__filename)
  for (let depth = 0; depth < DEEPEST; depth++) {
    folder = path.dirname(folder)
    if (nameOf(folder) === 'model2vec-node') return folder
  }
  return null
}

/** The name of the package with this folder; null where there is none. */
function nameOf(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { name?: unknown } | null)?.name
  } catch {
    return null
  }
}
