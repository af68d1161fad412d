// A worker thread that searches on shared memory and in duplicates without end; its parent
// terminates it.

import { parentPort } from 'node:worker_threads'

import { EmbeddingMatrix } from 'model2vec-node'

const dim = 64
const data = new Float32Array(new SharedArrayBuffer(50_000 * dim * 4)).map((_, i) => Math.sin(i))
const memory = new SharedArrayBuffer(data.byteLength)
const shared = new Float32Array(memory)
shared.set(data)
const inPlace = EmbeddingMatrix.from(shared, { dim })
const copied = EmbeddingMatrix.from(data.slice(), { dim })
const queries = EmbeddingMatrix.from(data.slice(0, 200 * dim), { dim })

async function forever(work: () => Promise<unknown>): Promise<never> {
  for (;;) await work()
}
void forever(() => inPlace.nearest(queries))
void forever(() => copied.nearest(queries))
void forever(() => copied.duplicates({ threshold: 2 }))
parentPort?.postMessage('running')
