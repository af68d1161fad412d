// An index of usearch in this process, and in a file: adds the documents and asks two questions.
//
//   node examples/usearch/search.mjs [file.usearch]

import { readFileSync } from 'node:fs'

import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { Index, MetricKind, ScalarKind } from 'usearch'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const documents = readFileSync(new URL('../documents.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const ef = await Model2VecEmbeddingFunction.load()
const embeddings = await ef.encode(documents.map(({ text }) => text))
const index = new Index({
  dimensions: ef.dim,
  metric: MetricKind.Cos,
  // As the index keeps them. F16 takes half the memory, I8 a quarter.
  quantization: ScalarKind.F32,
  connectivity: 16,
  expansion_add: 128,
  expansion_search: 64,
  multi: false,
})
// All rows as one flat array, and a key for each.
index.add(BigUint64Array.from(documents.keys(), BigInt), embeddings.data)

const queries = await ef.encode(QUERIES)
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  const { keys, distances } = index.search(queries.row(i), 3, 0)
  for (const [j, key] of keys.entries()) {
    const { id, title } = documents[Number(key)]
    console.log(`  ${(1 - distances[j]).toFixed(4)}  ${id}  ${title}`)
  }
}
// `index.view(file)` maps it instead of reading it.
if (process.argv[2] !== undefined) index.save(process.argv[2])
