// The limits that targets and mutants are held to do hold them.

import test from 'ava'

import { Model2VecError } from 'model2vec-node'

import { bounded } from './limits.js'
import { assertTyped, Fault } from './outcome.js'

test.serial('work that ends in time and in memory gives its result or its error', async (t) => {
  t.is(await bounded(0, () => Promise.resolve(1)), 1)
  await t.throwsAsync(
    bounded(0, () => Promise.reject(new Error('its own'))),
    { message: 'its own' },
  )
})

const linuxTest = process.platform === 'linux' ? test.serial : test.skip

linuxTest('work that makes too much memory resident is a fault, also where it is given back', async (t) => {
  const take = (bytes: number) => () => {
    Buffer.alloc(bytes, 1)
    return Promise.resolve()
  }
  await bounded(0, take(16 << 20))
  await t.throwsAsync(bounded(1000, take(128 << 20)), { instanceOf: Fault, message: /64 MB and 8 times 1000 bytes/ })
  await bounded(32 << 20, take(128 << 20))
})

test.serial('work that takes too long is a fault', async (t) => {
  const work = (): Promise<void> => {
    const start = process.cpuUsage()
    while (process.cpuUsage(start).user < 2_100_000) Math.random()
    return Promise.resolve()
  }
  await t.throwsAsync(bounded(0, work), { instanceOf: Fault, message: /2000 ms of the processor/ })
})

test.serial('an error is typed unless it is of the engine, of a bug, or hides one in our own code', (t) => {
  const bad = new Model2VecError('ERR_BAD_NPY', '/a.npy: it is broken')
  t.notThrows(() => {
    assertTyped(bad, '/a.npy')
  })
  for (const error of [
    new TypeError('x is undefined'),
    new Model2VecError('ERR_INTERNAL', 'a bug'),
    new Model2VecError('ERR_BAD_NPY', '/b.npy: another file'),
    new Model2VecError('ERR_BAD_NPY', '/a.npy: two\nlines'),
  ]) {
    t.throws(
      () => {
        assertTyped(error, '/a.npy')
      },
      { instanceOf: Fault },
    )
  }
})
