// What worker threads leave in a process: what was taken from malloc and not given back. Node 24 and
// later free a thread-safe function only when no thread holds it any more, which earlier ones did in
// any case.

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'

import test from 'ava'

import { installTools } from '../consumers/tools.js'
import { SMALL } from '../test-data.js'
import { canPreload, preloading } from './preloaded.js'

/**
 * Bytes for each worker: napi-rs leaves references to its six classes in any Node, and from 24 on a
 * thread-safe function, up to 1,300 in all. One of ours more is 1,600 to 2,300.
 */
const MOST = 1500
const WORKERS = 60

const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
const isGlibc = report.header.glibcVersionRuntime !== undefined
const runtimes = canPreload && isGlibc && process.arch === 'x64' ? installTools('runtimes') : null

for (const version of [20, 22, 24, 26]) {
  const counted = runtimes === null ? test.skip : test
  counted(`worker threads that end leave nothing of ours: Node ${version}`, async (t) => {
    const program = path.join(runtimes ?? '', `node-${version}`, 'bin', 'node')
    const script = path.join(__dirname, '..', 'children', 'worker-after-worker.js')
    const env = { ...process.env, ...preloading('live_memory', {}) }
    const { stderr } = await promisify(execFile)(program, ['--expose-gc', script, path.resolve(SMALL)], { env })
    const [early, late, ...others] = stderr.trim().split('\n').map(Number)
    t.deepEqual(others, [], stderr)
    const bytes = ((late ?? NaN) - (early ?? NaN)) / WORKERS
    t.log(`${bytes.toFixed(0)} bytes`)
    t.true(bytes < MOST, `${bytes} bytes for each worker`)
  })
}
