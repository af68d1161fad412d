// A worker thread may be terminated in the middle of its searches: no thread touches its memory
// afterwards, and the process goes on.

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import test from 'ava'

import { vectors } from './search/vectors.js'

test('workers are terminated while they search, and other searches go on', async (t) => {
  for (let round = 0; round < 12; round++) {
    const worker = new Worker(path.resolve('build/test/children/search-in-worker.js'))
    await new Promise((resolve) => worker.once('message', resolve))
    await sleep(round * 3)
    t.is(await worker.terminate(), 1)
  }
  const rows = vectors('float32', 2000, 32, 41)
  t.is((await rows.nearest(rows.slice(0, 100), { k: 1 })).counts[99], 1)
})
