// A worker in a program of one's own, with the settings of `model2vec worker`.
//
//   node worker.mjs [redis://localhost:6379] [queue]

import { Worker } from 'bullmq'
import { createProcessor, GIVE_BACK } from 'model2vec-node/bullmq'

const [url = 'redis://localhost:6379', queue = 'model2vec'] = process.argv.slice(2)

const worker = new Worker(queue, createProcessor(), {
  connection: { url },
  concurrency: 2,
  lockDuration: 30_000,
  stalledInterval: 15_000,
  // BullMQ's 1 would fail a shard for good when its second worker is lost.
  maxStalledCount: 5,
})
worker.on('completed', ({ returnvalue }) => console.log(JSON.stringify(returnvalue)))
worker.on('failed', (job, error) => console.error(`${job?.id}: ${error.message}`))
worker.on('error', (error) => console.error(error.message))
// Another worker may have the shard now: to go on would only be work for nothing.
worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id, 'the lock was lost')))

process.once('SIGTERM', async () => {
  const closed = worker.close()
  // What is not finished by then goes back to the queue.
  setTimeout(() => worker.cancelAllJobs(GIVE_BACK), 20_000).unref()
  await closed
})
console.log('ready')
