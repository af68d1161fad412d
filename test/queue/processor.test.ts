// model2vec-node/bullmq in a program: enqueue, createProcessor and report with BullMQ's own classes.

import { cpSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import path from 'node:path'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { QueueEvents, Worker } from 'bullmq'
import type { Processor } from 'bullmq'
import { createProcessor, enqueue, GIVE_BACK, report } from 'model2vec-node/bullmq'
import type { SinkBatch } from 'model2vec-node/bullmq'

import { testWithPeers } from '../adapters/peers.js'
import { servedFolder } from '../served-folder.js'
import { until } from '../waiting.js'
import { planRun, SHARDS } from './planned-run.js'
import type { PlannedRun } from './planned-run.js'
import { because, newQueue, noneLeft } from './queue.js'
import type { TestQueue } from './queue.js'

/** A worker of BullMQ in this process, until the test ends. */
function newWorker(t: ExecutionContext, { queue, url }: TestQueue, processor: Processor): Worker {
  const worker = new Worker(queue.name, processor, { connection: { url }, maxStalledCount: 5 })
  worker.on('error', () => undefined)
  t.teardown(() => worker.close())
  return worker
}

test('a processor declares three parameters, or BullMQ would give it no signal', (t) => {
  t.is(createProcessor().length, 3)
})

testWithPeers(
  'shards that are enqueued twice are there once, also when they are done',
  async (t) => {
    const run = await planRun(t, false)
    const own = newQueue(t)
    const { queue } = own
    t.is(await enqueue(queue, run.manifest), SHARDS)
    t.is(await enqueue(queue, run.manifest), SHARDS)
    t.is(await queue.getWaitingCount(), SHARDS)
    newWorker(t, own, createProcessor())
    await noneLeft(queue)
    t.is(await enqueue(queue, run.manifest), SHARDS)
    t.is(await queue.getWaitingCount(), 0)
    t.is(await queue.getCompletedCount(), SHARDS)
    // As files are whole, they are left.
    t.is(await enqueue(queue, run.manifest, { shards: [1, 3], again: true }), 2)
    await noneLeft(queue)
    const jobs = await queue.getCompleted()
    const states = jobs.map(({ returnvalue }) => returnvalue as { shard: number; state: string })
    t.deepEqual(
      states
        .filter(({ state }) => state === 'whole')
        .map(({ shard }) => shard)
        .sort(),
      [1, 3],
    )
    t.like(await report(queue, run.manifest), { done: SHARDS, rows: run.ids.length, unknown: 0, left: 0 })
  },
  because,
)

testWithPeers(
  'jobs of two manifests share a queue: those of another one are not counted',
  async (t) => {
    const [run, other] = [await planRun(t, false), await planRun(t, false)]
    const own = newQueue(t)
    await enqueue(own.queue, run.manifest, { shards: [0] })
    await enqueue(own.queue, other.manifest)
    await own.queue.add('another kind', { of: 'job' })
    newWorker(t, own, createProcessor())
    await noneLeft(own.queue)
    t.like(await report(own.queue, run.manifest), { shards: SHARDS, done: 1, unknown: SHARDS - 1, failed: 0 })
    t.like(await report(own.queue, other.manifest), { done: SHARDS, unknown: 0 })
    const [failed] = await own.queue.getFailed()
    t.regex(
      failed?.failedReason ?? '',
      /expected a job of `enqueue`, with manifest, sha256 and shard, but got an object/,
    )
    t.is(failed?.attemptsMade, 1)
  },
  because,
)

testWithPeers(
  'a shard that a manifest has not is ERR_INVALID_OPTION, and nothing of its thousand is added',
  async (t) => {
    const run = await planRun(t, false)
    const { queue } = newQueue(t)
    for (const shard of [-1, SHARDS, 0.5, NaN]) {
      await t.throwsAsync(enqueue(queue, run.manifest, { shards: [0, shard] }), {
        code: 'ERR_INVALID_OPTION',
        message: `\`shards\` should be indexes from 0 to ${SHARDS - 1}, but got ${shard}`,
      })
    }
    await t.throwsAsync(enqueue(queue, run.inputs[0] ?? ''), { code: 'ERR_BAD_MANIFEST' })
    t.is(await queue.count(), 0)
  },
  because,
)

testWithPeers(
  'a sink gets every row once, with its id, its text and its vector',
  async (t) => {
    const run = await planRun(t, true)
    const own = newQueue(t)
    await enqueue(own.queue, run.manifest)
    const found = new Map<string, string>()
    const commits: number[] = []
    const write = async ({ ids, texts, matrix, columns }: SinkBatch): Promise<void> => {
      t.deepEqual(
        columns.map(({ name }) => name),
        ['id'],
      )
      for (const [i, id] of ids.entries()) {
        t.false(found.has(String(id)))
        found.set(String(id), matrix.bytes(i).toString('hex'))
        t.true(texts[i]?.endsWith(` ${String(id).slice('document-'.length)}`))
      }
      await Promise.resolve()
    }
    const processor = createProcessor({
      sink: ({ shard, shards }) => ({
        write,
        commit: () => Promise.resolve(t.is(shards, SHARDS)).then(() => commits.push(shard)),
      }),
    })
    newWorker(t, own, processor)
    await noneLeft(own.queue)
    t.deepEqual(commits.sort(), [...Array(SHARDS).keys()])
    t.deepEqual([...found].sort(), [...run.expected].sort())
    t.deepEqual(readdirSync(run.out), [], 'no file is written')
  },
  because,
)

testWithPeers(
  'without a field of ids a sink gets the place of each row as its id, with its text and its vector',
  async (t) => {
    const run = await planRun(t, false)
    const own = newQueue(t)
    await enqueue(own.queue, run.manifest)
    const contents = new Map(run.inputs.map((input) => [path.basename(input), readFileSync(input)]))
    const found = new Map<string, string>()
    const write = async ({ ids, texts, matrix }: SinkBatch): Promise<void> => {
      t.is(ids.length, matrix.rows)
      for (const [i, id] of ids.entries()) {
        const [input = '', offset = ''] = path.basename(String(id)).split('@')
        const [line = ''] = (contents.get(input)?.toString('utf8', Number(offset)) ?? '').split('\n', 1)
        const row = JSON.parse(line) as { id: string; text: string }
        t.is(texts[i], row.text)
        t.false(found.has(row.id))
        found.set(row.id, matrix.bytes(i).toString('hex'))
      }
      await Promise.resolve()
    }
    newWorker(t, own, createProcessor({ sink: { write } }))
    await noneLeft(own.queue)
    t.deepEqual([...found].sort(), [...run.expected].sort())
    t.like(await report(own.queue, run.manifest), { done: SHARDS, rows: run.ids.length })
  },
  because,
)

testWithPeers(
  'what a job returns and reports is small: no vectors and no texts go to Redis',
  async (t) => {
    const run = await planRun(t, true)
    const own = newQueue(t)
    const events = new QueueEvents(own.queue.name, { connection: { url: own.url } })
    t.teardown(() => events.close())
    await events.waitUntilReady()
    const progress: unknown[] = []
    events.on('progress', ({ data }) => progress.push(data))
    await enqueue(own.queue, run.manifest)
    newWorker(t, own, createProcessor({ progressInterval: 0 }))
    await noneLeft(own.queue)
    const jobs = await own.queue.getCompleted()
    for (const job of jobs) {
      t.true(JSON.stringify(job.asJSON()).length < 1500, JSON.stringify(job.asJSON()))
      t.deepEqual(Object.keys(job.returnvalue as object), ['shard', 'state', 'rows', 'truncated', 'skipped', 'seconds'])
    }
    await until(() => progress.length > 0, 'progress is reported')
    for (const each of progress) t.deepEqual(Object.keys(each as object), ['rows', 'bytes', 'totalBytes'])
  },
  because,
)

testWithPeers(
  'a manifest that has been made anew since is another one: its jobs are tried again, not done wrongly',
  async (t) => {
    const run = await planRun(t, false)
    const own = newQueue(t)
    await enqueue(own.queue, run.manifest, { shards: [0], job: { attempts: 2, backoff: 0 } })
    const other = await planRun(t, false)
    cpSync(run.manifest, `${run.manifest}.kept`)
    cpSync(other.manifest, run.manifest)
    newWorker(t, own, createProcessor())
    await noneLeft(own.queue)
    const [failed] = await own.queue.getFailed()
    t.regex(failed?.failedReason ?? '', /expected the manifest with the SHA-256 [\da-f]{64}, but got [\da-f]{64}/)
    t.is(failed?.attemptsMade, 2)
    cpSync(`${run.manifest}.kept`, run.manifest)
    await enqueue(own.queue, run.manifest, { shards: [0], again: true })
    await noneLeft(own.queue)
    t.is((await report(own.queue, run.manifest)).done, 1)
  },
  because,
)

testWithPeers(
  'a job that is cancelled fails with the reason and is tried again; one that is given back is no failure',
  async (t) => {
    const run = await planRun(t, true)
    const own = newQueue(t)
    await enqueue(own.queue, run.manifest, { shards: [0], job: { attempts: 2, backoff: 0 } })
    const reasons = [GIVE_BACK, 'the operator says so']
    const seen: unknown[] = []
    const processor = createProcessor({
      sink: ({ signal }) => ({
        async write() {
          const reason = reasons.shift()
          if (reason === undefined) return
          const aborted = new Promise((resolve) => signal?.addEventListener('abort', resolve))
          worker.cancelAllJobs(reason)
          await aborted
          throw new Error('aborted')
        },
        rollback: () => Promise.resolve(seen.push(signal?.reason)),
      }),
    })
    const worker = newWorker(t, own, processor)
    await noneLeft(own.queue)
    t.deepEqual(seen, [GIVE_BACK, 'the operator says so'])
    const { retried } = await report(own.queue, run.manifest)
    t.deepEqual(retried, [{ shard: 0, starts: 3, stalls: 0, reason: 'the operator says so' }])
    const [job] = await own.queue.getCompleted()
    t.is(job?.attemptsMade, 2)
  },
  because,
)

testWithPeers(
  'a processor around ours that returns nothing has its shards in the report, without their rows',
  async (t) => {
    const run = await planRun(t, false)
    const own = newQueue(t)
    await enqueue(own.queue, run.manifest, { shards: [0] })
    const processor = createProcessor()
    newWorker(t, own, async (...args) => {
      await processor(...args)
    })
    await noneLeft(own.queue)
    t.like(await report(own.queue, run.manifest), { done: 1, rows: 0, unknown: SHARDS - 1 })
  },
  because,
)

testWithPeers(
  'shards of many manifests are done by one processor, which keeps none of their files open',
  async (t) => {
    const own = newQueue(t)
    const runs: PlannedRun[] = []
    for (let i = 0; i < 6; i++) runs.push(await planRun(t, false))
    for (const run of runs) await enqueue(own.queue, run.manifest)
    newWorker(t, own, createProcessor())
    await noneLeft(own.queue)
    for (const run of runs) t.is((await report(own.queue, run.manifest)).done, SHARDS)
    const open = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [realpathSync(path.join('/proc/self/fd', fd))]
      } catch {
        return []
      }
    })
    t.deepEqual(
      open.filter((file) => runs.some(({ folder }) => file.startsWith(folder))),
      [],
    )
  },
  because,
)

testWithPeers(
  'a manifest behind a URL is enqueued, done and reported by its URL',
  async (t) => {
    const run = await planRun(t, false)
    const own = newQueue(t)
    const server = await servedFolder(run.folder)
    t.teardown(server.close)
    const manifest = `${server.url}/${path.basename(run.manifest)}?signature=1`
    t.is(await enqueue(own.queue, manifest), SHARDS)
    const [job] = await own.queue.getWaiting(0, 0)
    t.is((job?.data as { manifest: string }).manifest, manifest)
    newWorker(t, own, createProcessor())
    await noneLeft(own.queue)
    t.like(await report(own.queue, manifest), { done: SHARDS, rows: run.ids.length, failed: 0 })
  },
  because,
)
