// Makes calls in a process to which something happens (test/faults/process.test.ts), and prints a
// digest of their vectors. Arguments: a model, and what is done.

import { fork } from 'node:child_process'
import { once } from 'node:events'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { crc, manyTexts } from '../test-data.js'

const [model = '', way = ''] = process.argv.slice(2)
const texts = manyTexts(3000)
const say = (matrix: { readonly data: Float32Array }): void => {
  console.log(String(crc(matrix.data)))
}

async function main(): Promise<void> {
  if (way === 'no-threads') process.env.M2V_NO_THREADS = '1'
  const ef = new Model2VecEmbeddingFunction(model, { threads: 4 })
  if (way === 'no-threads') {
    const matrix = await ef.encode(texts)
    say(matrix)
    say(ef.encodeSync(texts))
    await matrix.nearest(ef.encodeSync(texts.slice(0, 200)), { k: 3 })
    console.log('nearest')
    await matrix.duplicates({ threshold: 0.99 })
    console.log('duplicates')
    try {
      new Model2VecEmbeddingFunction(model, { vocabularyQuantization: 16 })
      console.log('quantized: done')
    } catch (error) {
      console.log(`quantized: ${String(error)}`)
    }
    delete process.env.M2V_NO_THREADS
    say(await ef.encode(texts))
  } else if (way === 'progress') {
    const seen: number[] = []
    say(await ef.encode(texts, { onProgress: ({ done }) => seen.push(done) }))
    console.log(seen.every((done, index) => done >= (seen[index - 1] ?? 0)) ? 'progress' : seen.join())
  } else if (way === 'rounds') {
    const run = { isEnough: false }
    process.once('message', () => (run.isEnough = true))
    let last = await ef.encode(texts)
    while (!run.isEnough) {
      last = await ef.encode(texts)
      process.send?.('round')
    }
    say(last)
    process.disconnect()
  } else {
    const running = ef.encode(texts)
    if (way === 'fork') {
      const children = [0, 1].map(() => fork(__filename, [model, 'child'], { stdio: 'inherit' }))
      await Promise.all(children.map((child) => once(child, 'close')))
    }
    say(await running)
    if (process.connected) process.disconnect()
  }
}
void main()
