// How a worker ends, and how its shards are given up, where Redis is away or a sink does not answer.

import { spawn } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

import test from 'ava'
import { Worker } from 'bullmq'
import { createProcessor, enqueue, GIVE_BACK, report } from 'model2vec-node/bullmq'
import type * as bullmqModule from 'model2vec-node/bullmq'
import type { JobOptions } from 'model2vec-node/bullmq'

import { testWithPeers } from '../adapters/peers.js'
import { emptyDirectory, model2vec } from '../cli/run.js'
import { packageCopyWithAddon } from '../package-copy.js'
import { SMALL } from '../test-data.js'
import { until } from '../waiting.js'
import { planRun } from './planned-run.js'
import { because, newQueue, noneLeft, startOwnRedis } from './queue.js'
import { startWorker, terminate, workerCommand } from './worker-process.js'

/** A module for `--sink`. */
function sinkModule(code: string): string {
  const file = path.join(emptyDirectory(), 'sink.mjs')
  writeFileSync(file, code)
  return file
}

/** A sink whose writes never end, and which keeps the process. */
const DEAF = `
  setInterval(() => 0, 1000)
  export default { write: () => new Promise(() => process.stderr.write('writes\\n')) }`
const TAKES_ALL = 'export default { write: async () => undefined }'

test('without its native module a worker ends before it takes a shard', async (t) => {
  const env = { ...process.env, MODEL2VEC_NATIVE_PATH: '/no/such/module.node' }
  const { command, args } = workerCommand(['--redis', 'redis://127.0.0.1:1', '--wait', '600'])
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  t.is(code, 1)
  t.regex(err, /^model2vec: no native module for .* \(ERR_NATIVE_NOT_FOUND\)\n$/)
})

