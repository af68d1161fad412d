// A model's file that is cut in place while the model is open: what SECURITY.md says of it.

import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import type { ExecutionContext } from 'ava'

import { SMALL } from './test-data.js'

interface Outcome {
  readonly signal: NodeJS.Signals | null
  readonly out: string
}

/** Loads a copy of a model in a process of its own, and cuts its table. */
function cut(t: ExecutionContext, memory: 'auto' | 'copy' | 'map', when: 'at-once' | 'copied'): Promise<Outcome> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-cut-'))
  t.teardown(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  cpSync(SMALL, folder, { recursive: true })
  const args = [path.resolve('build/test/children/truncate-table.js'), folder, memory, when]
  const env = { ...process.env, WHOLE_MODEL: SMALL }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env }, (error, out, err) => {
      const { signal = null, code } = (error ?? {}) as { signal?: NodeJS.Signals | null; code?: number | string | null }
      if (error !== null && signal === null) reject(new Error(`the process ended with ${String(code)}: ${err}`))
      else resolve({ signal, out })
    })
  })
}

// Windows lets nobody cut a file that is mapped, and copies at once with 'auto'.
const unixTest = process.platform === 'win32' ? test.skip : test

test("with memory 'copy' a table that is cut after the load changes nothing", async (t) => {
  t.deepEqual(await cut(t, 'copy', 'at-once'), { signal: null, out: 'the same rows\n' })
})

test("with memory 'auto' a table that is cut once it was copied changes nothing", async (t) => {
  t.deepEqual(await cut(t, 'auto', 'copied'), { signal: null, out: 'the same rows\n' })
})

unixTest("with memory 'map' a table that is cut ends the process, and never gives other rows", async (t) => {
  const { signal, out } = await cut(t, 'map', 'at-once')
  t.is(out, '')
  t.is(signal, 'SIGBUS')
})

unixTest(
  "with memory 'auto' a table that is cut before it was copied ends the process or changes nothing",
  async (t) => {
    const { signal, out } = await cut(t, 'auto', 'at-once')
    if (signal === null) t.is(out, 'the same rows\n')
    else t.deepEqual({ signal, out }, { signal: 'SIGBUS', out: '' })
  },
)
