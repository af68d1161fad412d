// What the model is good for, on real text: embeds the documents beside this file, finds the nearest to three queries, and
// runs pymilvus's documented example.

import { readFileSync } from 'node:fs'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const documents = readFileSync(new URL('documents.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const ef = new Model2VecEmbeddingFunction()
console.log(`model      ${ef.info.modelSource} (revision ${ef.info.revision ?? 'unknown'})`)
console.log(`dim        ${ef.dim}`)
console.log(`documents  ${documents.length}`)

const started = performance.now()
const embeddings = await ef.encode(documents.map(({ text }) => text))
const elapsed = performance.now() - started
console.log(`time       ${elapsed.toFixed(1)} ms, ${Math.round((documents.length / elapsed) * 1000)} texts/s`)

// The vectors have length 1, so that their dot product is the cosine.
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0)

const queries = ['align DNA sequences', 'play chess against the computer', 'filter out spam from my mail']
for (const query of queries) {
  const vector = (await ef.encodeQueries([query]))[0]
  const scores = Array.from(embeddings, (row, i) => ({ score: dot(vector, row), document: documents[i] }))
  console.log(`\n${query}`)
  for (const { score, document } of scores.sort((a, b) => b.score - a.score).slice(0, 3)) {
    console.log(`  ${score.toFixed(3)}  ${document.title}`)
  }
}

const docs = [
  'Artificial intelligence was founded as an academic discipline in 1956.',
  'Alan Turing was the first person to conduct substantial research in AI.',
  'Born in Maida Vale, London, Turing was raised in southern England.',
]
const vectors = await ef.encodeDocuments(docs)
const first = Array.from(vectors[0].subarray(0, 6), (value) => value.toFixed(8))
console.log("\npymilvus's example: 0.02220882, 0.11436888, -0.15094341, 0.08149259, 0.20425692, -0.15727402, …")
console.log(`here:               ${first.join(', ')}, …`)
console.log(`dim ${ef.dim}, ${vectors.length} vectors of ${vectors[0].length}`)
