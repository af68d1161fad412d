// `npm test`: sets up, then runs every check there is, also after one has failed. Its last line
// counts them all: each test of cargo and ava is one, and each of the other steps. With the name of
// a group it runs the steps of that: `npm run lint`, `typecheck`, `test:js`, `test:rust`.

import { setup } from './setup.mjs'
import { countCargo, countTap, judge, run } from './step.mjs'

const node = process.execPath
const tsc = 'node_modules/typescript/bin/tsc'

/**
 * A runner's tests are counted from its output; a step without `count` counts as one. `groups`: the
 * shorter commands that it is part of.
 */
const STEPS = [
  { name: 'cargo fmt', groups: ['lint'], command: ['cargo', 'fmt', '--all', '--check'] },
  {
    name: 'cargo fmt, fuzz targets',
    groups: ['lint'],
    command: ['cargo', 'fmt', '--manifest-path', 'fuzz/Cargo.toml', '--check'],
  },
  {
    name: 'clippy',
    groups: ['lint'],
    command: ['cargo', 'clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings'],
  },
  {
    name: 'cargo test',
    groups: ['rust'],
    command: ['cargo', 'test', '--workspace', '--locked', '--no-fail-fast', '--', '--show-output'],
    count: countCargo,
    shows: cargoLines(),
  },
  {
    name: 'orders of the pool’s threads',
    groups: ['rust'],
    command: ['cargo', 'run', '--quiet', '--locked', '--manifest-path', 'model-check/Cargo.toml', '--', '2000'],
  },
  { name: 'types', groups: ['types'], command: [node, tsc, '-p', '.', '--noEmit'] },
  { name: 'types of the tests', groups: ['types', 'js'], command: [node, 'scripts/compile-tests.mjs'] },
  { name: 'eslint', groups: ['lint'], command: [node, 'node_modules/eslint/bin/eslint.js', '.'] },
  { name: 'prettier', groups: ['lint'], command: [node, 'node_modules/prettier/bin/prettier.cjs', '--check', '.'] },
  { name: 'links and paths', groups: ['lint'], command: [node, 'scripts/links.mjs'] },
  { name: 'spelling', groups: ['lint'], command: [node, 'scripts/spelling.mjs'] },
  { name: 'unused dependencies, files and exports', groups: ['lint'], command: [node, 'scripts/unused.mjs'] },
  { name: 'licenses and sources', groups: ['lint'], command: [node, 'scripts/licenses.mjs'] },
  { name: 'public API', groups: ['types'], command: [node, 'scripts/api.mjs'] },
  { name: 'third-party notices', command: [node, 'scripts/notices.mjs'] },
  { name: 'packages', groups: ['js'], command: [node, 'scripts/package.mjs'] },
  { name: 'ava', groups: ['js'], command: [node, 'node_modules/ava/entrypoints/cli.mjs', '--tap'], count: countTap },
  // Few texts and no competitors: that the suite runs, and that all forms of a call give the same
  // vectors.
  { name: 'benchmarks, quick', command: [node, 'benchmarks/run.mjs', '--quick', '--only', 'ours,potion-base-8M'] },
  // On two versions of Node side by side; in full it is `npm run soak`.
  { name: 'soak, short', command: [node, 'scripts/soak.mjs', '--minutes', '0.3', '--as-compiled'] },
  {
    name: 'without the tokenizers crate, with injected faults',
    command: [node, 'scripts/test-native.mjs'],
    count: countTap,
  },
]

/**
 * What is shown of `cargo test --show-output`: the lines that tests print of what they compared,
 * but of a passing test not the line of each mutant, of which there are thousands.
 */
function cargoLines() {
  let passing = false
  return (line) => {
    if (line === 'successes:') passing = true
    else if (line === 'failures:' || line.startsWith('test result:')) passing = false
    return !(passing && /^mutant \d+ of /.test(line))
  }
}

const total = { passed: 0, failed: 0, skipped: 0 }
const failures = []
try {
  const [, , group] = process.argv
  const steps = STEPS.filter(({ groups = [] }) => group === undefined || groups.includes(group))
  if (steps.length === 0) throw new Error(`expected one of the groups lint, types, js, rust, found ${group}`)
  setup()
  for (const step of steps) {
    console.log(`\n── ${step.name}`)
    const started = performance.now()
    const { output, code } = await run(step)
    console.log(`── ${((performance.now() - started) / 1000).toFixed(0)} s`)
    const counts = judge(step, output, code)
    if (counts.failed > 0) failures.push(step.name)
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
} catch (error) {
  console.error(`setup: ${error.message}`)
  total.failed++
}
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`)
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed === 0 ? 0 : 1
