// Fifty loops of large calls at once, each result dropped when it comes: prints how much memory the
// results took at most, and how much those of the calls that run take, in MB.
// `node --expose-gc build/test/children/queue-memory.js npm/potion-base-8m`

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const LOOPS = 50
const CALLS = 1500
const ef = new Model2VecEmbeddingFunction(process.argv[2] ?? '')
const texts = Array.from({ length: 2000 }, (_, i) => `text ${i} of the dogs and the cats in park ${i % 977}`)
const resultMb = (texts.length * ef.dim * 4) / 2 ** 20
let calls = 0
let largest = 0

async function loop(): Promise<void> {
  while (calls < CALLS) {
    await ef.encode(texts)
    if (++calls % 250 !== 0) continue
    // A collection waits for the memory that the one before it gives back on another thread.
    let held = Infinity
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.()
      held = Math.min(held, process.memoryUsage().arrayBuffers)
    }
    largest = Math.max(largest, held / 2 ** 20)
  }
}

void Promise.all(Array.from({ length: LOOPS }, loop)).then(() => {
  console.log(`${Math.round(largest)} ${Math.round(LOOPS * resultMb)}`)
})
