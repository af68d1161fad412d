// `node scripts/compile-tests.mjs`: compiles the tests into build/test/, and before them each file
// of src/ into build/modules/, for the tests of a single module: dist/ has them joined.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'

import { root, run, upToDate } from './setup.mjs'

const TSC = 'node_modules/typescript/bin/tsc'
const MODULES = 'build/modules'

process.chdir(root)
try {
  upToDate('modules', `${MODULES}/.setup`, ['package-lock.json', 'tsconfig.json', 'src'], () => {
    rmSync(MODULES, { recursive: true, force: true })
    run(process.execPath, [TSC, '-p', '.', '--outDir', MODULES])
  })
  removeGone('build/test', 'test')
  run(process.execPath, [TSC, '-p', 'test'])
} catch {
  // The compiler has said what is wrong.
  process.exitCode = 1
}

/** Removes compiled tests whose source is gone: ava would run them. */
function removeGone(compiled, source) {
  if (!existsSync(compiled)) return
  for (const name of readdirSync(compiled, { recursive: true })) {
    if (!name.endsWith('.test.js') || existsSync(path.join(source, name.replace(/\.js$/, '.ts')))) continue
    rmSync(path.join(compiled, name))
  }
}
