// `npm run fuzz:js [-- SECONDS [TARGET…]]`: runs each target of test/fuzz/targets for that long, by
// default a minute, guided by the coverage of JavaScript (test/fuzz/guided.ts). What a target finds stays
// in fuzz/artifacts, what it learned in fuzz/corpus.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { createInterface } from 'node:readline'

import { root, run, setup } from './setup.mjs'

/** Of V8's heap, in MB. */
const HEAP = 512

process.chdir(root)
const [, , given = '60', ...names] = process.argv
const seconds = Number(given)
if (!(seconds > 0)) throw new Error(`expected a number of seconds, found \`${given}\``)
setup()
run(process.execPath, ['scripts/compile-tests.mjs'])
const { watchFor } = createRequire(import.meta.url)('../build/test/fuzz/hangs.js')

const all = readdirSync('test/fuzz/targets').map((file) => path.basename(file, '.ts'))
const failed = []
for (const name of names.length > 0 ? names : all) if (!(await fuzz(name))) failed.push(name)
if (failed.length > 0) {
  console.error(`findings of ${failed.join(', ')}: fuzz/artifacts has the inputs`)
  process.exitCode = 1
}

/** Resolves with whether nothing was found. */
async function fuzz(name) {
  const [corpus, artifacts] = [`fuzz/corpus/${name}`, `fuzz/artifacts/${name}`]
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true })
  const current = `${artifacts}/current`
  const kept = [`fuzz/seeds/${name}`, `fuzz/cases/${name}`].filter((folder) => existsSync(folder))
  const script = path.resolve('build/test/fuzz/guided.js')
  const options = [`--max-old-space-size=${HEAP}`, script, name, String(seconds), current, corpus, ...kept]
  const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)))
  const watch = watchFor({ pid: child.pid, kill: () => child.kill('SIGKILL') })
  let last = {}
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line)
    watch.heard()
  }
  watch.end()
  const code = await closed
  const { inputs = 0, known = 0, blocks = 0 } = last
  const done = `${name}: ${inputs} inputs, ${known} of them reached something new, ${blocks} blocks`
  if (code === 0) {
    console.log(`${done}; nothing found`)
    return true
  }
  const finding = `${artifacts}/${watch.hangs ? 'hang' : 'fault'}-${Date.now()}`
  renameSync(current, finding)
  console.log(`${done}; ${watch.hangs ? 'it hangs' : `it ended with ${code}`} over ${finding}`)
  return false
}
