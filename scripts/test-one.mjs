// `npm run test:one -- <pattern>`: the tests of ava whose file's path has the pattern, else those
// whose title has it. Sets up and compiles first, so that it is the one command to try a change
// with.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { setup } from './setup.mjs'

const COMPILED = 'build/test'

const [, , pattern = ''] = process.argv
if (pattern === '') {
  console.error("usage: npm run test:one -- <part of a test file's path, or of a title>")
  process.exit(1)
}
setup()
run('scripts/compile-tests.mjs')
const all = readdirSync(COMPILED, { recursive: true })
  .filter((file) => file.endsWith('.test.js'))
  .map((file) => path.join(COMPILED, file))
const named = all.filter((file) => file.includes(pattern))
// Only files that have the words: each file's set-up takes its time.
const titled = all.filter((file) => readFileSync(file, 'utf8').includes(pattern))
if (named.length === 0 && titled.length === 0) {
  console.error(`no test file's path and no title has \`${pattern}\``)
  process.exit(1)
}
run('node_modules/ava/entrypoints/cli.mjs', ...(named.length > 0 ? named : ['--match', `*${pattern}*`, ...titled]))

/** Ends this process with the exit code of a script that failed. */
function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
