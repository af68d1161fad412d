// `npm run soak [-- --minutes 15]`: everything that the package does, mixed, in one process each on
// the oldest and the newest Node that the tests have, side by side (test/soak/). It fails on an
// error, on a vector that is not Python's, on handles, threads or files that are left when all is
// closed, and, from 15 minutes on, on memory at the end that is more than 5 % away from that after a
// third of the time.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { root, run, setup } from './setup.mjs'

/** Below this many minutes heaps still grow into what they need. */
const SETTLES_IN = 15
const MOST_CHANGE = 0.05
/** Of the lines that a process prints: 5 minutes of 15. */
const THIRD = 5

/** `as-compiled`: the tests have just been compiled, by `npm test`. */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '15' }, 'as-compiled': { type: 'boolean' } },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new Error(`expected a number of minutes, found \`${values.minutes}\``)

process.chdir(root)
setup()
if (!values['as-compiled']) run(process.execPath, ['scripts/compile-tests.mjs'])
const outcomes = await Promise.all(programs().map(soak))
const faults = outcomes.flat()
for (const fault of faults) console.error(fault)
console.log(faults.length === 0 ? 'no faults' : `${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1

/** Node 20 and 26, where npm's registry has them for this machine; else the Node that runs this. */
function programs() {
  const { installTools } = createRequire(import.meta.url)('../build/test/consumers/tools.js')
  const isListed = process.platform === 'linux' && process.arch === 'x64'
  const folder = isListed ? installTools('runtimes') : null
  const found = ['node-20', 'node-26']
    .map((name) => path.join(folder ?? '', name, 'bin/node'))
    .filter((file) => folder !== null && existsSync(file))
  return found.length === 2 ? found : [process.execPath]
}

/** Resolves with the faults of one process. */
async function soak(program) {
  const child = spawn(program, ['--expose-gc', 'build/test/soak/main.js', String(minutes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.on('exit', () => child.kill('SIGKILL'))
  const limit = setTimeout(() => child.kill('SIGKILL'), (minutes + 5) * 60_000)
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  const name = path.relative('.', program).replace(/^.*node_modules\/(.*)\/bin\/node$/, '$1')
  const lines = []
  for await (const line of createInterface({ input: child.stdout })) {
    const report = JSON.parse(line)
    lines.push(report)
    if (report.left === undefined) {
      console.log(
        `${name}: ${report.minutes.toFixed(1)} min, ${report.rss.toFixed(0)} MB (V8's heap ${report.heap.toFixed(0)}, of it ` +
          `used ${report.used.toFixed(0)}, outside ${report.external.toFixed(0)}), ${total(report)} runs, queries ` +
          `p50 ${report.p50?.toFixed(2)} ms, p99 ${report.p99?.toFixed(2)} ms, ${report.errors.length} errors`,
      )
    }
  }
  const ended = await closed
  clearTimeout(limit)
  return faultsOf(name, lines, ended)
}

function faultsOf(name, lines, ended) {
  const last = lines.at(-1)
  if (ended !== 0 || last?.left === undefined) return [`${name}: ended with ${ended}`]
  const { runs, left, before, after, errors } = last
  console.log(
    `${name}: ${Object.entries(runs)
      .map(([load, count]) => `${load} ${count}`)
      .join(', ')}`,
  )
  console.log(
    `${name}: ${before.threads} threads and ${before.files} files before, ${after.threads} and ${after.files} after`,
  )
  const [early, late] = [lines[THIRD - 1].rss, lines.at(-2).rss]
  const change = (late - early) / early
  console.log(
    `${name}: memory ${early.toFixed(0)} MB, at the end ${late.toFixed(0)} MB, ${(change * 100).toFixed(1)} %`,
  )
  return [
    ...errors.map((error) => `${name}: ${error}`),
    ...left.map((what) => `${name}: ${what}`),
    ...Object.entries(runs).flatMap(([load, count]) => (count === 0 ? [`${name}: ${load} never ran`] : [])),
    ...(minutes >= SETTLES_IN && Math.abs(change) > MOST_CHANGE
      ? [`${name}: the memory changed by more than 5 %`]
      : []),
  ]
}

function total({ runs }) {
  return Object.values(runs).reduce((sum, count) => sum + count, 0)
}
