// Our function where the types of Chroma's client want one: nothing here runs.

import { ChromaClient, registerEmbeddingFunction } from 'chromadb'
import type { EmbeddingFunction } from 'chromadb'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { batches, Model2VecEmbedding } from 'model2vec-node/chroma'

const ef = new Model2VecEmbeddingFunction()
const embeddingFunction: EmbeddingFunction = new Model2VecEmbedding(ef)
const collection = await new ChromaClient().createCollection({ name: 'documents', embeddingFunction })
for (const { items, embeddings } of batches(ef.encodeSync(['a dog']), ['1'])) {
  await collection.add({ ids: items, embeddings })
}
registerEmbeddingFunction('other', Model2VecEmbedding)
