// Cuts a model's table while the model is open, and encodes: `node truncate-table.js FOLDER MEMORY WHEN`.
// WHEN is 'at-once' or 'copied'. Prints whether the rows are still the same.

import { truncateSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const TEXTS = Array.from({ length: 2000 }, (_, i) => `${i} the quick brown fox jumps over word ${i * 7919}`)

async function main([folder = '', memory, when]: readonly string[]): Promise<void> {
  // Another function over the same files would share the table.
  const ef = new Model2VecEmbeddingFunction(folder, { memory: memory as 'auto' | 'copy' | 'map' })
  while (when === 'copied' && ef.info.memory !== 'copy') await sleep(5)
  const file = path.join(folder, 'model.safetensors')
  truncateSync(file, 0)
  const rows = ef.encodeSync(TEXTS)
  const other = await ef.encode(TEXTS)
  const whole = new Model2VecEmbeddingFunction(process.env.WHOLE_MODEL)
  const expected = whole.encodeSync(TEXTS)
  const isSame = [rows, other].every(({ data }) => Buffer.from(data.buffer).equals(Buffer.from(expected.data.buffer)))
  console.log(isSame ? 'the same rows' : 'other rows')
}

void main(process.argv.slice(2))
