// `npm run mutants [-- COUNT]`: loads that many broken model directories, by default 20,000, through the
// constructor and `load` (test/mutants). It fails on an error without a code, a crash, more than two
// seconds of the processor, and on more memory than 64 MB and 8 times a directory's bytes.

import { createRequire } from 'node:module'

import { root, run, setup } from './setup.mjs'

process.chdir(root)
const count = Number(process.argv[2] ?? 20_000)
if (!(count > 0)) throw new Error(`expected a number of mutants, found \`${process.argv[2]}\``)
setup()
run(process.execPath, ['scripts/compile-tests.mjs'])
const { loadMutants } = createRequire(import.meta.url)('../build/test/mutants/watched.js')
const { outcomes, faults } = await loadMutants(0, count)
for (const [outcome, times] of [...outcomes].sort(([, one], [, other]) => other - one))
  console.log(`${times} ${outcome}`)
for (const fault of faults) console.error(fault)
console.log(`${count} mutants, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
