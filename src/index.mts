// The entry for `import`: the same objects as `require` gives, so that there is one class and one native module.

export {
  chunks,
  chunksAsync,
  EmbeddingMatrix,
  InvalidTextError,
  isModel2VecError,
  Model2VecEmbeddingFunction,
  Model2VecError,
  Model2VecPipeline,
  Neighbors,
  OutOfMemoryError,
  readLines,
} from './index.js'
