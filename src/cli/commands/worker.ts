// `model2vec worker`: does the shards of a queue of BullMQ.

import { messageOf } from '../../errors.js'
import { choice, integer, UsageError } from '../command.js'
import type { Command, OptionValues } from '../command.js'
import { CACHE_OPTIONS, THREADS_OPTION } from '../model-options.js'
import { observedProcessor } from '../queue/processor.js'
import type { ProcessorOptions } from '../queue/processor.js'
import { QueueWorker, within } from '../queue/queue-worker.js'
import { shownUrl } from '../queue/redis-url.js'
import { loadSink } from '../queue/sink-module.js'
import { startStatusServer } from '../queue/status-server.js'
import { workerLog } from '../queue/worker-log.js'
import { WorkerMetrics } from '../queue/worker-metrics.js'
import type { WorkerState } from '../queue/worker-metrics.js'
import type { Place } from '../serving/http-server.js'
import { LOG_FORMATS } from '../serving/request-log.js'
import { BASE_OPTION } from '../shards/embed-shard.js'
import { interruptSignal, whenAborted } from '../terminal/interrupt.js'
import { say } from '../terminal/message.js'

const URL_VARIABLE = 'REDIS_URL'
const DEFAULT_QUEUE = 'model2vec'
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_LOCK = 30
const DEFAULT_WAIT = 30
const DEFAULT_DRAIN = 20
const DEFAULT_CONCURRENCY = 2
/** How long a sink may take to close, and what it has left open may keep the process after that. */
const CLOSE_SECONDS = 5
const EXIT_SECONDS = 1

