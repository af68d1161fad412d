// Calls and functions that end at random moments leave nothing behind. How many:
// MODEL2VEC_RANDOM_ENDS (default: 3,000).

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import type { RandomEnds } from '../children/random-ends.js'
import { SMALL } from '../test-data.js'

const count = process.env.MODEL2VEC_RANDOM_ENDS ?? '3000'

test('calls that are aborted, closed, left or done leave no memory, thread or file', async (t) => {
  const script = path.join(__dirname, '..', 'children', 'random-ends.js')
  const seed = String(Date.now() % 2 ** 31 || 1)
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, SMALL, count, seed])
  const { ends, left, grown } = JSON.parse(stdout) as RandomEnds
  t.log(`seed ${seed}, ${grown.toFixed(0)} MB, ${JSON.stringify(ends)}`)
  t.deepEqual(left, [])
  // A call's texts and rows are 0.5 MB, a model 1 MB.
  t.true(grown < 100, `${grown} MB`)
  const aborted = Object.entries(ends).filter(([end]) => end.endsWith('aborted'))
  t.true(aborted.length === 3, 'each kind of call was aborted in the middle')
})
