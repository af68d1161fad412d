// What adapters see of a pipeline whose head gives vectors: `encodeDocuments`, `dim` and the embedder
// that counts tokens, and no `encode`. Its vectors are those of a model with the sign turned, so that
// no other model has them.

import type { Model2VecEmbeddingFunction } from 'model2vec-node'
import type { DocumentEmbedder } from 'model2vec-node/langchain'

export function documentEmbedder(ef: Model2VecEmbeddingFunction): DocumentEmbedder {
  const own = {
    dim: ef.dim,
    embedder: ef,
    encodeDocuments: async (texts: readonly string[], options: object = {}) => {
      const rows = await ef.encodeDocuments(texts, options)
      return rows.map((row) => row.map((value) => -value))
    },
  }
  // Known by its methods, whatever its class: also behind a Proxy.
  return new Proxy(own, {})
}
