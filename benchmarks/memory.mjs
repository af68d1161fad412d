// Private memory (Linux) above a Node that has imported the package: after loading, and after
// encoding 300 texts of many languages. In fresh processes; then four processes at once, and eight
// worker threads. `node --expose-gc benchmarks/memory.mjs [DIRECTORY]`; DIRECTORY as for
// load-time.mjs.

import { fork } from 'node:child_process'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { makeLargeModel } from './large-model.mjs'
import { privateMemory } from './private-memory.mjs'
import { corpus } from './texts.mjs'

const script = fileURLToPath(import.meta.url)
const [, , first, memory, source, workers] = process.argv

/** In MB, after what is garbage has gone. */
function settledMemory() {
  globalThis.gc?.()
  return privateMemory()
}

async function child() {
  const { Model2VecEmbeddingFunction } = await import('model2vec-node')
  const texts = corpus('multilingual_300')
  const before = settledMemory()
  if (Number(workers) > 0) {
    const code = `const { parentPort, workerData } = require('node:worker_threads')
      const { Model2VecEmbeddingFunction } = require('model2vec-node')
      const ef = new Model2VecEmbeddingFunction(workerData.source, { memory: workerData.memory })
      ef.encode(workerData.texts).then(() => parentPort.postMessage('encoded'))
      parentPort.on('message', () => undefined)`
    const data = { source: source === '' ? undefined : source, memory, texts }
    const all = Array.from({ length: Number(workers) }, () => new Worker(code, { eval: true, workerData: data }))
    await Promise.all(all.map((worker) => new Promise((resolve) => worker.once('message', resolve))))
    process.send([0, settledMemory() - before])
    return
  }
  const ef = new Model2VecEmbeddingFunction(source === '' ? undefined : source, { memory })
  const loaded = settledMemory() - before
  await ef.encode(texts)
  process.send([loaded, settledMemory() - before])
}

/** Runs `count` children at once, which stay until all have measured; their numbers. */
async function measure(count, memory, source, workers) {
  const children = Array.from({ length: count }, () =>
    fork(script, ['--child', memory, source, String(workers)], { execArgv: ['--expose-gc'] }),
  )
  const numbers = await Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))))
  children.forEach((child) => child.kill())
  return numbers
}

if (first === '--child') {
  await child()
  // Until the parent ends it.
  setInterval(() => undefined, 1000)
} else {
  const large = first ?? path.join(os.tmpdir(), 'model2vec-large')
  makeLargeModel(large)
  const sum = (numbers) => numbers.reduce((sum, [, encoded]) => sum + encoded, 0).toFixed(1)
  for (const [name, source] of [
    ['potion-base-8M', ''],
    ['500,353 tokens × 256', large],
  ]) {
    for (const memory of ['map', 'copy']) {
      const [[loaded, encoded]] = await measure(1, memory, source, 0)
      console.log(`${name}, '${memory}': loaded ${loaded.toFixed(1)} MB, after encoding ${encoded.toFixed(1)} MB`)
    }
    console.log(`  four processes, 'map': ${sum(await measure(4, 'map', source, 0))} MB in all`)
    console.log(`  eight worker threads, 'map': ${sum(await measure(1, 'map', source, 8))} MB, their isolates included`)
  }
}
