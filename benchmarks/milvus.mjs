// What an insert costs the client, by element type: CPU of this process for making the rows, and
// for the whole insert, in µs a row. The server is a process of its own that decodes and forgets
// (test/milvus/loopback.ts).
//
//   npm run build && node scripts/compile-tests.mjs && node benchmarks/milvus.mjs

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'

import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { milvusField, milvusRows } from 'model2vec-node/milvus'

const ROWS = 2000
const ROUNDS = 9

if (process.argv[2] === 'serve') {
  const { Loopback } = createRequire(import.meta.url)('../build/test/milvus/loopback.js')
  const { client } = await Loopback.start()
  process.send(client.config.address)
  process.on('disconnect', () => process.exit())
} else {
  const server = fork(process.argv[1], ['serve'])
  const [address] = await once(server, 'message')
  const client = new MilvusClient({ address })
  const ef = await Model2VecEmbeddingFunction.load()
  const texts = Array.from({ length: ROWS }, (_, i) => `document ${i} on ${i % 7} dogs, ${i % 11} cats and ${i * 7} ships`)
  const cases = []
  for (const dynamic of [false, true]) {
    for (const dtype of ['float32', 'float16', 'bfloat16', 'int8', 'binary']) {
      const embeddings = await ef.encode(texts, { dtype })
      const collection_name = `${dtype}_${dynamic}`
      const id = { name: 'id', data_type: 'Int64', is_primary_key: true, autoID: true }
      const fields = [id, milvusField('vector', embeddings)]
      await client.createCollection({ collection_name, fields, enable_dynamic_field: dynamic })
      cases.push({ collection_name, embeddings, dynamic, making: [], inserting: [] })
    }
  }
  // In turns, so that what else the machine does falls on all alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { collection_name, embeddings, dynamic, making, inserting } of cases) {
      const start = process.cpuUsage()
      const data = milvusRows(embeddings, undefined, { dynamic })
      making.push(process.cpuUsage(start))
      await client.insert({ collection_name, data })
      inserting.push(process.cpuUsage(start))
    }
  }
  const median = (usages) => usages.map(({ user, system }) => (user + system) / ROWS).sort((a, b) => a - b)[ROUNDS >> 1]
  const unit = median(cases[0].inserting)
  for (const { embeddings, dynamic, making, inserting } of cases) {
    const [made, inserted] = [median(making), median(inserting)]
    const name = `${embeddings.dtype}${dynamic ? ', dynamic' : ''}`
    console.log(`${name.padEnd(20)} rows ${made.toFixed(1)}  insert ${inserted.toFixed(1)}  ${(inserted / unit).toFixed(2)} of float32`)
  }
  await client.closeConnection()
  server.disconnect()
}
