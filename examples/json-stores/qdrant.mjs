// Qdrant, through its client.

import { QdrantClient } from '@qdrant/js-client-rest'

const NAME = 'model2vec_documents'

/** A new collection for vectors of `dim` dimensions. */
export async function open(url = 'http://localhost:6333', dim) {
  const client = new QdrantClient({ url })
  await client.deleteCollection(NAME)
  await client.createCollection(NAME, { vectors: { size: dim, distance: 'Cosine' } })
  return {
    async insert(first, documents, embeddings) {
      const points = documents.map(({ id, title }, i) => ({
        // An integer or a UUID, nothing else.
        id: first + i,
        vector: embeddings.array(i),
        payload: { id, title },
      }))
      await client.upsert(NAME, { wait: true, points })
    },
    async search(vector, limit) {
      const { points } = await client.query(NAME, { query: vector, limit, with_payload: true })
      return points.map(({ score, payload }) => ({ score, id: payload.id, title: payload.title }))
    },
  }
}
