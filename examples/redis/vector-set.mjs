// A vector set of Redis 8, through ioredis: adds the documents and asks two questions.
//
//   node examples/redis/vector-set.mjs [redis://localhost:6379] [--quantization NOQUANT|Q8|BIN]

import { parseArgs } from 'node:util'

import { Redis } from 'ioredis'
import { Model2VecEmbeddingFunction, readLines } from 'model2vec-node'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const KEY = 'model2vec:documents'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quantization: { type: 'string', default: 'Q8' } },
})
const QUANTIZATIONS = ['NOQUANT', 'Q8', 'BIN']
if (!QUANTIZATIONS.includes(values.quantization)) {
  console.error(`--quantization should be ${QUANTIZATIONS.join(', ')}, but got ${values.quantization}`)
  process.exit(2)
}
const ef = await Model2VecEmbeddingFunction.load()
const redis = new Redis(positionals[0] ?? 'redis://localhost:6379')
await redis.del(KEY)

const stream = ef.encodeStream(documents(), { text: ({ text }) => text })
for await (const { items, embeddings } of stream) {
  // All commands of a batch in one go: without, every row waits for an answer.
  const pipeline = redis.pipeline()
  for (const [i, { id, title }] of items.entries()) {
    // A Buffer: of a typed array ioredis sends the numbers as text, which Redis takes for bytes.
    const vector = embeddings.bytes(i)
    pipeline.call('VADD', KEY, 'FP32', vector, id, values.quantization, 'SETATTR', JSON.stringify({ title }))
  }
  for (const [error] of await pipeline.exec()) if (error !== null) throw error
}

const queries = await ef.encode(QUERIES)
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  const found = await redis.call('VSIM', KEY, 'FP32', queries.bytes(i), 'WITHSCORES', 'COUNT', 3)
  for (let j = 0; j < found.length; j += 2) {
    const { title } = JSON.parse(await redis.call('VGETATTR', KEY, found[j]))
    // Redis's score is 1 for the same direction and 0 for the opposite one.
    console.log(`  ${(2 * found[j + 1] - 1).toFixed(4)}  ${found[j]}  ${title}`)
  }
}
redis.disconnect()

async function* documents() {
  for await (const line of readLines(new URL('../documents.jsonl', import.meta.url))) yield JSON.parse(line)
}
