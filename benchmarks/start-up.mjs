// From the start of a process to its end: bare Node, a program that prints the first vector, and the
// command line. Fresh processes in turn, medians, and milliseconds
// above bare Node. `node benchmarks/start-up.mjs [ROUNDS]`, after `npm run build`.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { median } from './texts.mjs'
import { inTurns } from './timed-process.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = path.join(here, '../dist/cli/main.js')
const rounds = Number(process.argv[2] ?? 25)

const first = `
const { Model2VecEmbeddingFunction } = require('model2vec-node')
console.log(new Model2VecEmbeddingFunction().encodeSync('a dog in the park')[0])
`

/** Milliseconds of a whole process, without a shell between. */
function wall(args) {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: path.join(here, '..') })
  if (status !== 0) throw new Error(String(stderr))
  return performance.now() - started
}

const programs = {
  'node -e 0': ['-e', '0'],
  'to the first vector, require': ['-e', first],
  'to the first vector, import': ['--input-type=module', '-e', first.replace(/const (.*) = require\((.*)\)/, 'import $1 from $2')],
  'model2vec --version': [main, '--version'],
  'model2vec --help': [main, '--help'],
}
const runs = inTurns(Object.fromEntries(Object.entries(programs).map(([name, args]) => [name, () => wall(args)])), rounds)
const bare = median(runs['node -e 0'])
for (const [name, times] of Object.entries(runs)) {
  const least = Math.min(...times).toFixed(1)
  console.log(`${name}: ${median(times).toFixed(1)} ms, ${(median(times) - bare).toFixed(1)} above bare Node (least ${least})`)
}
