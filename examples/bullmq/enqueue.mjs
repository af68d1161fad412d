// Puts the shards of a manifest into a queue, waits until all are done, and says what became of them.
//
//   npx model2vec plan data/*.jsonl --shard-bytes 64MB --out-dir vectors --manifest run.manifest
//   node enqueue.mjs run.manifest [--redis redis://localhost:6379] [--queue model2vec]
//
// A second call adds nothing that is there: it goes on waiting.

import { parseArgs } from 'node:util'

import { Queue, QueueEvents } from 'bullmq'
import { enqueue, report } from 'model2vec-node/bullmq'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    redis: { type: 'string', default: process.env.REDIS_URL ?? 'redis://localhost:6379' },
    queue: { type: 'string', default: 'model2vec' },
    // Where workers find the manifest, if that is elsewhere than here.
    path: { type: 'string' },
  },
})
const [manifest] = positionals
if (manifest === undefined) {
  console.error('expected a manifest of `model2vec plan`')
  process.exit(2)
}

const connection = { url: values.redis }
const queue = new Queue(values.queue, { connection })
const events = new QueueEvents(values.queue, { connection })
await events.waitUntilReady()

// Listened to before jobs are added: what happens then wakes the loop below.
let wake = () => undefined
for (const each of ['completed', 'failed', 'waiting']) events.on(each, () => wake())

const shards = await enqueue(queue, manifest, { path: values.path })
console.error(`${shards} shards in the queue ${values.queue}`)

for (;;) {
  const changed = new Promise((resolve) => (wake = resolve))
  const left = await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')
  if (left === 0) break
  // Events are hints: one that is lost costs a second.
  await Promise.race([changed, new Promise((resolve) => setTimeout(resolve, 1000))])
}

const { retried, failures, ...sums } = await report(queue, manifest)
console.log(JSON.stringify(sums))
for (const { shard, starts, stalls, reason } of retried) {
  console.log(`shard ${shard}: begun ${starts} times, lost by its worker ${stalls} times${reason ? `; ${reason}` : ''}`)
}
for (const { shard, reason } of failures) console.log(`shard ${shard}: failed: ${reason}`)
await events.close()
await queue.close()
process.exitCode = failures.length + sums.unknown === 0 ? 0 : 1
