// How much the heap grows while lengths of texts that are all different are asked for.

import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { lengthFunction } from 'model2vec-node/langchain'

import { input, print } from './program.js'

const { directory } = input<{ directory: string }>()
const length = lengthFunction(new Model2VecEmbeddingFunction(directory))
const ask = (from: number): void => {
  for (let i = from; i < from + 100_000; i++) length(`${i} what the weather will be in the morning, and in the evening`)
}
const heap = (): number => {
  global.gc?.()
  return process.memoryUsage().heapUsed
}
ask(0)
const first = heap()
ask(1e6)
ask(2e6)
print({ collected: global.gc !== undefined, grown: heap() - first })
