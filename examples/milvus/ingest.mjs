// From a file to a vector database: reads JSON Lines, embeds the texts, inserts them into a Milvus collection, searches it, and says how
// many of the nearest documents the search has found.
//
//   node examples/milvus/ingest.mjs [file.jsonl] [--address localhost:19530] [--dtype float16] [--index AUTOINDEX]
//
// Each line of the file is an object with `id`, `title` and `text`. The dtypes: float32, float16, bfloat16, int8, binary.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import { Model2VecEmbeddingFunction, readLines } from 'model2vec-node'
import { milvusField, milvusRows, milvusVectors } from 'model2vec-node/milvus'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: 'string', default: 'localhost:19530' },
    dtype: { type: 'string', default: 'float16' },
    index: { type: 'string', default: 'AUTOINDEX' },
  },
})
const { address, dtype } = values
const DTYPES = ['float32', 'float16', 'bfloat16', 'int8', 'binary']
if (!DTYPES.includes(dtype)) {
  console.error(`--dtype should be ${DTYPES.join(', ')}, but got ${dtype}`)
  process.exit(2)
}
const file = positionals[0] ?? fileURLToPath(new URL('../documents.jsonl', import.meta.url))
const collection_name = 'model2vec_documents'
const QUERIES = [
  'filter out spam from my mail',
  'compare DNA sequences of different species',
  'play chess against the computer',
]
const BATCH = 256
const NEAREST = 10

const ef = await Model2VecEmbeddingFunction.load()
const client = new MilvusClient({ address })
await client.connectPromise

await client.dropCollection({ collection_name })
check(
  await client.createCollection({
    collection_name,
    fields: [
      // Milvus inserts a key that is there already once more. A line's number is there once, and is the same in a second try.
      { name: 'line', data_type: 'Int64', is_primary_key: true },
      { name: 'id', data_type: 'VarChar', max_length: 256 },
      { name: 'title', data_type: 'VarChar', max_length: 1024 },
      { name: 'text', data_type: 'VarChar', max_length: 65_535 },
      milvusField('vector', { dim: ef.dim, dtype }),
    ],
  }),
)

const started = performance.now()
const documents = []
// Kept for the exact answer at the end; an ingestion proper forgets each batch.
const vectors = []
for await (const batch of batchesOf(file)) {
  const embeddings = await ef.encode(
    batch.map(({ text }) => text),
    { dtype },
  )
  check((await client.insert({ collection_name, data: milvusRows(embeddings, batch) })).status)
  documents.push(...batch)
  vectors.push(...embeddings.toArray())
}
const seconds = (performance.now() - started) / 1000
console.log(
  `inserted   ${vectors.length} documents with a ${milvusField('vector', { dim: ef.dim, dtype }).data_type} in ${seconds.toFixed(2)} s`,
)

const metric_type = dtype === 'binary' ? 'HAMMING' : 'COSINE'
const index_type = dtype === 'binary' && values.index === 'FLAT' ? 'BIN_FLAT' : values.index
check(await client.createIndex({ collection_name, field_name: 'vector', index_type, metric_type }))
check(await client.loadCollectionSync({ collection_name }))

// The queries, and a title of every tenth document.
const queries = [...QUERIES, ...documents.filter((_, i) => i % 10 === 0).map(({ title }) => title)]
const wanted = await ef.encode(queries, { dtype })
const found = await client.search({
  collection_name,
  anns_field: 'vector',
  data: milvusVectors(wanted),
  limit: NEAREST,
  output_fields: ['line', 'title'],
  consistency_level: 'Strong',
})
check(found.status)

for (const [i, query] of QUERIES.entries()) {
  console.log(`\n${query}`)
  for (const { score, title } of found.results[i].slice(0, 3)) console.log(`  ${score.toFixed(4)}  ${title}`)
}

// A hit is right when its true score is among the best: of several documents with one score, any will do.
const distance = dtype === 'binary' ? differingBits : cosineDistance
let right = 0
for (const [i, query] of wanted.toArray().entries()) {
  const distances = vectors.map((vector) => distance(query, vector))
  const last = distances.toSorted((a, b) => a - b)[NEAREST - 1]
  right += found.results[i].filter(({ line }) => distances[line - 1] <= last + 1e-6).length
}
console.log(`\nrecall@${NEAREST}  ${(right / (queries.length * NEAREST)).toFixed(4)} of ${queries.length} queries`)
await client.dropCollection({ collection_name })
await client.closeConnection()

async function* batchesOf(path) {
  let batch = []
  let line = 0
  for await (const json of readLines(path)) {
    line++
    const { id, title, text } = JSON.parse(json)
    batch.push({ line, id, title, text })
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** The SDK resolves also when the server has refused; some servers say so in one of the two codes only. */
function check({ error_code, code, reason }) {
  if (error_code !== 'Success' || (code ?? 0) !== 0) throw new Error(`Milvus: ${reason} (${error_code}, ${code})`)
}

function cosineDistance(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0)
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

function differingBits(a, b) {
  let bits = 0
  for (let i = 0; i < a.length; i++) for (let byte = a[i] ^ b[i]; byte > 0; byte &= byte - 1) bits++
  return bits
}
