// `npm run fuzz [-- SECONDS]`: runs each target of fuzz/ for that long, by default a minute. It
// needs `cargo install cargo-fuzz`, a nightly Rust and a C++ compiler. What a target finds stays in
// fuzz/artifacts, what it learned in fuzz/corpus.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

import { root } from './setup.mjs'

const TARGETS = [
  { name: 'texts', seeds: 'fuzz/seeds/texts', longest: 2000 },
  { name: 'tokenizer_file', seeds: 'crates/engine/tests/loader_mutants/tiny', longest: 4000 },
  { name: 'table', seeds: 'fuzz/seeds/table', longest: 2000 },
  { name: 'prepared_tokenizer', seeds: 'fuzz/seeds/prepared_tokenizer', longest: 8000 },
  { name: 'head', seeds: 'fuzz/seeds/head', longest: 2000 },
]

process.chdir(root)
const seconds = Number(process.argv[2] ?? 60)
if (!(seconds > 0)) throw new Error(`expected a number of seconds, found \`${process.argv[2]}\``)
execFileSync(process.execPath, ['scripts/unpack-fixtures.mjs'], { stdio: 'inherit' })
for (const { name, seeds, longest } of TARGETS) {
  const corpus = `fuzz/corpus/${name}`
  mkdirSync(corpus, { recursive: true })
  const options = [`-max_total_time=${seconds}`, `-max_len=${longest}`, '-print_final_stats=1']
  execFileSync('cargo', ['+nightly', 'fuzz', 'run', name, corpus, seeds, '--', ...options], { stdio: 'inherit' })
}
