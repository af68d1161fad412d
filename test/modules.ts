// Single modules of src/, compiled one by one, for tests of one step. They are not those that
// `model2vec-node` is made of, so no object of the one is given to the other.

import { createRequire } from 'node:module'
import path from 'node:path'

/** The module with this path in src/, without its ending. */
export function load(name: string): unknown {
  return createRequire(path.resolve('package.json'))(`./build/modules/${name}.js`)
}
