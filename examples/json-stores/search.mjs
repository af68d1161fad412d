// A store that is asked over HTTP with JSON: inserts the documents and asks two questions. What
// differs between the stores is in the file of each.
//
//   node examples/json-stores/search.mjs qdrant [http://localhost:6333]
//   node examples/json-stores/search.mjs elastic [http://localhost:9200]

import { Model2VecEmbeddingFunction, readLines } from 'model2vec-node'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const [name = 'qdrant', url] = process.argv.slice(2)
/** The file of each store: only its client has to be installed. */
const STORES = { qdrant: () => import('./qdrant.mjs'), elastic: () => import('./elastic.mjs') }
if (!Object.hasOwn(STORES, name)) {
  console.error(`the store should be ${Object.keys(STORES).join(', ')}, but got ${name}`)
  process.exit(2)
}
const { open } = await STORES[name]()

const ef = await Model2VecEmbeddingFunction.load()
const store = await open(url, ef.dim)
// A request of 500 rows has 2 to 3 MB: servers have a limit.
const stream = ef.encodeStream(documents(), { text: ({ text }) => text, batchSize: 500 })
for await (const { index, items, embeddings } of stream) await store.insert(index, items, embeddings)

const queries = await ef.encode(QUERIES)
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  // Numbers, not a typed array: as JSON that is an object, `{"0":0.1,…}`.
  for (const { score, id, title } of await store.search(queries.array(i), 3)) {
    console.log(`  ${score.toFixed(4)}  ${id}  ${title}`)
  }
}

async function* documents() {
  for await (const line of readLines(new URL('../documents.jsonl', import.meta.url))) yield JSON.parse(line)
}
