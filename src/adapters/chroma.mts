// The entry `model2vec-node/chroma` for `import`: the same class as `require` gives, registered in the
// copy of `chromadb` that `import` gives.

import { knownEmbeddingFunctions, registerEmbeddingFunction } from 'chromadb'

import { Model2VecEmbedding, NAME } from './chroma-function.js'

export { batches, Model2VecEmbedding } from './chroma-function.js'

// Another copy of this package may have: a second time throws.
if (!knownEmbeddingFunctions.has(NAME)) registerEmbeddingFunction(NAME, Model2VecEmbedding)
