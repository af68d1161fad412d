// Loads a compiled test file, with the package that it imports, in a new `vm` context: a realm with
// an `Error`, an `Array`, a `Uint32Array` that is its own, as in Jest and in Vitest's `vmThreads`.
// The context has nothing of Node's globals; the tests get them as variables, the package has to do
// without.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { compileFunction, createContext, runInContext } from 'node:vm'

import test from 'ava'

import type { DeclareTest } from './assertions.js'

const declareTest: DeclareTest = (title, isSerial, run) => {
  const declare = isSerial ? test.serial : test
  declare(title, async (t) => {
    await run()
    t.pass()
  })
}
const GLOBALS = { AbortController, AbortSignal, Buffer, declareTest, fetch, process, Response, URL }

/**
 * Node's own modules are this realm's; all files of the tests and of the package are the context's,
 * and the assertions, too.
 */
export function loadInNewContext(file: string): void {
  const context = createContext({})
  // Node 20 gives them to its own realm only, where `using` needs them; a test runner passes them
  // on.
  const symbols = runInContext('Symbol', context) as SymbolConstructor
  for (const name of ['dispose', 'asyncDispose'] as const) {
    if (!(name in symbols)) Object.defineProperty(symbols, name, { value: Symbol[name] })
  }
  const modules = new Map<string, { exports: unknown }>()
  const load = (place: string): unknown => {
    const known = modules.get(place)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    modules.set(place, module)
    const require = createRequire(place)
    const requireInContext = (name: string): unknown => {
      if (name === 'ava') return load(path.join(__dirname, 'assertions.js'))
      const found = name.startsWith('node:') ? name : require.resolve(name)
      return found.endsWith('.js') && !found.includes('node_modules') ? load(found) : require(found)
    }
    const given = place.includes(`${path.sep}dist${path.sep}`) ? {} : GLOBALS
    const names = ['exports', 'module', 'require', '__filename', '__dirname', ...Object.keys(given)]
    const options = { filename: place, parsingContext: context }
    const run = compileFunction(readFileSync(place, 'utf8'), names, options) as (...values: unknown[]) => void
    run(
      module.exports,
      module,
      Object.assign(requireInContext, require),
      place,
      path.dirname(place),
      ...Object.values(given),
    )
    return module.exports
  }
  load(file)
}
