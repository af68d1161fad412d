// `npm run test:asan [-- <pattern>…]`: the tests of ava on an addon with AddressSanitizer, whose
// runtime is loaded before Node's own code, so that Node's memory is watched, too. Debug assertions
// and checks for overflow are on. It needs a nightly Rust and gcc's libasan, on Linux. A report of
// any process fails the run, also where the test that it happened in has passed.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { buildAddon, root, run as runOrThrow, setup } from './setup.mjs'
import { sourceFiles } from './source-files.mjs'
import { countTap, judge, run } from './step.mjs'

/** A test file with one of these starts Python, cargo, another runtime, a bundler or a foreign server. */
const FOREIGN =
  /python|'cargo'|installTools|tools\.js'|\/(lite|postgres|chroma-server|redis|peers|run-release)\.js'|bundler|consumers\//
/**
 * Memory under the sanitizer is another: freed memory is kept for a while, and each allocation has
 * space around it. And what preloads a library of its own can't preload this one.
 */
const MEASURES = /\/memory\.test|maxRSS|\.rss|LD_PRELOAD|preloaded\.js'/
const MEASURES_IN_TITLE = '*larger than the memory limit*'
/** And what is about where the native module is, has no use for one that is named. */
const PLACES = /\/package-copy\.js'|MODEL2VEC_NATIVE_PATH/

process.chdir(root)
setup()
const { platformName } = createRequire(import.meta.url)('../build/setup/platform.js')
const addon = path.resolve(`target/asan/model2vec.${platformName()}.node`)
mkdirSync(path.dirname(addon), { recursive: true })
// With a target of its own, build scripts and macros are compiled without.
const target = /^host: (.*)$/m.exec(execFileSync('rustc', ['-vV'], { encoding: 'utf8' }))?.[1] ?? ''
const own = { ...process.env }
Object.assign(process.env, {
  RUSTUP_TOOLCHAIN: 'nightly',
  RUSTFLAGS: '-Zsanitizer=address -Cdebug-assertions=on -Coverflow-checks=on -Cforce-frame-pointers=yes',
})
buildAddon(addon, ['--profile', 'quick', '--target', target])
process.env = own

runOrThrow(process.execPath, ['scripts/compile-tests.mjs'])
const patterns = process.argv.slice(2)
const files = sourceFiles(/\.test\.ts$/, 'test')
  .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
  .filter((file) => {
    const text = readFileSync(file, 'utf8')
    return !FOREIGN.test(text) && !MEASURES.test(text + file) && !PLACES.test(text)
  })
  .map((file) => `build/${file.replace(/\.ts$/, '.js')}`)
if (files.length === 0) throw new Error(`no test file that can run has one of these in its path: ${patterns.join(' ')}`)

const reports = mkdtempSync(path.resolve('target/asan/reports-'))
Object.assign(process.env, {
  MODEL2VEC_NATIVE_PATH: addon,
  LD_PRELOAD: execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
  // V8 frees nothing at the end of a process, and a table that is cut while it is mapped ends it by SIGBUS.
  ASAN_OPTIONS: `detect_leaks=0:handle_sigbus=0:abort_on_error=1:quarantine_size_mb=64:log_path=${reports}/report`,
})
const { output, code } = await run({
  command: [
    process.execPath,
    'node_modules/ava/entrypoints/cli.mjs',
    '--tap',
    '--match',
    `!${MEASURES_IN_TITLE}`,
    ...files,
  ],
})
const counts = judge({ name: 'ava with AddressSanitizer', count: countTap }, output, code)
const found = readdirSync(reports).map((name) => readFileSync(path.join(reports, name), 'utf8'))
for (const report of found) console.error(report)
rmSync(reports, { recursive: true })
console.log(`\n${files.length} test files, ${found.length} reports`)
console.log(`${counts.passed} passed, ${counts.failed + found.length} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed + found.length === 0 ? 0 : 1
