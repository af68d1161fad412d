// Workers on hosts of their own (host.ts), one of which is cut off. Skipped where hosts can't be made.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { Queue } from 'bullmq'
import { enqueue, report } from 'model2vec-node/bullmq'

import { reason, testWithPeers } from '../adapters/peers.js'
import { model2vec } from '../cli/run.js'
import { redisServer, startRedis } from '../examples/redis.js'
import { eventually } from '../waiting.js'
import { JOB, LOCK } from './failures.js'
import { AT_STEP } from './fault.js'
import { cable, makeHost, removeHosts } from './host.js'
import type { Host } from './host.js'
import { planRun, SHARDS } from './planned-run.js'
import { startWorker, terminate } from './worker-process.js'

const HOSTS = 3
const made = reason === null ? Array.from({ length: HOSTS }, (_, i) => makeHost(i)) : []
const hosts = made.filter((host) => host !== null)
const removeAll = (): void => {
  removeHosts(HOSTS)
}
process.on('exit', removeAll)
const server = hosts.length === HOSTS ? redisServer() : null
const because =
  reason ?? (hosts.length < HOSTS ? '`ip netns` makes no hosts' : server?.root === null ? server.reason : null)

test.after.always(removeAll)

testWithPeers(
  'three hosts do the shards of a queue, one of which is cut off for longer than its lock and comes back',
  async (t) => {
    const data = mkdtempSync(path.join(os.tmpdir(), 'model2vec-redis-'))
    const redis = await startRedis(server?.root ?? '', { folder: data, host: '0.0.0.0' })
    t.teardown(async () => {
      await redis.stop()
      rmSync(data, { recursive: true, force: true })
    })
    const run = await planRun(t, false)
    const queue = new Queue('hosts', { connection: { port: redis.port } })
    t.teardown(() => queue.close())
    await enqueue(queue, run.manifest, { job: JOB })
    const worker = (host: Host, fault = '') =>
      startWorker(t, ['--redis', `redis://${host.redis}:${redis.port}`, '--queue', 'hosts', '--lock', String(LOCK)], {
        within: ['ip', 'netns', 'exec', host.name],
        node: ['--require', path.resolve('build/test/queue/preload.js')],
        env: { TEST_FAULT: fault },
      })
    const [first, ...others] = hosts
    if (first === undefined) throw new Error('no host')
    const cut = worker(first, 'hold 4')
    await cut.says(AT_STEP)
    cable(first, false)
    const workers = others.map((host) => worker(host))
    await eventually(async () => (await queue.getCompletedCount()) === SHARDS, 'the others do all shards')
    cut.child.kill('SIGUSR2')
    await cut.says(/: shard \d+: /)
    cable(first, true)
    for (const each of [cut, ...workers]) await terminate(t, each)
    const { done, retried } = await report(queue, run.manifest)
    t.is(done, SHARDS)
    t.true(retried.some(({ stalls }) => stalls > 0))
    for (const { shard, starts, stalls } of retried) t.log(`shard ${shard}: ${starts} starts, ${stalls} stalls`)
    t.is(readdirSync(run.out).filter((file) => !file.startsWith('.')).length, SHARDS)
    t.is((await model2vec('gather', run.manifest)).code, 0)
  },
  because,
)
