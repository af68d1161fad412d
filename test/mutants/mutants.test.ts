// A thousand of the mutants that `npm run mutants` loads.

import test from 'ava'

import { loadMutants } from './watched.js'

test('a broken model directory loads, or fails with a typed error, within 2 s and 64 MB and 8 times its bytes', async (t) => {
  const { outcomes, faults } = await loadMutants(0, 1000)
  t.deepEqual(faults, [])
  t.is(
    [...outcomes.values()].reduce((sum, count) => sum + count),
    1000,
  )
  t.true((outcomes.get('loaded') ?? 0) > 100)
})
