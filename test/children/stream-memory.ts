// Streams so many short texts, and then so many: prints the resident memory after each, in MB. Alone, with a model and the numbers:
// node --expose-gc build/test/children/stream-memory.js npm/potion-base-8m 500000 5000000

import { setTimeout } from 'node:timers/promises'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const [, , model = '', ...counts] = process.argv
const ef = new Model2VecEmbeddingFunction(model)

function* texts(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `text ${i} of the dogs and the cats in park ${i % 977}`
}

/**
 * V8 gives the memory of dead results back on a thread of its own, after the collection that found them dead, and the next collection waits for
 * it: measured right after the first, up to 40 MB are there or not there by chance.
 */
async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await setTimeout(50)
  }
}

async function run(): Promise<void> {
  const sizes: number[] = []
  for (const count of counts) {
    let rows = 0
    for await (const { embeddings } of ef.encodeStream(texts(Number(count)))) rows += embeddings.rows
    if (rows !== Number(count)) throw new Error(`${rows} rows of ${count}`)
    await collectGarbage()
    sizes.push(Math.round(process.memoryUsage.rss() / 2 ** 20))
  }
  console.log(sizes.join(' '))
}

void run()
