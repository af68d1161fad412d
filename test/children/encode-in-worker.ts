// Encodes the texts of `workerData` and sends the vectors to the thread that started this one.

import { parentPort, workerData } from 'node:worker_threads'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const { path, texts } = workerData as { path: string; texts: string[] }
const ef = new Model2VecEmbeddingFunction(path)
void ef.encode(texts).then(({ data }) => {
  parentPort?.postMessage({ data, info: { ...ef.info } }, [data.buffer])
})
