// Hashes with vectors and an index of RediSearch over them, through node-redis: adds the documents
// and asks two questions.
//
//   node examples/redis/search.mjs [redis://localhost:6379] [--dtype float32|float16|bfloat16]

import { parseArgs } from 'node:util'

import { Model2VecEmbeddingFunction, readLines } from 'model2vec-node'
import { createClient } from 'redis'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const INDEX = 'model2vec:documents'
const PREFIX = 'model2vec:document:'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { dtype: { type: 'string', default: 'float32' } },
})
const { dtype } = values
const DTYPES = ['float32', 'float16', 'bfloat16']
if (!DTYPES.includes(dtype)) {
  console.error(`--dtype should be ${DTYPES.join(', ')}, but got ${dtype}`)
  process.exit(2)
}
const ef = await Model2VecEmbeddingFunction.load()
const client = await createClient({ url: positionals[0] ?? 'redis://localhost:6379' }).connect()
if ((await client.ft._list()).includes(INDEX)) await client.ft.dropIndex(INDEX, { DD: true })
const embedding = {
  type: 'VECTOR',
  // Every vector is compared. For more than some 100,000 of them: 'HNSW'.
  ALGORITHM: 'FLAT',
  TYPE: dtype.toUpperCase(),
  DIM: ef.dim,
  DISTANCE_METRIC: 'COSINE',
}
await client.ft.create(INDEX, { title: 'TEXT', embedding }, { ON: 'HASH', PREFIX })

const stream = ef.encodeStream(documents(), { text: ({ text }) => text, dtype })
for await (const { items, embeddings } of stream) {
  // Commands of one turn go out together.
  await Promise.all(
    items.map(({ id, title }, i) => {
      // The zeros of a text without a known word have no cosine: they would come first.
      const vector = embeddings.isEmpty(i) ? {} : { embedding: embeddings.bytes(i) }
      return client.hSet(PREFIX + id, { title, ...vector })
    }),
  )
}

const queries = await ef.encode(QUERIES, { dtype })
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  const { documents } = await client.ft.search(INDEX, '*=>[KNN 3 @embedding $vector AS distance]', {
    PARAMS: { vector: queries.bytes(i) },
    SORTBY: 'distance',
    // Without, the vectors come along as broken text.
    RETURN: ['distance', 'title'],
    DIALECT: 2,
  })
  for (const { id, value } of documents) {
    console.log(`  ${(1 - value.distance).toFixed(4)}  ${id.slice(PREFIX.length)}  ${value.title}`)
  }
}
client.destroy()

async function* documents() {
  for await (const line of readLines(new URL('../documents.jsonl', import.meta.url))) yield JSON.parse(line)
}
