// A program of transformers.js with the model swapped: `extractor` gives what a
// feature-extraction pipeline gives, a Tensor, and all that follows stays as it is.
//
//   node examples/transformers.js/search.mjs

import { readFileSync } from 'node:fs'

import { cos_sim, Tensor } from '@huggingface/transformers'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const documents = readFileSync(new URL('../documents.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

// Before: const extractor = await pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2')
const ef = await Model2VecEmbeddingFunction.load('minishlab/potion-base-8M')
/** `pooling` needs no option: it is always the mean. */
async function extractor(texts, { normalize } = {}) {
  const { data, rows, dim } = await ef.encode(texts, { normalize })
  // The matrix's own memory.
  return new Tensor('float32', data, [rows, dim])
}

const embeddings = await extractor(
  documents.map(({ text }) => text),
  { pooling: 'mean', normalize: true },
)
const queries = await extractor(QUERIES, { pooling: 'mean', normalize: true })
const vectors = embeddings.tolist()
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  const scores = vectors.map((vector, index) => ({ index, score: cos_sim(queries[i].tolist(), vector) }))
  for (const { index, score } of scores.sort((a, b) => b.score - a.score).slice(0, 3)) {
    const { id, title } = documents[index]
    console.log(`  ${score.toFixed(4)}  ${id}  ${title}`)
  }
}
