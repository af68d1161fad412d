// Elasticsearch, through its client.

import { Client } from '@elastic/elasticsearch'

const INDEX = 'model2vec-documents'

/** A new index for vectors of `dim` dimensions. */
export async function open(url = 'http://localhost:9200', dim) {
  const client = new Client({ node: url })
  await client.indices.delete({ index: INDEX, ignore_unavailable: true })
  const embedding = { type: 'dense_vector', dims: dim, similarity: 'cosine' }
  await client.indices.create({ index: INDEX, mappings: { properties: { title: { type: 'text' }, embedding } } })
  return {
    async insert(_first, documents, embeddings) {
      const operations = documents.flatMap(({ id, title }, i) => {
        // The zeros of a text without a known word have no cosine: Elasticsearch refuses them.
        if (embeddings.isEmpty(i)) return []
        // The client sends strings as they are: `json(i)` is JSON of the shortest numbers, written natively.
        const document = `{"title":${JSON.stringify(title)},"embedding":${embeddings.json(i)}}`
        return [{ index: { _index: INDEX, _id: id } }, document]
      })
      const { errors, items } = await client.bulk({ operations, refresh: true })
      // The request as a whole succeeds also where a document was refused.
      if (errors) throw new Error(JSON.stringify(items.find((item) => item.index.error !== undefined)))
    },
    async search(vector, k) {
      const knn = { field: 'embedding', query_vector: vector, k, num_candidates: 100 }
      const { hits } = await client.search({ index: INDEX, knn, _source: ['title'] })
      // Elasticsearch's score is (1 + cosine) / 2.
      return hits.hits.map(({ _score, _id, _source }) => ({ score: 2 * _score - 1, id: _id, title: _source.title }))
    },
  }
}
