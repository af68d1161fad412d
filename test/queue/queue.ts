// A Redis, and a queue in it, for the tests of one file.

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Queue } from 'bullmq'

import { reason } from '../adapters/peers.js'
import { redisServer, startRedis } from '../examples/redis.js'
import type { Redis, RedisSettings } from '../examples/redis.js'
import { eventually } from '../waiting.js'

const server = reason === null ? redisServer() : null

/** Why there is no Redis here; null = there is. */
export const because: string | null = reason ?? (server?.root === null ? server.reason : null)

let redis: Redis | undefined

if (because === null) {
  test.before(async () => {
    redis = await startOwnRedis()
  })
}
test.after.always(async () => redis?.stop())

/** Another Redis than that of all tests of the file. */
export function startOwnRedis(settings?: RedisSettings): Promise<Redis> {
  return startRedis(server?.root ?? '', settings)
}

let queues = 0

export interface TestQueue {
  readonly queue: Queue
  /** The URL of its Redis. */
  readonly url: string
  /** What a worker is called with. */
  readonly args: readonly string[]
}

/** An empty queue; in another Redis than that of the file where one is given. */
export function newQueue(t: ExecutionContext, own?: Pick<Redis, 'url' | 'port'>): TestQueue {
  const { url, port } = own ?? redis ?? { url: '', port: 0 }
  const name = `queue-${++queues}`
  const connection = { port, maxRetriesPerRequest: null, retryStrategy: () => 100 }
  const queue = new Queue(name, { connection })
  queue.on('error', () => undefined)
  t.teardown(() => queue.close())
  return { queue, url, args: ['--redis', url, '--queue', name, '--lock', '2'] }
}

/** Waits until no job waits or is in work. */
export async function noneLeft(queue: Queue): Promise<void> {
  const isDone = async (): Promise<boolean> => (await queue.getJobCountByTypes('waiting', 'active', 'delayed')) === 0
  await eventually(isDone, 'no job is left')
}
