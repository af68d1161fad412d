// Stores, searches and splits with LangChain.

import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { lengthFunction, Model2VecEmbeddings } from 'model2vec-node/langchain'

import { input, peer, print } from './program.js'

interface Document {
  pageContent: string
}
interface Store {
  similaritySearchWithScore(query: string, k: number): Promise<[Document, number][]>
  maxMarginalRelevanceSearch(query: string, options: object): Promise<Document[]>
  asRetriever(k: number): { invoke(query: string): Promise<Document[]> }
  memoryVectors: { content: string; embedding: number[] }[]
}
interface Stores {
  MemoryVectorStore: { fromTexts(texts: string[], metadata: object[], embeddings: Model2VecEmbeddings): Promise<Store> }
}
interface Splitters {
  RecursiveCharacterTextSplitter: new (options: object) => { splitText(text: string): Promise<string[]> }
}

async function main({ directory, texts, query }: { directory: string; texts: string[]; query: string }): Promise<void> {
  const { MemoryVectorStore } = await peer<Stores>('@langchain/classic/vectorstores/memory')
  const { RecursiveCharacterTextSplitter } = await peer<Splitters>('@langchain/textsplitters')
  const ef = new Model2VecEmbeddingFunction(directory)
  const metadata = texts.map((_, id) => ({ id }))
  const store = await MemoryVectorStore.fromTexts(texts, metadata, new Model2VecEmbeddings(ef))
  const lazily = await MemoryVectorStore.fromTexts(texts, metadata, new Model2VecEmbeddings({ model: directory }))
  const split = async (length: unknown, chunkSize: number, chunkOverlap: number): Promise<string[]> =>
    new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap, lengthFunction: length }).splitText(
      texts.join('\n\n'),
    )
  print({
    stored: store.memoryVectors.map(({ embedding }) => embedding),
    lazily: lazily.memoryVectors.map(({ embedding }) => embedding),
    found: (await store.similaritySearchWithScore(query, 3)).map(([{ pageContent }, score]) => [pageContent, score]),
    retrieved: (await store.asRetriever(2).invoke(query)).map(({ pageContent }) => pageContent),
    diverse: (await store.maxMarginalRelevanceSearch(query, { k: 3, fetchK: 10, lambda: 0.1 })).map(
      ({ pageContent }) => pageContent,
    ),
    chunks: await split(lengthFunction(ef), 64, 16),
    chunksLazily: await split(lengthFunction({ model: directory }), 64, 16),
    large: await split(lengthFunction(ef), 600, 0),
  })
}

void main(input())
