// BullMQ's own types take what `model2vec-node/bullmq` gives, and the other way round.

import { Queue, Worker } from 'bullmq'
import type { Dtype, EmbeddingMatrix } from 'model2vec-node'
import { createProcessor, enqueue, GIVE_BACK, report } from 'model2vec-node/bullmq'
import type { ShardReport, ShardSummary, Sink } from 'model2vec-node/bullmq'

const connection = { url: 'redis://localhost:6379' }
const queue = new Queue('model2vec', { connection })
// The matrix of a batch is one of the main entry, not another class of that name.
const widthOf = (matrix: EmbeddingMatrix<Dtype>): number => matrix.width
const sink: Sink = { write: async ({ ids, texts, matrix }) => [ids.length, texts.length, widthOf(matrix)] }
const worker = new Worker('model2vec', createProcessor({ sink, threads: 2 }), { connection, maxStalledCount: 5 })
worker.on('completed', ({ returnvalue }) => {
  const summary: ShardSummary = returnvalue
  console.log(summary.seconds.all)
})
worker.cancelAllJobs(GIVE_BACK)

const jobs: Promise<number> = enqueue(queue, 'run.manifest', {
  shards: new Set([1, 2]),
  again: true,
  job: { priority: 3, attempts: 5, backoff: { type: 'exponential', delay: 10 }, removeOnComplete: { age: 3600 } },
})
const found: Promise<ShardReport> = report(queue, 'run.manifest')
void Promise.all([jobs, found])
