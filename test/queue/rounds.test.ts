// Workers, Redis and the network fail in the middle of shards, and every document is in its store
// exactly once in the end, with the right bits. Each test is one such round: ten of them, or as many as
// MODEL2VEC_TEST_ROUNDS says (`npm run test:queue`), over all failures and stores.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import test from 'ava'
import { Queue, Worker } from 'bullmq'
import { enqueue, report } from 'model2vec-node/bullmq'
import type { ShardReport } from 'model2vec-node/bullmq'

import { reason, testWithPeers } from '../adapters/peers.js'
import { model2vec } from '../cli/run.js'
import { install } from '../examples/recipe.js'
import { redisServer, startRedis } from '../examples/redis.js'
import type { Redis } from '../examples/redis.js'
import { FAILURES, JOB, LOCK, missingFor } from './failures.js'
import type { FailureName, Round } from './failures.js'
import { planRun, SHARDS } from './planned-run.js'
import { missing, startTarget } from './targets.js'
import type { Target, TargetName } from './targets.js'
import { startWorker } from './worker-process.js'

const ROUNDS = Number(process.env.MODEL2VEC_TEST_ROUNDS ?? 10)
/** Other moments of the same failures. */
const SEED = Number(process.env.MODEL2VEC_TEST_SEED ?? 1)

const NAMES: readonly TargetName[] = ['files', 'Milvus', 'PostgreSQL']
/** Ten that have every failure and every store; those after them have every pair. */
const FIRST: readonly (readonly [FailureName, TargetName])[] = [
  ['a worker is killed', 'files'],
  ['Redis is killed and comes back', 'Milvus'],
  ['a worker is cut off for longer than its lock', 'PostgreSQL'],
  ['two workers have one shard at once', 'files'],
  ['the disk is full', 'files'],
  ['an input changes', 'PostgreSQL'],
  ['a worker is killed', 'PostgreSQL'],
  ['a worker is cut off for longer than its lock', 'Milvus'],
  ['two workers have one shard at once', 'PostgreSQL'],
  ['the machine of a worker sleeps', 'files'],
]
const PAIRS = (Object.keys(FAILURES) as FailureName[]).flatMap((failure) =>
  NAMES.filter((name) => failure !== 'the disk is full' || name === 'files').map((name) => [failure, name] as const),
)

const server = reason === null ? redisServer() : null
const because = reason ?? (server !== null && server.root === null ? server.reason : null)
const data = mkdtempSync(path.join(os.tmpdir(), 'model2vec-redis-'))
const targets = new Map<TargetName, Promise<Target>>()
let redis: Redis | undefined

async function startServer(port?: number): Promise<Redis> {
  redis = await startRedis(server?.root ?? '', { folder: data, ...(port !== undefined && { port }) })
  return redis
}

if (because === null) {
  install('bullmq', 'queue')
  test.before(async () => {
    await startServer()
  })
}
test.after.always(async () => {
  for (const target of targets.values()) await (await target).stop()
  await redis?.stop()
  rmSync(data, { recursive: true, force: true })
})

for (let i = 0; i < ROUNDS; i++) {
  const [failure, name] = FIRST[i] ?? PAIRS[(i - FIRST.length) % PAIRS.length] ?? ['a worker is killed', 'files']
  testWithPeers(
    `round ${i + 1}: ${failure}, and every row is in ${name} once`,
    async (t) => {
      const target = await (targets.get(name) ?? targets.set(name, startTarget(name)).get(name) ?? startTarget(name))
      const run = await planRun(t, name !== 'files')
      await target.begin(run)
      const { port } = redis ?? (await startServer())
      const queueName = `round-${i}`
      const connection = { port, maxRetriesPerRequest: null, retryStrategy: () => 100 }
      const queue = new Queue(queueName, { connection })
      // It looks for jobs that have lost their workers, and takes none.
      const monitor = new Worker(queueName, null, {
        connection,
        autorun: false,
        lockDuration: LOCK * 1000,
        stalledInterval: LOCK * 500,
        maxStalledCount: 5,
      })
      queue.on('error', () => undefined)
      monitor.on('error', () => undefined)
      t.teardown(async () => {
        await monitor.close()
        await queue.close()
      })
      await monitor.startStalledCheckTimer()
      t.is(await enqueue(queue, run.manifest, { job: JOB }), SHARDS)

      const round: Round = {
        t,
        run,
        queue,
        random: generator(SEED * 1000 + i),
        port,
        stopRedis: async () => redis?.stop(),
        startRedis: async () => {
          await startServer(port)
        },
        worker(fault, { port: through = port, within = [], env = {}, concurrency = 1 } = {}) {
          const args = ['--redis', `redis://127.0.0.1:${through}`, '--queue', queueName, '--lock', String(LOCK)]
          const { settings } = target
          return startWorker(t, [...args, '--concurrency', String(concurrency), '--threads', '1', ...target.args], {
            ...settings,
            env: { ...settings.env, ...env, ...(fault !== undefined && { TEST_FAULT: fault }) },
            within,
          })
        },
        stalled: () =>
          new Promise((resolve) => {
            monitor.once('stalled', resolve)
          }),
      }
      const expect = await FAILURES[failure](round)

      const found = await report(queue, run.manifest)
      const { retried, failures, ...sums } = found
      t.deepEqual(failures, [])
      const rows = run.ids.length
      t.deepEqual(sums, {
        shards: SHARDS,
        done: SHARDS,
        failed: 0,
        left: 0,
        unknown: 0,
        rows,
        truncated: 0,
        skipped: 0,
      })
      expect(found)
      for (const each of retried) t.log(inWords(each))
      const stored = await target.stored(run)
      t.is(stored.size, rows)
      const wrong = run.ids.filter((id) => stored.get(id)?.join() !== run.expected.get(id))
      t.deepEqual(wrong, [])
      if (name !== 'files') return
      t.is(readdirSync(run.out).filter((file) => !file.startsWith('.')).length, SHARDS)
      const { code, err } = await model2vec('gather', run.manifest)
      t.is(code, 0, err)
    },
    because ?? missing(name) ?? missingFor(failure),
  )
}

function inWords({ shard, starts, stalls, reason: why }: ShardReport['retried'][number]): string {
  return `shard ${shard} was begun ${starts} times, and lost by its worker ${stalls} times${why === null ? '' : `: ${why}`}`
}

/** Numbers from a seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
