// `npm run runtimes`: test/runtimes.test.ts at length, 200 workers ended in each Node, and what it
// saw in test/runtimes/record.json.

import { execFileSync } from 'node:child_process'

import { root, setup } from './setup.mjs'

process.chdir(root)
setup()
for (const args of [
  ['scripts/package.mjs'],
  ['scripts/compile-tests.mjs'],
  ['node_modules/ava/entrypoints/cli.mjs', 'build/test/runtimes.test.js'],
]) {
  execFileSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, MODEL2VEC_TERMINATIONS: '200', MODEL2VEC_RUNTIMES_RECORD: 'test/runtimes/record.json' },
  })
}
