// A language filter in front of an ingestion: embeds the texts of a JSON Lines file that are in one language, and writes their
// vectors and ids.
//
//   node examples/language-filter.mjs docs.jsonl --model ./language --label en --min 0.8 --out english

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { parseArgs } from 'node:util'

import { EmbeddingMatrix, Model2VecEmbeddingFunction, Model2VecPipeline, readLines } from 'model2vec-node'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    label: { type: 'string', default: 'en' },
    min: { type: 'string', default: '0.8' },
    out: { type: 'string', default: 'kept' },
  },
})

const language = await Model2VecPipeline.load(values.model)
const ef = await Model2VecEmbeddingFunction.load()
const ids = createWriteStream(`${values.out}.ids.jsonl`)
const kept = []
let read = 0

const documents = async function* () {
  for await (const line of readLines(positionals[0])) yield JSON.parse(line)
}
for await (const { items, predictions, scores } of language.predictStream(documents(), { text: ({ text }) => text })) {
  read += items.length
  const passed = items.filter((_, i) => predictions[i] === values.label && scores[i] >= Number(values.min))
  if (passed.length === 0) continue
  kept.push(await ef.encode(passed.map(({ text }) => text)))
  for (const { id } of passed) if (!ids.write(`${JSON.stringify(id)}\n`)) await once(ids, 'drain')
}
ids.end()
await once(ids, 'finish')

if (kept.length > 0) await EmbeddingMatrix.concat(kept).save(`${values.out}.npy`)
const rows = kept.reduce((sum, matrix) => sum + matrix.rows, 0)
console.log(`${rows} of ${read} texts are ${values.label}`)
