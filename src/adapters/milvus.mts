// The entry `model2vec-node/milvus` for `import`: the same functions as `require` gives.

export { milvusBulkRows, milvusField, milvusRows, milvusVector, milvusVectors } from './milvus.js'
