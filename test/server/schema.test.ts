// The document of `/openapi.json` against what the server answers: Schemathesis makes requests of the
// schemas, and against them. `npm run test:server` does so for longer.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'

import { pythonEnvironment } from '../python-environment.js'
import { serve } from './serving.js'

const python = pythonEnvironment('test/server/schemathesis.txt', 'schemathesis')
const isWanted = process.env.CI !== undefined && process.platform === 'linux'
const runs = python.command !== null || isWanted ? test.serial : test.serial.skip
const because = python.command === null ? ` (${python.reason})` : ''
const KEY = 'a-key-of-the-tests'
/** Requests of each operation and phase; the same ones in each run. */
const EXAMPLES = 25
const SEED = 27

runs(`what is answered is what the OpenAPI document says, whatever is asked${because}`, async (t) => {
  if (python.command === null) {
    t.fail(python.reason)
    return
  }
  const errors: unknown[] = []
  const { url } = await serve(t, { apiKeys: [KEY], onError: (error) => errors.push(error) })
  const args = ['-m', 'schemathesis.cli', '--config-file', path.resolve('test/server/schemathesis.toml'), 'run']
  const limits = ['--max-examples', EXAMPLES, '--seed', SEED, '--max-failures', 3].map(String)
  const header = ['--header', `Authorization: Bearer ${KEY}`]
  const { status, output } = await new Promise<{ status: unknown; output: string }>((resolve) => {
    // A database of earlier examples stays out of the repository.
    const options = { cwd: path.resolve('build'), maxBuffer: 1 << 28, timeout: 240_000 }
    const all = [...args, `${url}/openapi.json`, ...limits, ...header, '--no-color']
    execFile(python.command, all, options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, output: stdout + stderr })
    })
  })
  t.deepEqual(errors, [])
  if (status !== 0) writeFileSync('build/schemathesis.txt', output)
  t.is(status, 0, `see build/schemathesis.txt:\n${output.slice(-2000)}`)
  t.regex(output, /Tested: 18/)
  // What is mostly refused is hardly tested.
  t.notRegex(output, /warning/i)
})
