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
 * By version of Node, bytes for each worker: napi-rs leaves references to its six classes in any, and
 * from 24 on a thread-safe function. With one of ours the total is 2,200 or more there.
 */
const MOST: Readonly<Record<number, number>> = { 20: 600, 22: 600, 24: 1800, 26: 1800 }
/** What the script does: looks after each block of so many workers. */
const BLOCK = 20
const BLOCKS = 6
const LOOKS = 3

const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
const isGlibc = report.header.glibcVersionRuntime !== undefined
const runtimes = canPreload && isGlibc && process.arch === 'x64' ? installTools('runtimes') : null

for (const [version, most] of Object.entries(MOST)) {
  const counted = runtimes === null ? test.skip : test
  counted(`worker threads that end leave no thread-safe function of ours: Node ${version}`, async (t) => {
    const program = path.join(runtimes ?? '', `node-${version}`, 'bin', 'node')
    const script = path.join(__dirname, '..', 'children', 'worker-after-worker.js')
    const env = { ...process.env, ...preloading('live_memory', {}) }
    const { stderr } = await promisify(execFile)(program, ['--expose-gc', script, path.resolve(SMALL)], { env })
    const looks = stderr.trim().split('\n').map(Number)
    t.is(looks.length, BLOCKS * LOOKS, stderr)
    const after = Array.from({ length: BLOCKS }, (_, i) => Math.min(...looks.slice(i * LOOKS, (i + 1) * LOOKS)))
    // What a worker leaves is left in each block; Node and V8 take something now and then, and give
    // back something else: the second least.
    const grown = after.slice(1).map((bytes, i) => (bytes - (after[i] ?? NaN)) / BLOCK)
    const bytes = grown.sort((a, b) => a - b)[1] ?? NaN
    t.log(`${bytes.toFixed(0)} bytes`)
    t.true(bytes < most, `${bytes} bytes for each worker`)
  })
}
