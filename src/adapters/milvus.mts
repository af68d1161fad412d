// The entry `model2vec-node/milvus` for `import`: the same functions as `require` gives.

export { milvusField, milvusRows, milvusVector, milvusVectors } from './milvus.js'
