// The lock under which test packages are installed.

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { whileLocked } from './lock.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-lock-'))
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('one process at a time has the lock', async (t) => {
  const log = path.join(folder, 'log')
  const script = `
    const { whileLocked } = require(${JSON.stringify(path.resolve('build/test/consumers/lock.js'))})
    const { appendFileSync } = require('node:fs')
    whileLocked(${JSON.stringify(path.join(folder, 'one.lock'))}, () => {
      appendFileSync(${JSON.stringify(log)}, 'in ')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      appendFileSync(${JSON.stringify(log)}, 'out ')
    })`
  await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, ['-e', script])))
  t.is(readFileSync(log, 'utf8'), 'in out '.repeat(4))
  t.false(existsSync(path.join(folder, 'one.lock')))
})

test('the lock of a process that has ended is taken over, and one is given back after an error', (t) => {
  const lock = path.join(folder, 'other.lock')
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(lock, String(pid))
  t.is(
    whileLocked(lock, () => 'done'),
    'done',
  )
  t.throws(() =>
    whileLocked(lock, () => {
      throw new Error('failed')
    }),
  )
  t.false(existsSync(lock))
})
