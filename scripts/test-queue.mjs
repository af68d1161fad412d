// `npm run test:queue -- [rounds] [seed]`: 200 rounds, or as many as are given, in which workers, Redis,
// disks and networks fail in the middle of shards (test/queue/rounds.test.ts). Another seed has the
// failures at other moments. It fails when a row is missing, double or wrong in the end.

import { root, setup } from './setup.mjs'
import { countTap, judge, run } from './step.mjs'

process.chdir(root)
setup()
const node = process.execPath
const [, , rounds = '200', seed = '1'] = process.argv
const compiled = await run({ command: [node, 'scripts/compile-tests.mjs'] })
if (compiled.code !== 0) throw new Error('the tests do not compile')
process.env.MODEL2VEC_TEST_ROUNDS = rounds
process.env.MODEL2VEC_TEST_SEED = seed
const file = 'build/test/queue/rounds.test.js'
// In one test file a round is far below ava's limit, but not all of them.
const command = [node, 'node_modules/ava/entrypoints/cli.mjs', '--tap', '--timeout', '10h', file]
const { output, code } = await run({ command })
const { passed, failed, skipped } = judge({ name: 'rounds', count: countTap }, output, code)
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed === 0 ? 0 : 1
