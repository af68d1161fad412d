// The entry `model2vec-node/chroma` for `require`: registers the embedding function in the copy of
// `chromadb` that `require` gives.

// The generator of the declarations sees no other.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./chromadb.d.ts" />

import { knownEmbeddingFunctions, registerEmbeddingFunction } from 'chromadb'

import { Model2VecEmbedding, NAME } from './chroma-function.js'

export type { Dtype, DtypeArray } from '../dtype.js'
export type { DocumentEmbedder, Embedder, Embeddings, EmbeddingSource, EmbedOptions, ModelOptions } from './source.js'
export { batches, Model2VecEmbedding } from './chroma-function.js'
export type { ModelConfig, PassedConfig } from './kept-model.js'
export type { VectorMatrix } from './vector-matrix.js'

// Another copy of this package may have: a second time throws.
if (!knownEmbeddingFunctions.has(NAME)) registerEmbeddingFunction(NAME, Model2VecEmbedding)
