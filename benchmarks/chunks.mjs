// What chunks cost: `model2vec embed --chunk` from texts to vectors, and `chunks` alone, beside `encode`
// of the same texts with `maxLength: null`, in interleaved rounds, as CPU time.
// `node benchmarks/chunks.mjs MODELS FILE.jsonl [rounds] [size]`: MODELS is a folder of models, the texts
// of the file are joined into documents of six.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { chunks, Model2VecEmbeddingFunction } from 'model2vec-node'

import { encodeChunks } from '../dist/call/chunks.js'
import { modelOf } from '../dist/embedding-function.js'
import { checkEncodeOptions } from '../dist/options/encode.js'

const [, , models, file, rounds = '7', given = '256'] = process.argv
const size = Number(given)
const options = { size, overlap: 0, maxLength: null }
const texts = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line).text)
const documents = Array.from({ length: Math.min(1500, Math.floor(texts.length / 6)) }, (_, i) =>
  texts.slice(6 * i, 6 * i + 6).join('\n\n'),
)
const bytes = documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

for (const name of readdirSync(models)) {
  const ef = new Model2VecEmbeddingFunction(path.join(models, name), { threads: 1 })
  const input = { values: documents, count: documents.length }
  const encoding = checkEncodeOptions('encode', { maxLength: null })
  const works = {
    encode: () => ef.encode(documents, { maxLength: null }),
    embed: () => encodeChunks(modelOf(ef), input, options, encoding),
    chunks: () => documents.forEach((text) => chunks(ef, text, options)),
  }
  const times = { encode: [], embed: [], chunks: [] }
  for (let round = 0; round < Number(rounds); round++) {
    for (const [work, run] of Object.entries(works)) {
      const before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      times[work].push(user + system)
    }
  }
  const median = (work) => times[work].sort((a, b) => a - b)[times[work].length >> 1]
  const ratio = (work) => (median('encode') / median(work)).toFixed(2)
  const rate = Math.round(bytes / median('encode'))
  console.log(`${name}: encode ${rate} MB/s, --chunk ${size} ${ratio('embed')} of it, chunks ${ratio('chunks')}`)
  ef.close()
}
