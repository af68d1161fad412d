// `npm run test:native`: the addon without the Cargo feature `reference`, so that no code of the
// `tokenizers` crate is in it, and with it every test of ids and vectors. A model that our own
// modules don't read fails to load there. It has the feature `fault-injection` instead, which no
// release has, and the tests of panics run with it.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import { buildAddon, setup } from './setup.mjs'

const FEATURES = ['--no-default-features', '--features', 'fault-injection']
const TESTS = ['parity', 'sequence', 'consistency', 'faults'].map((name) => `build/test/${name}.test.js`)

setup()
const tree = execFileSync(
  'cargo',
  ['tree', '--locked', '-e', 'normal', '--prefix', 'none', '-p', 'model2vec-node', ...FEATURES],
  {
    encoding: 'utf8',
  },
)
if (/^tokenizers v/m.test(tree))
  throw new Error('the addon without `reference` still depends on the `tokenizers` crate')

const { platformName } = createRequire(import.meta.url)('../build/setup/platform.js')
const addon = path.resolve(`target/native/model2vec.${platformName()}.node`)
mkdirSync(path.dirname(addon), { recursive: true })
buildAddon(addon, ['--profile', 'quick', ...FEATURES])

execFileSync(process.execPath, ['scripts/compile-tests.mjs'], { stdio: 'inherit' })
try {
  execFileSync(process.execPath, ['node_modules/ava/entrypoints/cli.mjs', '--tap', ...TESTS], {
    stdio: 'inherit',
    env: { ...process.env, MODEL2VEC_NATIVE_PATH: addon, MODEL2VEC_TEST_FAULTS: '1' },
  })
} catch (error) {
  process.exitCode = error.status ?? 1
}
