// Does each thing that the native module can do once, with few texts, for a tool that watches memory
// (scripts/test-valgrind.mjs), and prints the CRC-32 of the vectors. Arguments: models.

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { crc, manyTexts } from '../test-data.js'

const texts = [...manyTexts(40), '', 'naïve 日本語 😀\u{0}\u{301}', 'a'.repeat(3000), 'words and words '.repeat(400)]

async function smoke(model: string): Promise<string[]> {
  const ef = await Model2VecEmbeddingFunction.load(model)
  const other = new Model2VecEmbeddingFunction(model, { memory: 'copy', threads: 2 })
  const matrix = ef.encodeSync(texts)
  const half = await other.encode(texts, { dtype: 'float16' })
  other.encodeSync(texts, { dtype: 'int8' })
  other.encodeSync(texts, { out: new Float32Array(texts.length * other.dim) })
  ef.tokenize(texts)
  await ef.tokenizeAsync(texts, { maxLength: null })
  await ef.encodeAsSequence(texts.slice(0, 9))
  for await (const batch of ef.encodeStream(texts, { batchSize: 20 })) batch.embeddings.row(0)
  await matrix.nearest(matrix, { k: 3 })
  matrix.nearestSync(half, { k: 3 })
  await matrix.duplicates({ threshold: 0.9 })
  matrix.json()
  const controller = new AbortController()
  const aborted = ef.encode(manyTexts(4000), { signal: controller.signal }).catch(() => null)
  setTimeout(() => {
    controller.abort()
  }, 5)
  await aborted
  try {
    ef.encodeSync(['text', 7 as unknown as string])
  } catch {
    // A wrong text is an error.
  }
  ef.close()
  other.close()
  return [String(crc(matrix.data)), String(crc(half.data))]
}

async function main(): Promise<void> {
  for (const model of process.argv.slice(2)) console.log((await smoke(model)).join(' '))
}
void main()
