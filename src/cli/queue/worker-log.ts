// What a worker says of its shards: lines for people on stderr, or JSON on standard output.

import { say } from '../terminal/message.js'
import type { ShardOutcome } from './processor.js'
import { shardJobData } from './shard-job.js'
import type { ShardJob } from './shard-job.js'

export type WorkerLog = (job: ShardJob, outcome: ShardOutcome) => void

export function workerLog(isJson: boolean): WorkerLog {
  return isJson ? sayJson : sayText
}

function sayText(job: ShardJob, outcome: ShardOutcome): void {
  const name = `shard ${shardJobData(job.data)?.shard ?? job.id ?? ''}`
  if (outcome.state === 'done') {
    const { state, rows, seconds } = outcome.summary
    say(state === 'whole' ? `${name}: was whole` : `${name}: ${state}, ${rows} rows in ${seconds.all} s`)
  } else if (outcome.state === 'failed') {
    const { message, isFinal } = outcome
    say(`${name}: ${isFinal ? 'failed' : `try ${job.attemptsMade + 1} failed`}: ${message.replace(/\s*\n\s*/g, ' ')}`)
  } else say(`${name}: ${outcome.state}`)
}

function sayJson(job: ShardJob, outcome: ShardOutcome): void {
  const { state, ...rest } = outcome.state === 'done' ? outcome.summary : outcome
  const shard = shardJobData(job.data)?.shard ?? null
  const entry = { time: new Date().toISOString(), job: job.id, shard, try: job.attemptsMade + 1, state, ...rest }
  process.stdout.write(`${JSON.stringify(entry)}\n`)
}
