// What a process holds does not grow with the number of functions, calls and threads that it has
// had, also where no function is closed. Each test runs a new process; the bounds are a fraction of
// what it grew by when each function held its buffers.

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { POTION, SMALL } from './test-data.js'

/** V8 collects on the thread that allocates, so that no busy core makes it late. */
const GC_FLAG = '--single-threaded-gc'

/** By how many megabytes a process grows that does this. */
async function grown(what: string, model: string, rounds: number): Promise<number> {
  const script = path.join(__dirname, 'children', 'memory-growth.js')
  const { stdout } = await promisify(execFile)(process.execPath, [GC_FLAG, script, what, model, String(rounds)])
  return Number(stdout)
}

for (const what of ['load', 'new', 'subclass load', 'tokenize']) {
  test(`functions that are not closed share the buffers of their thread: ${what}`, async (t) => {
    const megabytes = await grown(what, SMALL, 600)
    t.log(`${megabytes} MB`)
    t.true(megabytes < 150, `${megabytes} MB`)
  })
}

test('models that are not closed are collected', async (t) => {
  const model = mkdtempSync(path.join(tmpdir(), 'model2vec-memory-'))
  try {
    cpSync(POTION, model, { recursive: true, dereference: true })
    // All of them are 1,900 MB.
    const megabytes = await grown('load of another model', model, 60)
    t.log(`${megabytes} MB`)
    t.true(megabytes < 600, `${megabytes} MB`)
  } finally {
    rmSync(model, { recursive: true, force: true })
  }
})

test('a function that was closed holds no memory, in any process', async (t) => {
  // Where the heap kept holes, it did so in most processes, not in all.
  const megabytes: number[] = []
  for (let process = 0; process < 3; process++) megabytes.push(await grown('closed', SMALL, 400))
  t.log(`${megabytes.join(' ')} MB`)
  t.true(Math.max(...megabytes) < 150, `${megabytes.join(' ')} MB`)
})

for (const what of ['large encode', 'large encodeSync', 'large tokenize']) {
  test(`a call that has ended holds no texts: ${what}`, async (t) => {
    const megabytes = await grown(what, SMALL, 1000)
    t.log(`${megabytes} MB`)
    t.true(megabytes < 100, `${megabytes} MB`)
  })
}

test('worker threads that end give back what their functions took', async (t) => {
  const megabytes = await grown('worker threads', SMALL, 12)
  t.log(`${megabytes} MB`)
  t.true(megabytes < 100, `${megabytes} MB`)
})
