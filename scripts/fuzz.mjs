// `npm run fuzz [-- SECONDS [TARGET…] [--dev]]`: runs each target of fuzz/ for that long, by default a
// minute. It needs `cargo install cargo-fuzz`, a nightly Rust and a C++ compiler. What a target finds
// stays in fuzz/artifacts, what it learned in fuzz/corpus. With `--dev` the engine and the crates under
// it check every sum for an overflow, and every debug assertion: slower, and a run of its own.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { root } from './setup.mjs'

const TARGETS = [
  { name: 'texts', seeds: 'fuzz/seeds/texts', longest: 2000 },
  { name: 'together', seeds: 'fuzz/seeds/together', longest: 2000 },
  { name: 'lines', seeds: 'fuzz/seeds/lines', longest: 1000 },
  { name: 'values', seeds: 'fuzz/seeds/values', longest: 500 },
  { name: 'tokenizer_file', seeds: 'crates/engine/tests/loader_mutants/tiny', longest: 4000 },
  { name: 'config', seeds: 'fuzz/seeds/config', longest: 1000 },
  { name: 'table', seeds: 'fuzz/seeds/table', longest: 2000 },
  { name: 'prepared_tokenizer', seeds: 'fuzz/seeds/prepared_tokenizer', longest: 8000 },
  { name: 'head', seeds: 'fuzz/seeds/head', longest: 2000 },
]

process.chdir(root)
const { values, positionals } = parseArgs({ options: { dev: { type: 'boolean' } }, allowPositionals: true })
const [given = '60', ...names] = positionals
const seconds = Number(given)
if (!(seconds > 0)) throw new Error(`expected a number of seconds, found \`${given}\``)
execFileSync(process.execPath, ['scripts/unpack-fixtures.mjs'], { stdio: 'inherit' })
for (const { name, seeds, longest } of TARGETS) {
  if (names.length > 0 && !names.includes(name)) continue
  const corpus = `fuzz/corpus/${name}`
  mkdirSync(corpus, { recursive: true })
  // A tokenizer takes seconds to load where every sum is checked.
  const timeout = values.dev ? 60 : 10
  const options = [`-max_total_time=${seconds}`, `-max_len=${longest}`, `-timeout=${timeout}`, '-print_final_stats=1']
  const build = values.dev ? ['--dev'] : []
  execFileSync('cargo', ['+nightly', 'fuzz', 'run', ...build, name, corpus, seeds, '--', ...options], {
    stdio: 'inherit',
  })
}
