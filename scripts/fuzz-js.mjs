// `npm run fuzz:js [-- SECONDS [TARGET…]]`: runs each target of test/fuzz/targets for that long, by
// default a minute: Jazzer.js, which guides libFuzzer by the coverage of JavaScript, of our readers and of
// the libraries under them. What a target finds stays in fuzz/artifacts, what it learned in fuzz/corpus.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { root, run, setup } from './setup.mjs'

/** What is instrumented: parts of paths. */
const INSTRUMENTED = ['build/modules/', 'node_modules/apache-arrow/', 'node_modules/flatbuffers/', 'node_modules/hyparquet/', 'node_modules/fzstd/']
/** Bytes of an input. */
const LONGEST = 4096
/**
 * After this many seconds an input that doesn't end is a finding: on a busy machine the limit of time in
 * test/fuzz/limits.ts, which counts the processor's, comes long before.
 */
const PATIENCE = 20

process.chdir(root)
const [, , given = '60', ...names] = process.argv
const seconds = Number(given)
if (!(seconds > 0)) throw new Error(`expected a number of seconds, found \`${given}\``)
setup()
run(process.execPath, ['scripts/compile-tests.mjs'])
const { installTools } = createRequire(import.meta.url)('../build/test/consumers/tools.js')
const modules = installTools('fuzz')
if (modules === null) throw new Error('Jazzer.js could not be installed: npm reaches no registry')

const all = readdirSync('test/fuzz/targets').map((file) => path.basename(file, '.ts'))
const failed = []
for (const name of names.length > 0 ? names : all) {
  console.log(`\n── ${name}`)
  const [corpus, artifacts] = [`fuzz/corpus/${name}`, `fuzz/artifacts/${name}/`]
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true })
  const kept = [`fuzz/seeds/${name}`, `fuzz/cases/${name}`].filter((folder) => existsSync(folder))
  const instrumented = INSTRUMENTED.flatMap((part) => ['-i', part])
  const options = [`-max_total_time=${seconds}`, `-max_len=${LONGEST}`, `-artifact_prefix=${artifacts}`, '-print_final_stats=1']
  const jazzer = path.join(modules, '@jazzer.js/core/dist/cli.js')
  const target = path.resolve(`build/test/fuzz/targets/${name}.js`)
  try {
    // The limit of memory is a second net: test/fuzz/limits.ts has a lower one for each input.
    execFileSync(
      process.execPath,
      [jazzer, target, corpus, ...kept, ...instrumented, '--timeout', `${PATIENCE * 1000}`, '--', ...options, '-rss_limit_mb=2048'],
      { stdio: 'inherit' },
    )
  } catch {
    failed.push(name)
  }
}
if (failed.length > 0) throw new Error(`findings of ${failed.join(', ')}: fuzz/artifacts has the inputs`)
