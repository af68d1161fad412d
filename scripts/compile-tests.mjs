// `node scripts/compile-tests.mjs`: compiles the tests into build/test/, and before them each file
// of src/ into build/modules/, for the tests of a single module: dist/ has them joined.

import { rmSync } from 'node:fs'

import { root, run, upToDate } from './setup.mjs'

const TSC = 'node_modules/typescript/bin/tsc'
const MODULES = 'build/modules'

process.chdir(root)
try {
  upToDate('modules', `${MODULES}/.setup`, ['package-lock.json', 'tsconfig.json', 'src'], () => {
    rmSync(MODULES, { recursive: true, force: true })
    run(process.execPath, [TSC, '-p', '.', '--outDir', MODULES])
  })
  run(process.execPath, [TSC, '-p', 'test'])
} catch {
  // The compiler has said what is wrong.
  process.exitCode = 1
}
