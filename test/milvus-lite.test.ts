// Against real Milvus servers on this machine: what is stored is what the model gave, and
// examples/milvus finds what is nearest.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import test from 'ava'
import { ConsistencyLevelEnum, MilvusClient } from '@zilliz/milvus2-sdk-node'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { Dtype } from 'model2vec-node'
import { milvusField, milvusRows, milvusVectors } from 'model2vec-node/milvus'

import { liteEnvironment, PATIENT, startLite } from './milvus/lite.js'
import type { Lite, LiteVersion } from './milvus/lite.js'
import { SMALL } from './test-data.js'

const SERVERS: Record<LiteVersion, readonly Dtype[]> = {
  '2.5': ['float32', 'float16', 'bfloat16', 'binary'],
  '3.2': ['float32'],
}
const TEXTS = ['a dog in the park', 'a cat on the sofa', 'seven ships', 'what the weather will be']

for (const [version, dtypes] of Object.entries(SERVERS) as [LiteVersion, readonly Dtype[]][]) {
  const python = liteEnvironment(version)
  const withServer = python.command === null ? test.serial.skip : test.serial
  const because = python.command === null ? ` (${python.reason})` : ''
  let server: Lite | undefined
  const lite = async (): Promise<Lite> => (server ??= await startLite(python.command ?? '', version))
  test.after.always(async () => server?.stop())

  for (const dtype of dtypes) {
    for (const dynamic of [false, true]) {
      const how = dynamic ? ' beside dynamic fields' : ''
      withServer(`Milvus Lite ${version} stores and finds ${dtype} vectors${how} as they are${because}`, async (t) => {
        const client = new MilvusClient({ address: (await lite()).address, ...PATIENT })
        const ef = new Model2VecEmbeddingFunction(SMALL)
        const matrix = await ef.encode(TEXTS, { dtype, normalize: true })
        const collection_name = `stored_${dtype}_${String(dynamic)}`
        const fields = [
          { name: 'id', data_type: 'Int64', is_primary_key: true } as const,
          milvusField('embedding', matrix),
        ]
        await client.createCollection({ collection_name, fields, enable_dynamic_field: dynamic })
        const metric_type = dtype === 'binary' ? 'HAMMING' : 'COSINE'
        const index_type = dtype === 'binary' ? 'BIN_FLAT' : 'FLAT'
        await client.createIndex({ collection_name, field_name: 'embedding', index_type, metric_type })
        await client.loadCollectionSync({ collection_name })
        const items = TEXTS.map((_, id) => ({ id, ...(dynamic ? { more: { id } } : {}) }))
        const data = milvusRows(matrix, items, { field: 'embedding', dynamic })
        const { status, insert_cnt } = await client.insert({ collection_name, data })
        t.is(status.error_code, 'Success', status.reason)
        t.is(insert_cnt, String(TEXTS.length))

        const found = await client.search({
          collection_name,
          anns_field: 'embedding',
          data: milvusVectors(matrix),
          limit: 1,
          output_fields: ['id'],
          consistency_level: ConsistencyLevelEnum.Strong,
        })
        t.is(found.status.error_code, 'Success', found.status.reason)
        const hits = (found.results as unknown as { id: string; score: number }[][]).flat()
        t.deepEqual(
          hits.map(({ id }) => Number(id)),
          items.map(({ id }) => id),
        )
        for (const { score } of hits) t.true(Math.abs(score - (dtype === 'binary' ? 0 : 1)) < 1e-3, `${score}`)
        const stored = await client.query({ collection_name, filter: 'id >= 0', output_fields: ['id', 'embedding'] })
        t.deepEqual(
          stored.data.map(({ embedding }) => embedding as number[]),
          matrix.toArray(),
        )
        await client.dropCollection({ collection_name })
        await client.closeConnection()
      })
    }

    // A search over all vectors, so that only what is wrong is missed.
    withServer(`examples/milvus with ${dtype} on Milvus Lite ${version} finds the nearest${because}`, async (t) => {
      const { address } = await lite()
      // The SDK prints every request where NODE_ENV is 'test', which ava sets.
      const args = ['examples/milvus/ingest.mjs', '--address', address, '--dtype', dtype, '--index', 'FLAT']
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        env: { ...process.env, NODE_ENV: undefined },
      })
      t.regex(
        stdout,
        new RegExp(`^inserted +500 documents with a ${milvusField('v', { dim: 8, dtype }).data_type} `, 'm'),
      )
      // examples/README.md has them from Python.
      t.regex(stdout, /^filter out spam from my mail\n +[\d.]+ {2}Client for SpamAssassin spam filtering daemon$/m)
      t.regex(stdout, /^play chess against the computer\n +[\d.]+ {2}chess program that plays many variants$/m)
      const [, recall] = /^recall@10 +([\d.]+) of 53 queries$/m.exec(stdout) ?? []
      t.log(`recall ${recall}`)
      t.true(Number(recall) >= (dtype === 'binary' ? 0.99 : 1), stdout)
    })
  }
}
