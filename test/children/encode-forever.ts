// A worker thread that encodes until it is ended. `workerData.exit`: it ends itself, in the middle
// of a call.

import { parentPort, workerData } from 'node:worker_threads'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const { model, exit } = workerData as { model: string; exit: number | null }
const ef = new Model2VecEmbeddingFunction(model)
const texts = Array.from({ length: 5000 }, (_, i) => `the ${i} quick brown foxes jump over lazy dogs`)
const outs = [
  undefined,
  new Float32Array(texts.length * ef.dim),
  new Float32Array(new SharedArrayBuffer(texts.length * ef.dim * 4)),
]

async function encodeForever(out: Float32Array | undefined): Promise<never> {
  for (;;) await ef.encode(texts, { out })
}
for (const out of outs) void encodeForever(out)
parentPort?.postMessage('started')
if (exit !== null) setTimeout(() => process.exit(0), exit)