testWithPeers(
  'SIGTERM ends a worker that still waits for Redis, however long it may wait',
  async (t) => {
    let tries = 0
    const server = net.createServer((socket) => {
      tries++
      socket.destroy()
    })
    t.teardown(() => server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const worker = startWorker(t, ['--redis', `redis://127.0.0.1:${port}`, '--wait', '86400'])
    await until(() => tries > 2, 'the worker tries again')
    worker.child.kill('SIGTERM')
    t.is((await worker.ended).code, 0)
  },
  because,
)

testWithPeers(
  'a worker whose sink never answers gives its shard back, and ends with 0',
  async (t) => {
    const run = await planRun(t, true)
    const { queue, args } = newQueue(t)
    await enqueue(queue, run.manifest, { shards: [0] })
    const worker = startWorker(t, [...args, '--sink', sinkModule(DEAF), '--drain', '0'])
    await worker.says('writes')
    worker.child.kill('SIGTERM')
    const { code, err } = await worker.ended
    t.is(code, 0, err)
    t.regex(err, /shard 0: given back\n/)
    const other = startWorker(t, [...args, '--sink', sinkModule(TAKES_ALL)])
    await noneLeft(queue)
    await terminate(t, other)
    const { retried } = await report(queue, run.manifest)
    t.like(retried, { length: 1, 0: { shard: 0, starts: 2, stalls: 0 } })
  },
  because,
)

testWithPeers(
  'a worker that can not tell Redis leaves its shard to its lock, and says so with exit code 1',
  async (t) => {
    const redis = await startOwnRedis()
    const run = await planRun(t, true)
    const { queue, args } = newQueue(t, redis)
    await enqueue(queue, run.manifest, { shards: [0] })
    const worker = startWorker(t, [...args, '--sink', sinkModule(DEAF), '--drain', '0'])
    await worker.says('writes')
    await redis.stop()
    await worker.says('lost the connection to')
    worker.child.kill('SIGTERM')
    const { code, err } = await worker.ended
    t.is(code, 1)
    t.regex(err, /shards in work come back when their locks have run out: 1\n$/)
  },
  because,
)

testWithPeers(
  'a sink that does not close, or leaves a connection open, does not keep its worker',
  async (t) => {
    const { args } = newQueue(t)
    for (const close of ['', 'export const close = () => new Promise(() => undefined)']) {
      const sink = sinkModule(`setInterval(() => 0, 1000)\n${TAKES_ALL}\n${close}`)
      const worker = startWorker(t, [...args, '--sink', sink])
      await terminate(t, worker)
      t.is(worker.said().includes('the sink did not close within 5 seconds'), close !== '')
    }
  },
  because,
)

testWithPeers(
  'a shard that is given up while its sink hangs has room for the next one',
  async (t) => {
    const run = await planRun(t, true)
    const { queue, url } = newQueue(t)
    await enqueue(queue, run.manifest, { shards: [0], job: { attempts: 3, backoff: 0 } })
    const reasons = [GIVE_BACK, 'the lock was lost']
    const hung = new Promise<never>(() => undefined)
    const processor = createProcessor({
      sink: {
        async write() {
          const reason = reasons.shift()
          if (reason === undefined) return
          worker.cancelAllJobs(reason)
          await hung
        },
        rollback: () => hung,
      },
    })
    const worker = new Worker(queue.name, processor, { connection: { url }, maxStalledCount: 5 })
    t.teardown(() => worker.close())
    await noneLeft(queue)
    t.like((await report(queue, run.manifest)).retried, { 0: { shard: 0, starts: 3, reason: 'the lock was lost' } })
  },
  because,
)

testWithPeers(
  'a machine without the model does not fail a shard for good, however often it tries: another one may have it',
  async (t) => {
    const run = await planRun(t, true)
    const { queue, url } = newQueue(t)
    const [manifest, model] = [path.join(run.folder, 'gone.manifest'), path.join(emptyDirectory(), 'model')]
    cpSync(SMALL, model, { recursive: true, dereference: true })
    const options = ['--out-dir', run.out, '--manifest', manifest, '--model', model, '--shards', '1']
    t.is((await model2vec('plan', ...run.inputs, ...options)).code, 0)
    rmSync(model, { recursive: true })
    await enqueue(queue, manifest, { job: { attempts: 20, backoff: 0 } })
    const worker = new Worker(queue.name, createProcessor(), { connection: { url } })
    t.teardown(() => worker.close())
    worker.on('failed', (job) => {
      if (job?.attemptsMade === 4) cpSync(SMALL, model, { recursive: true, dereference: true })
    })
    await noneLeft(queue)
    const { done, retried } = await report(queue, manifest)
    t.is(done, 1)
    t.like(retried, { length: 1, 0: { shard: 0, starts: 5 } })
    t.regex(retried[0]?.reason ?? '', /model: no such directory$/)
  },
  because,
)

testWithPeers(
  'a machine without an optional package fails no shard for good, which a machine with it then does',
  async (t) => {
    const run = await planRun(t, true)
    const { queue, url } = newQueue(t)
    const manifest = path.join(run.folder, 'parquet.manifest')
    const options = ['--ending', '.parquet', '--out-dir', run.out, '--manifest', manifest, '--model', SMALL]
    t.is((await model2vec('plan', ...run.inputs, ...options, '--shards', '1')).code, 0)
    await enqueue(queue, manifest, { job: { attempts: 20, backoff: 0 } })
    const root = packageCopyWithAddon()
    t.teardown(() => {
      rmSync(root, { recursive: true })
    })
    const bare = createRequire(path.join(root, 'package.json'))('./dist/bullmq.js') as typeof bullmqModule
    const lacking = new Worker(queue.name, bare.createProcessor(), { connection: { url } })
    t.teardown(() => lacking.close())
    let failures = 0
    lacking.on('failed', () => failures++)
    await until(() => failures === 2, 'it has failed twice')
    await lacking.close()
    const worker = new Worker(queue.name, createProcessor(), { connection: { url } })
    t.teardown(() => worker.close())
    await noneLeft(queue)
    const { done, retried } = await report(queue, manifest)
    t.is(done, 1)
    t.regex(
      retried[0]?.reason ?? '',
      /\.parquet files need a package that is not installed: run `npm install hyparquet-writer`/,
    )
  },
  because,
)

testWithPeers(
  'an option of a job that is undefined is the default',
  async (t) => {
    const run = await planRun(t, false)
    const { queue } = newQueue(t)
    await enqueue(queue, run.manifest, {
      shards: [0],
      job: { attempts: undefined, backoff: undefined } as unknown as JobOptions,
    })
    const [job] = await queue.getWaiting()
    t.is(job?.opts.attempts, 12)
    t.like(job?.opts.backoff, { type: 'exponential' })
  },
  because,
)

testWithPeers(
  'a worker of a test ends with what has started it, however that ends',
  async (t) => {
    const { args } = newQueue(t)
    const started = workerCommand(args)
    const script = `
      const { command, args } = ${JSON.stringify(started)}
      const child = require('node:child_process').spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
      console.log(child.pid)`
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    t.teardown(() => parent.kill('SIGKILL'))
    let [out, err] = ['', '']
    let isClosed = false
    parent.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    parent.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    // When the worker has ended, too: it has the other ends of these pipes.
    parent.on('close', () => (isClosed = true))
    await until(() => err.includes('connected to'), 'the worker runs')
    parent.kill('SIGKILL')
    await until(() => isClosed, 'the worker has ended').finally(() => {
      if (!isClosed) process.kill(Number(out), 'SIGKILL')
    })
    t.pass()
  },
  because,
)
