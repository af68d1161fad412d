// Streams some short texts, then more of them, and prints the resident memory after each, in MB.
// Arguments: model, by how many MB it may grow, numbers of texts. With a large model: node
// --expose-gc --single-threaded-gc build/test/children/stream-memory.js npm/potion-base-8m 20
// 500000 5000000

import { setTimeout } from 'node:timers/promises'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const [, , model = '', growth = '', ...counts] = process.argv
const ef = new Model2VecEmbeddingFunction(model)

function* texts(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `text ${i} of the dogs and the cats in park ${i % 977}`
}

/**
 * The least resident memory, in MB, after each of some collections: until it is at most `expected`,
 * but at least three times. V8 gives memory back to the system some time after the collection that
 * found it free; what is still held after a minute is held for good.
 */
async function residentMemory(expected: number): Promise<number> {
  let least = Infinity
  for (let round = 0; round < 3 || (least > expected && round < 1200); round++) {
    globalThis.gc?.()
    await setTimeout(50)
    least = Math.min(least, Math.round(process.memoryUsage.rss() / 2 ** 20))
  }
  return least
}

async function run(): Promise<void> {
  const sizes: number[] = []
  for (const count of counts) {
    let rows = 0
    for await (const { embeddings } of ef.encodeStream(texts(Number(count)))) rows += embeddings.rows
    if (rows !== Number(count)) throw new Error(`${rows} rows of ${count}`)
    sizes.push(await residentMemory((sizes[0] ?? Infinity) + Number(growth)))
  }
  console.log(sizes.join(' '))
}

void run()
