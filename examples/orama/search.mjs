// An Orama database in this process with full text and vectors: inserts the documents and asks two
// questions.
//
//   node examples/orama/search.mjs

import { readFileSync } from 'node:fs'

import { create, insertMultiple, searchVector } from '@orama/orama'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const documents = readFileSync(new URL('../documents.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const ef = await Model2VecEmbeddingFunction.load()
const embeddings = await ef.encode(documents.map(({ text }) => text))
const db = create({ schema: { title: 'string', text: 'string', embedding: `vector[${ef.dim}]` } })
// Numbers: Orama refuses typed arrays, with a message about dimensions.
await insertMultiple(
  db,
  documents.map((document, i) => ({ ...document, embedding: embeddings.array(i) })),
)

const queries = await ef.encode(QUERIES)
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  const vector = { value: queries.array(i), property: 'embedding' }
  // Orama leaves out what is less similar than 0.8, which few questions and answers are.
  const { hits } = await searchVector(db, { vector, similarity: 0, limit: 3 })
  for (const { score, id, document } of hits) console.log(`  ${score.toFixed(4)}  ${id}  ${document.title}`)
}
