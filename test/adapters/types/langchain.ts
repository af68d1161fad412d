// Our embeddings and lengths where LangChain's types want theirs: nothing here runs.

import { MemoryVectorStore } from '@langchain/classic/vectorstores/memory'
import type { EmbeddingsInterface } from '@langchain/core/embeddings'
import { RecursiveCharacterTextSplitter } from '@langchain/textsplitters'
import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { lengthFunction, Model2VecEmbeddings } from 'model2vec-node/langchain'

const ef = new Model2VecEmbeddingFunction()
/** What a pipeline is to an adapter: the same methods, and no `encode`. */
declare class Pipeline {
  readonly dim: number
  readonly embedder: Model2VecEmbeddingFunction
  encodeDocuments: Model2VecEmbeddingFunction['encodeDocuments']
  encodeQueries: Model2VecEmbeddingFunction['encodeQueries']
}
const pipeline = new Pipeline()
const ofPipeline: EmbeddingsInterface = new Model2VecEmbeddings(pipeline)
void ofPipeline
lengthFunction(pipeline.embedder)
const embeddings: EmbeddingsInterface = new Model2VecEmbeddings(ef, { dtype: 'float16' })
new MemoryVectorStore(new Model2VecEmbeddings({ model: 'minishlab/potion-base-8M', quantizeTo: 'int8' }))
void MemoryVectorStore.fromTexts(['a dog'], [], embeddings)
new RecursiveCharacterTextSplitter({ chunkSize: 256, lengthFunction: lengthFunction(ef) })
new RecursiveCharacterTextSplitter({
  chunkSize: 256,
  lengthFunction: lengthFunction({ model: 'minishlab/potion-base-8M' }),
})
