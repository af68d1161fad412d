// A worker is terminated, then the process exits, each in the middle of a vocabulary quantization
// that would take minutes.

import { isMainThread, parentPort, Worker } from 'node:worker_threads'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { POTION } from '../test-data.js'

const loading = Model2VecEmbeddingFunction.load(POTION, { vocabularyQuantization: isMainThread ? 25_000 : 26_000 })
loading.catch(() => undefined)
if (isMainThread) {
  const worker = new Worker(__filename)
  worker.once('message', () => {
    void worker.terminate().then(() => {
      console.log('worker ended')
      process.exit(0)
    })
  })
} else {
  setTimeout(() => parentPort?.postMessage('loading'), 200)
}
