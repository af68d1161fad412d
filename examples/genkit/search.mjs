// An embedder and a retriever of Genkit: embeds the documents and asks two questions. No model of a
// cloud is called.
//
//   node examples/genkit/search.mjs

import { readFileSync } from 'node:fs'

import { Document, genkit } from 'genkit'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const documents = readFileSync(new URL('../documents.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const ef = await Model2VecEmbeddingFunction.load()
const ai = genkit({})
const embedder = ai.defineEmbedder(
  { name: 'model2vec/potion-base-8M', info: { dimensions: ef.dim, supports: { input: ['text'] } } },
  async (input) => {
    const matrix = await ef.encode(input.map(({ text }) => text))
    // Genkit checks that they are arrays of numbers.
    return { embeddings: matrix.toArray().map((embedding) => ({ embedding })) }
  },
)

// What any Genkit plugin does: the embedder by name, many texts in one call.
const content = documents.map(({ text, id, title }) => Document.fromText(text, { id, title }))
const vectors = await ai.embedMany({ embedder, content })
console.error(`${vectors.length} vectors of ${vectors[0].embedding.length}`)

// A retriever without a store: the matrix of all documents searches itself.
const matrix = await ef.encode(documents.map(({ text }) => text))
const retriever = ai.defineRetriever({ name: 'documents' }, async (query, { k = 3 }) => {
  const nearest = await matrix.nearest(await ef.encode(query.text), { k })
  return {
    documents: nearest.list(0).map(({ index, score }) => {
      const { id, title, text } = documents[index]
      return Document.fromText(text, { id, title, score })
    }),
  }
})

for (const query of QUERIES) {
  console.log(query)
  for (const { metadata } of await ai.retrieve({ retriever, query, options: { k: 3 } })) {
    console.log(`  ${metadata.score.toFixed(4)}  ${metadata.id}  ${metadata.title}`)
  }
}
