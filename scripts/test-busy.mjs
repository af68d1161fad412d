// `npm run test:busy`: the proof that no test depends on how fast the machine is. While a process
// for each core keeps the machine busy, it runs the tests that kill, wait or count ten times in a
// row; `-- <pattern>…` takes those whose path has one of the patterns. With `--all` it runs all
// tests of ava, twice.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

import { root, setup } from './setup.mjs'
import { sourceFiles } from './source-files.mjs'
import { countTap, judge, run } from './step.mjs'

/**
 * A test file with one of these waits for a time, kills a process, or starts a script that does:
 * its outcome could depend on speed.
 */
const TIMED =
  /\/waiting\.js'|setTimeout|setImmediate|timers\/promises|AbortSignal\.timeout|\.kill\(|SIG(?:KILL|INT)|terminate\(|children/
/**
 * These tests install packages and start other runtimes, which takes minutes a run: only `--all`
 * runs them.
 */
const LONG = ['test/runtimes.test.ts']
const BURN = 'for (;;) { for (let i = 0; i < 1e8; i++); if (process.ppid !== Number(process.argv[1])) process.exit() }'

process.chdir(root)
setup()
const node = process.execPath
const isAll = process.argv.includes('--all')
if (isAll) await prepare('scripts/package.mjs')
await prepare('scripts/compile-tests.mjs')
const patterns = process.argv.slice(2).filter((argument) => argument !== '--all')
const timed = sourceFiles(/\.test\.ts$/, 'test').filter(
  (file) => !LONG.includes(file) && TIMED.test(readFileSync(file, 'utf8')),
)
const chosen = timed.filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
if (chosen.length === 0)
  throw new Error(`no test that kills, waits or counts has one of these in its path: ${patterns.join(' ')}`)
const files = isAll ? [] : chosen.map((file) => `build/${file.replace(/\.ts$/, '.js')}`)
const rounds = isAll ? 2 : 10
const burners = Array.from({ length: availableParallelism() }, () =>
  spawn(node, ['-e', BURN, String(process.pid)], { stdio: 'ignore' }),
)
const total = { passed: 0, failed: 0, skipped: 0 }
try {
  for (let round = 1; round <= rounds; round++) {
    const name = `round ${round} of ${rounds}, ${isAll ? 'all test files' : `${files.length} test files`}`
    console.log(`\n── ${name}`)
    const command = [node, 'node_modules/ava/entrypoints/cli.mjs', '--tap', ...files]
    // A round is hundreds of tests: only those that fail are shown, with what is said of them.
    const { output, code } = await run({ command, shows: failedLines() })
    const counts = judge({ name, count: countTap }, output, code)
    for (const key of Object.keys(total)) total[key] += counts[key]
    console.log(`${counts.passed} passed, ${counts.failed} failed`)
  }
} finally {
  for (const burner of burners) burner.kill()
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed === 0 ? 0 : 1

async function prepare(script, ...args) {
  const { code } = await run({ command: [node, script, ...args] })
  if (code !== 0) throw new Error(`${script} ended with ${code}`)
}

/** The lines of the Test Anything Protocol from a failed test to the next. */
function failedLines() {
  let isFailed = false
  return (line) => {
    if (/^(not )?ok \d/.test(line)) isFailed = line.startsWith('not')
    return isFailed
  }
}
