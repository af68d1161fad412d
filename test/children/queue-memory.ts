// Fifty loops of large calls at once, each result dropped when it comes: prints the most memory of results that there is, and that of the calls
// that run, in MB. `node --expose-gc build/test/children/queue-memory.js npm/potion-base-8m`

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
    globalThis.gc?.()
    // V8 frees the memory of dead results on a thread of its own, and the next collection waits for it.
    globalThis.gc?.()
    largest = Math.max(largest, process.memoryUsage().arrayBuffers / 2 ** 20)
  }
}

void Promise.all(Array.from({ length: LOOPS }, loop)).then(() => {
  console.log(`${Math.round(largest)} ${Math.round(LOOPS * resultMb)}`)
})
