// The entry `model2vec-node/bullmq`: the shards of `model2vec plan` as jobs of BullMQ. It imports
// nothing of BullMQ, an optional peer.

export { enqueue } from './cli/queue/enqueue.js'
export type { EnqueueOptions, JobOptions, KeptJobs, NewShardJob, ShardQueue } from './cli/queue/enqueue.js'
export { createProcessor, GIVE_BACK } from './cli/queue/processor.js'
export type { ProcessorOptions, ShardProcessor, ShardSummary, SummarySeconds } from './cli/queue/processor.js'
export { report } from './cli/queue/report.js'
export type { FinishedJob, ReportedQueue, ShardReport, ShardState, TroubledShard } from './cli/queue/report.js'
export type { ShardJob, ShardJobData } from './cli/queue/shard-job.js'
export type { Sink, SinkBatch, SinkColumn, SinkShard, SinkSource } from './cli/queue/sink.js'
