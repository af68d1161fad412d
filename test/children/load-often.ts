// Loads a model once, then nineteen times more, in this thread and in worker threads, and prints by
// how many bytes the process grew. Argument: model.

import path from 'node:path'
import { Worker } from 'node:worker_threads'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

async function main(): Promise<void> {
  const [, , model = ''] = process.argv
  const loaded = [new Model2VecEmbeddingFunction(model, { memory: 'copy' })]
  const before = process.memoryUsage().rss
  for (let i = 0; i < 9; i++) loaded.push(new Model2VecEmbeddingFunction(model, { memory: 'copy' }))
  loaded.push(
    ...(await Promise.all(Array.from({ length: 9 }, () => Model2VecEmbeddingFunction.load(model, { memory: 'copy' })))),
  )
  const worker = new Worker(path.join(__dirname, 'encode-in-worker.js'), {
    workerData: { path: model, texts: ['a dog'] },
  })
  await new Promise((resolve) => worker.once('message', resolve))
  console.log(JSON.stringify({ loads: loaded.length, grown: process.memoryUsage().rss - before }))
}
void main()
