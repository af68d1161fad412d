// The main entry: every public name.

export { chunks, chunksAsync } from './chunks.js'
export type { TextChunk } from './chunks.js'
export { EmbeddingMatrix } from './matrix/embedding-matrix.js'
export { InvalidTextError, isModel2VecError, Model2VecError, OutOfMemoryError } from './errors.js'
export { Neighbors } from './search/neighbors.js'
export { Model2VecEmbeddingFunction } from './embedding-function.js'
export { Model2VecPipeline } from './pipeline/pipeline.js'
export { readLines } from './lines/read-lines.js'
export type { LineSource } from './lines/read-lines.js'
export type { MatrixOptions, MatrixRowsOptions } from './matrix/from.js'
export type { MatrixFileOptions } from './matrix/npy-file.js'
export type { Dtype, DtypeArray, FreshArray, HalfArray, TableDtype, TokenArray } from './dtype.js'
export type { ChunkAsyncOptions, ChunkOptions } from './options/chunks.js'
export type {
  CountAsyncOptions,
  CountOptions,
  EncodeOptions,
  PlainEncodeOptions,
  Progress,
  TokenizeAsyncOptions,
  TokenizeOptions,
  TypedEncodeOptions,
  UnsureEncodeOptions,
} from './options/encode.js'
export type { FetchFunction, FetchInit, FetchResponse } from './hub/fetch-function.js'
export type { DownloadProgress } from './hub/download-progress.js'
export type { LoadOptions, MemoryMode } from './options/load.js'
export type {
  PredictItemStreamOptions,
  PredictOptions,
  PredictStreamOptions,
  ProbabilityOptions,
} from './options/predict.js'
export type { ItemStreamOptions, StreamOptions, StreamProgress } from './options/stream.js'
export type { StreamBatch } from './stream/encode-stream.js'
export type { StreamSource, WebStream } from './stream/stream-source.js'
export type { ErrorCode } from './errors.js'
export type { ModelInfo } from './embedding-function.js'
export type { ModelSource } from './model/locate.js'
export type { PipelineInfo } from './pipeline/pipeline.js'
export type { PredictBatch } from './pipeline/predict-stream.js'
export type { Activation, HeadRows, Label, Predictions, Scores } from './pipeline/predictions.js'
export type {
  DuplicatesOptions,
  DuplicatesProgress,
  NearestOptions,
  SearchMetric,
  SearchVectors,
} from './options/search.js'
export type { Duplicate, Duplicates } from './search/duplicates.js'
export type { Neighbor } from './search/neighbors.js'
export type { Queries, QueryRow } from './search/queries.js'
