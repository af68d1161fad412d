// `model2vec worker`: how it starts, what it says, and how it ends.

import { appendFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import { enqueue, report } from 'model2vec-node/bullmq'

import { testWithPeers } from '../adapters/peers.js'
import { emptyDirectory, model2vec } from '../cli/run.js'
import { ask, to } from '../cli/serve-process.js'
import type { Reply } from '../cli/serve-process.js'
import { freePort } from '../free-port.js'
import { eventually } from '../waiting.js'
import { AT_STEP } from './fault.js'
import { planOptions, planRun, SHARDS } from './planned-run.js'
import { because, newQueue, noneLeft, startOwnRedis } from './queue.js'
import { startWorker, terminate } from './worker-process.js'
import type { WorkerProcess } from './worker-process.js'

/** Makes changes of files steps of a worker. */
const PRELOAD = { node: ['--require', path.resolve('build/test/queue/preload.js')] }
const JOB = { backoff: { type: 'fixed', delay: 10 } }

/** A module for `--sink`. */
function sinkModule(code: string): string {
  const file = path.join(emptyDirectory(), 'sink.mjs')
  writeFileSync(file, code)
  return file
}

test('a call that can not be is an error before anything else', async (t) => {
  const { REDIS_URL } = process.env
  delete process.env.REDIS_URL
  t.teardown(() => {
    if (REDIS_URL !== undefined) process.env.REDIS_URL = REDIS_URL
  })
  const redis = ['--redis', 'redis://127.0.0.1:1']
  const calls: [readonly string[], RegExp][] = [
    [[], /--redis is needed, or REDIS_URL/],
    [['--redis', 'localhost:6379'], /--redis should be a URL such as redis:\/\/localhost:6379/],
    [['--redis', 'http://localhost'], /--redis should be a URL/],
    [[...redis, 'file'], /expected options only, but got file/],
    [[...redis, '--queue', 'a:b'], /--queue should be a name without a colon, but got "a:b"/],
    [[...redis, '--concurrency', '0'], /--concurrency should be an integer ≥ 1/],
    [[...redis, '--host', '::1'], /--host is for --health-port/],
    [[...redis, '--health-port', '70000'], /--health-port should be at most 65535/],
  ]
  for (const [args, expected] of calls) {
    const { code, err } = await model2vec('worker', ...args)
    t.is(code, 2, err)
    t.regex(err, expected)
  }
})

test('a module that is no sink is an error that says what was expected', async (t) => {
  const redis = ['--redis', 'redis://127.0.0.1:1']
  const without = sinkModule('export default { read() {} }')
  const nothing = await model2vec('worker', ...redis, '--sink', without)
  t.is(nothing.code, 1)
  t.regex(nothing.err, /expected a default export with a function `write`, or a function .*, but got an object/)
  const missing = await model2vec('worker', ...redis, '--sink', '/no/such/module.mjs')
  t.is(missing.code, 1)
  t.regex(missing.err, /^model2vec: \/no\/such\/module\.mjs: no such file or directory/)
})

testWithPeers(
  'a Redis that is not there, or that refuses the password, is an error that names it without the password',
  async (t) => {
    const port = await freePort()
    const gone = await model2vec('worker', '--redis', `redis://user:secret@127.0.0.1:${port}`, '--wait', '1')
    t.is(gone.code, 1)
    t.regex(gone.err, new RegExp(`^model2vec: redis://user:.*@127\\.0\\.0\\.1:${port}: connection refused`))
    t.notRegex(gone.err, /secret/)
    const { url } = newQueue(t)
    const refused = await model2vec(
      'worker',
      '--redis',
      url.replace('redis://', 'redis://user:secret@'),
      '--wait',
      '60',
    )
    t.is(refused.code, 1)
    t.regex(refused.err, /WRONGPASS/)
    t.notRegex(refused.err, /secret/)
  },
  because,
)

testWithPeers(
  'a worker waits for a Redis that starts after it, does its shards, and ends with 0',
  async (t) => {
    const port = await freePort()
    const run = await planRun(t, false)
    const { queue, args } = newQueue(t, { url: `redis://127.0.0.1:${port}`, port })
    const worker = startWorker(t, [...args, '--health-port', '0'])
    const status = await statusOf(worker)
    t.is((await status('/health')).status, 200)
    const before = await status('/ready')
    t.is(before.status, 503)
    t.deepEqual(JSON.parse(before.text), { status: 'no connection to Redis', shards: 0 })
    const redis = await startOwnRedis({ port })
    t.teardown(() => redis.stop())
    await worker.says('connected to')
    t.is((await status('/ready')).status, 200)
    await enqueue(queue, run.manifest)
    await noneLeft(queue)
    const metrics = (await status('/metrics')).text
    t.regex(metrics, new RegExp(`^model2vec_shards_total\\{state="written"\\} ${SHARDS}$`, 'm'))
    t.regex(metrics, new RegExp(`^model2vec_rows_total ${run.ids.length}$`, 'm'))
    t.is((await status('/nothing')).status, 404)
    await terminate(t, worker)
    for (let shard = 0; shard < SHARDS; shard++) {
      t.regex(worker.said(), new RegExp(`shard ${shard}: written, \\d+ rows in`))
    }
  },
  because,
)

/** Asks a worker that was started with `--health-port 0`. */
async function statusOf(worker: WorkerProcess): Promise<(target: string) => Promise<Reply>> {
  await worker.says(/health and metrics at \S+/)
  const [, url = ''] = /health and metrics at (\S+)/.exec(worker.said()) ?? []
  return (target) => ask(to(url, target))
}

testWithPeers(
  'while Redis is away a worker lives, but is not ready, and it goes on by itself',
  async (t) => {
    const redis = await startOwnRedis()
    const { queue, args } = newQueue(t, redis)
    const worker = startWorker(t, [...args, '--health-port', '0'])
    await worker.says('connected to')
    const status = await statusOf(worker)
    await redis.stop()
    await worker.says('lost the connection to')
    t.is((await status('/health')).status, 200)
    t.is((await status('/ready')).status, 503)
    t.regex((await status('/metrics')).text, /^model2vec_redis_connected 0$/m)
    const again = await startOwnRedis({ port: redis.port })
    t.teardown(() => again.stop())
    await eventually(async () => (await status('/ready')).status === 200, 'the worker is ready')
    const run = await planRun(t, false)
    await enqueue(queue, run.manifest)
    await noneLeft(queue)
    t.is(await queue.getCompletedCount(), SHARDS)
    await terminate(t, worker)
  },
  because,
)

testWithPeers(
  'at SIGTERM a shard is finished where that is in time, and no other is begun',
  async (t) => {
    const run = await planRun(t, false)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest)
    const env = { TEST_FAULT: 'hold 3' }
    const worker = startWorker(t, [...args, '--concurrency', '1', '--drain', '600', '--health-port', '0'], {
      ...PRELOAD,
      env,
    })
    const status = await statusOf(worker)
    await worker.says(AT_STEP)
    worker.child.kill('SIGTERM')
    await worker.says('shutting down')
    t.is((await status('/ready')).status, 503)
    t.is((await status('/health')).status, 200)
    worker.child.kill('SIGUSR2')
    t.is((await worker.ended).code, 0)
    t.is(await queue.getCompletedCount(), 1)
    t.is(await queue.getWaitingCount(), SHARDS - 1)
  },
  because,
)

