// examples/redis on a real Redis: a vector set, and an index of RediSearch.

import path from 'node:path'

import test from 'ava'
import type { Dtype } from 'model2vec-node'

import { reason, testWithPeers } from '../adapters/peers.js'
import { peer } from '../adapters/programs/program.js'
import { DOCUMENTS, hasNearest, hitsOf, install, run, stored, storedBytes } from './recipe.js'
import { redisPrograms, startRedis } from './redis.js'
import type { Redis } from './redis.js'

interface Client {
  callBuffer(command: string, ...args: string[]): Promise<Buffer[]>
  hgetBuffer(key: string, field: string): Promise<Buffer>
  disconnect(): void
}

const programs = reason === null ? redisPrograms() : null
const because = reason ?? (programs !== null && programs.root === null ? programs.reason : null)
const folder = because === null ? install('redis') : ''
let server: Redis
let client: Client

if (programs !== null && programs.root !== null) {
  test.before(async () => {
    server = await startRedis(programs.root, { search: programs.search })
    const { Redis } = await peer<{ Redis: new (url: string) => Client }>('ioredis')
    client = new Redis(server.url)
  })
  test.after.always(async () => {
    client.disconnect()
    await server.stop()
  })
}

// RediSearch scales the vectors of an index to length 1 once more, in their own type.
const TOLERANCE: Partial<Record<Dtype, number>> = { float32: 0.00006, float16: 0.0005, bfloat16: 0.004 }

for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
  testWithPeers(
    `RediSearch finds the nearest ${dtype} vectors, and hashes keep their bits`,
    async (t) => {
      const output = await run(path.join(folder, 'redis/search.mjs'), [server.url, '--dtype', dtype])
      await hasNearest(t, output, { dtype, tolerance: TOLERANCE[dtype] ?? 0 })
      const vectors: string[] = []
      for (const { id } of DOCUMENTS) {
        vectors.push((await client.hgetBuffer(`model2vec:document:${id}`, 'embedding')).toString('hex'))
      }
      t.deepEqual(vectors, await storedBytes(dtype))
    },
    because,
  )
}

testWithPeers(
  'a vector set of Redis finds the nearest, and keeps the vectors unless it quantizes them',
  async (t) => {
    const program = path.join(folder, 'redis/vector-set.mjs')
    const full = await run(program, [server.url, '--quantization', 'NOQUANT'])
    await hasNearest(t, full, { isApproximate: true })
    const matrix = await stored()
    for (const [i, { id }] of DOCUMENTS.entries()) {
      // The type, the numbers at length 1, and the length.
      const [, raw = Buffer.alloc(0), norm = ''] = await client.callBuffer('VEMB', 'model2vec:documents', id, 'RAW')
      const length = Number(norm)
      for (const [j, x] of matrix.array(i).entries()) {
        const found = raw.readFloatLE(4 * j) * length
        t.true(Math.abs(found - x) <= 3 * 2 ** -24 * Math.abs(x) + 2 ** -126, `${id}: ${found}, expected ${x}`)
      }
    }
    // Redis's own 8 bits: the default.
    await hasNearest(t, await run(program, [server.url]), { isApproximate: true, tolerance: 0.005 })
    // 1 - 2 × the share of bits that differ.
    const bits = hitsOf(t, await run(program, [server.url, '--quantization', 'BIN'])).flat()
    t.deepEqual(
      bits.map(({ score }) => score).filter((_, i) => i % 3 === 0),
      [74, 70].map((differing) => Number((1 - (2 * differing) / matrix.dim).toFixed(4))),
    )
  },
  because,
)