export const worker: Command = {
  usage: ['--redis <url> [options]'],
  description: [
    'Takes the jobs that `enqueue` of model2vec-node/bullmq has put into a queue: each is a shard of a manifest of ' +
      '`model2vec plan`. It writes the output of the shard, or gives its rows to a sink. Any number of workers may have ' +
      'the same queue; one that is killed, or cut off for longer than its lock, loses its shards to another one. Needs ' +
      'the packages bullmq and ioredis.',
    'SIGTERM and SIGINT end it: shards are finished within --drain seconds, or go back to the queue. A second one ' +
      'kills it, and its shards come back when their locks run out.',
  ],
  options: {
    redis: {
      type: 'string',
      value: '<url>',
      help: `redis:// or, with TLS, rediss://; also ${URL_VARIABLE}, which other users of the machine can't see`,
    },
    queue: { type: 'string', value: '<name>', help: `the queue (default: ${DEFAULT_QUEUE})` },
    prefix: { type: 'string', value: '<name>', help: "of the queue's keys in Redis (default: bull, as BullMQ has it)" },
    manifest: {
      type: 'string',
      value: '<file>',
      help: 'where the manifest is on this machine (default: where the jobs say)',
    },
    ...BASE_OPTION,
    sink: {
      type: 'string',
      value: '<module>',
      help: 'a module whose default export takes the rows: an object with `write`, or a function that makes one for a shard (default: files)',
    },
    concurrency: {
      type: 'string',
      value: '<n>',
      help: `shards at once: while one is written, another is encoded (default: ${DEFAULT_CONCURRENCY})`,
    },
    lock: {
      type: 'string',
      value: '<s>',
      help: `seconds after which a worker that is not heard of has lost its shards, ${DEFAULT_LOCK} by default: all workers of a queue should have the same`,
    },
    wait: {
      type: 'string',
      value: '<s>',
      help: `seconds to wait for Redis at the start (default: ${DEFAULT_WAIT}); later the worker waits without an end`,
    },
    drain: {
      type: 'string',
      value: '<s>',
      help: `seconds for shards to be finished at the end (default: ${DEFAULT_DRAIN})`,
    },
    'health-port': {
      type: 'string',
      value: '<n>',
      help: 'answer /health, /ready and /metrics (Prometheus) there; 0 = any that is free (default: none)',
    },
    host: { type: 'string', value: '<address>', help: `where --health-port listens (default: ${DEFAULT_HOST})` },
    log: {
      type: 'string',
      value: '<format>',
      help: 'how each shard is told of: text, a line on standard error (default), or json, on standard output',
    },
    threads: THREADS_OPTION,
    ...CACHE_OPTIONS,
  },
  notes: ['Exit codes: 0 ended, 1 failed, or shards were left to their locks, 2 called wrongly.'],
  outlivesOutput: true,
  example: '--redis redis://localhost:6379 --health-port 8081',
  async run(positionals, values) {
    if (positionals.length > 0) throw new UsageError(`expected options only, but got ${positionals.join(' ')}`)
    const redis = redisOf(values)
    const shown = shownUrl(redis)
    const settings = {
      redis,
      queue: queueOf(values),
      prefix: values.prefix as string | undefined,
      concurrency: integer(values, 'concurrency', 1) ?? DEFAULT_CONCURRENCY,
      lock: integer(values, 'lock', 1) ?? DEFAULT_LOCK,
    }
    const wait = integer(values, 'wait', 0) ?? DEFAULT_WAIT
    const drain = integer(values, 'drain', 0) ?? DEFAULT_DRAIN
    const log = workerLog(choice(values, 'log', LOG_FORMATS) === 'json')
    const place = placeOf(values)
    const sink = values.sink === undefined ? null : await loadSink(values.sink as string)
    const metrics = new WorkerMetrics()
    const processor = observedProcessor(
      { ...processorOptions(values), sink: sink?.sink },
      {
        onStart: () => {
          metrics.started()
        },
        onEnd: (job, outcome) => {
          metrics.ended(outcome)
          log(job, outcome)
        },
      },
    )
    const { signal, release } = interruptSignal()
    const queue = await QueueWorker.create(settings, processor, {
      onConnection: (isConnected, reason) => {
        const lost = `lost the connection to ${shown}${reason === '' ? '' : `: ${reason}`}; trying again`
        say(isConnected ? `connected to ${shown}, queue ${settings.queue}` : lost)
      },
      onLostLock: (id) => {
        metrics.lostLock()
        say(`lost the lock of ${id}, and leaves it`)
      },
      onStalled: (id) => {
        say(`${id} has lost its worker, and waits again`)
      },
      onError: (message) => {
        say(`Redis: ${message}`)
      },
    })
    const state = (): WorkerState => ({ isConnected: queue.isConnected, isDraining: signal.aborted })
    const status = place === null ? null : await startStatusServer(place, metrics, state)
    if (status !== null) say(`health and metrics at ${status.url}`)
    try {
      await queue.start(wait, signal).catch((error: unknown) => {
        if (!signal.aborted) throw new Error(`${shown}: ${messageOf(error)}`, { cause: error })
      })
      await whenAborted(signal)
      say('shutting down')
      const isInOrder = await queue.end(drain)
      const isClosed = sink === null || (await within(CLOSE_SECONDS, sink.close()))
      if (!isClosed) say(`the sink did not close within ${CLOSE_SECONDS} seconds`)
      if (!isInOrder) throw new Error(`shards in work come back when their locks have run out: ${metrics.inWork}`)
    } finally {
      status?.close()
      release()
    }
    // A connection that a sink has left open would keep the process.
    setTimeout(() => process.exit(), EXIT_SECONDS * 1000).unref()
  },
}

/** @throws UsageError */
function redisOf({ redis = process.env[URL_VARIABLE] }: OptionValues): string {
  if (redis === undefined || redis === '')
    throw new UsageError(`--redis is needed, or ${URL_VARIABLE}: the URL of Redis`)
  return redis as string
}

/** @throws UsageError */
function queueOf({ queue = DEFAULT_QUEUE }: OptionValues): string {
  if (queue !== '' && !(queue as string).includes(':')) return queue as string
  throw new UsageError(`--queue should be a name without a colon, but got ${JSON.stringify(queue)}`)
}

/** Where the worker answers; null = nowhere. @throws UsageError */
function placeOf(values: OptionValues): Place | null {
  const { host = DEFAULT_HOST } = values
  const port = integer(values, 'health-port', 0)
  if (port === undefined) {
    if (values.host !== undefined) throw new UsageError('--host is for --health-port, which was not given')
    return null
  }
  if (port > 65_535) throw new UsageError(`--health-port should be at most 65535, but got ${port}`)
  return { host: host as string, port }
}

function processorOptions(values: OptionValues): ProcessorOptions {
  return {
    manifest: values.manifest as string | undefined,
    base: values.base as string | undefined,
    threads: integer(values, 'threads', 1),
    cacheDir: values['cache-dir'] as string | undefined,
    endpoint: values.endpoint as string | undefined,
  }
}