testWithPeers(
  'a shard that is not finished in time goes back to the queue, which counts as no try',
  async (t) => {
    const run = await planRun(t, true)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest, { shards: [2] })
    const slow = sinkModule(`
      export default ({ signal }) => ({
        write: () => new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          process.stderr.write('writes\\n')
        }),
        rollback: async () => process.stderr.write('rolled back\\n'),
      })
      export const close = () => process.stderr.write('closed\\n')`)
    const worker = startWorker(t, [...args, '--sink', slow, '--drain', '0', '--log', 'json'])
    await worker.says('writes')
    worker.child.kill('SIGTERM')
    const { code, out, err } = await worker.ended
    t.is(code, 0, err)
    t.regex(err, /rolled back\n[^]*closed\n/)
    t.like(JSON.parse(out), { shard: 2, try: 1, state: 'given back' })
    t.is(await queue.getWaitingCount(), 1)
    const [job] = await queue.getWaiting()
    t.is(job?.attemptsMade, 0)
    const other = startWorker(t, [...args, '--sink', sinkModule('export default { write: async () => undefined }')])
    await noneLeft(queue)
    await terminate(t, other)
    const { retried } = await report(queue, run.manifest)
    t.deepEqual(retried, [{ shard: 2, starts: 2, stalls: 0, reason: null }])
  },
  because,
)

testWithPeers(
  'a second SIGTERM ends a worker at once',
  async (t) => {
    const run = await planRun(t, false)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest)
    const worker = startWorker(t, [...args, '--drain', '600'], { ...PRELOAD, env: { TEST_FAULT: 'hold 2' } })
    await worker.says(AT_STEP)
    worker.child.kill('SIGTERM')
    await worker.says('shutting down')
    worker.child.kill('SIGTERM')
    t.is((await worker.ended).signal, 'SIGTERM')
  },
  because,
)

testWithPeers(
  'a row that can not be read fails its shard at once and for good; the others are done',
  async (t) => {
    const run = await planRun(t, false)
    const [, second = ''] = run.inputs
    // The manifest is made again, of an input with a line that is none.
    appendFileSync(second, '{"text":\n')
    const again = await model2vec('plan', ...run.inputs, ...planOptions(run))
    t.is(again.code, 0, again.err)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest)
    const worker = startWorker(t, args)
    await noneLeft(queue)
    await terminate(t, worker)
    const { done, failed, failures } = await report(queue, run.manifest)
    t.deepEqual([done, failed], [SHARDS - 1, 1])
    t.like(failures[0], { shard: SHARDS - 1, starts: 1 })
    t.regex(failures[0]?.reason ?? '', /in-1\.jsonl@\d+:\d+: expected JSON/)
    t.regex(worker.said(), /shard 3: failed: .*in-1\.jsonl@\d+:\d+: expected JSON/)
  },
  because,
)

testWithPeers(
  'an error of a sink is tried again up to the last try, and one that is named UnrecoverableError is not',
  async (t) => {
    const run = await planRun(t, true)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest, { shards: [0, 1], job: JOB })
    await enqueue(queue, run.manifest, { shards: [2], job: { ...JOB, attempts: 2 } })
    const failing = sinkModule(`
      let calls = 0
      export default ({ shard }) => ({
        async write() {
          if (shard === 1) throw Object.assign(new Error('never'), { name: 'UnrecoverableError' })
          if (shard === 2) throw new Error('always')
          if (calls++ < 2) throw new TypeError('not now')
        },
      })`)
    const worker = startWorker(t, [...args, '--sink', failing, '--concurrency', '1'])
    await noneLeft(queue)
    await terminate(t, worker)
    const { retried, failures } = await report(queue, run.manifest)
    t.like(retried, { length: 1, 0: { shard: 0, starts: 3, reason: 'not now' } })
    t.like(failures, {
      length: 2,
      0: { shard: 1, starts: 1, reason: 'never' },
      1: { shard: 2, starts: 2, reason: 'always' },
    })
    t.regex(worker.said(), /shard 0: try 1 failed: not now\n/)
    t.regex(worker.said(), /shard 0: try 2 failed: not now\n/)
    t.regex(worker.said(), /shard 2: try 1 failed: always\n[^]*shard 2: failed: always\n/)
  },
  because,
)

testWithPeers(
  'a worker that lacks the manifest fails no shard for good, and takes the next one more slowly each time',
  async (t) => {
    const run = await planRun(t, false)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest, { job: JOB, path: '/no/such/manifest' })
    const started = performance.now()
    const lacking = startWorker(t, [...args, '--concurrency', '1'])
    // The fifth one is taken after waits of 0, 250, 500 and 1,000 ms.
    await eventually(async () => fifthFailure(lacking), 'five shards have failed')
    t.true(performance.now() - started >= 1750)
    t.regex(lacking.said(), /try 1 failed: \/no\/such\/manifest: no such file or directory/)
    const other = startWorker(t, [...args, '--manifest', run.manifest])
    await noneLeft(queue)
    for (const each of [lacking, other]) await terminate(t, each)
    t.is((await report(queue, run.manifest)).done, SHARDS)
  },
  because,
)

function fifthFailure(worker: WorkerProcess): Promise<boolean> {
  return Promise.resolve((worker.said().match(/try \d+ failed/g)?.length ?? 0) >= 5)
}
