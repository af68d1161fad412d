// How late a 5 ms timer is while 200,000 texts go through `encode`, and again through `encodeDocuments`.
// The goal: p99 at most 10 ms, worst at most 25 ms. `node benchmarks/event-loop.mjs`

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { textSets } from './texts.mjs'

const COUNT = 200_000
const INTERVAL = 5

const ef = new Model2VecEmbeddingFunction()
const { lines } = textSets()
const texts = Array.from({ length: COUNT }, (_, i) => lines[i % lines.length])

/** The lateness of each tick of a timer, in ms, while `work` runs. */
async function lateness(work) {
  const late = []
  let expected = performance.now() + INTERVAL
  let timer = setTimeout(function tick() {
    const now = performance.now()
    late.push(Math.max(0, now - expected))
    expected = now + INTERVAL
    timer = setTimeout(tick, INTERVAL)
  }, INTERVAL)
  const started = performance.now()
  await work()
  const elapsed = performance.now() - started
  clearTimeout(timer)
  return { late: late.sort((a, b) => a - b), elapsed }
}

for (const method of ['encode', 'encodeDocuments']) {
  await ef[method](texts.slice(0, 20_000))
  for (let run = 0; run < 3; run++) {
    const { late, elapsed } = await lateness(() => ef[method](texts))
    const p99 = late[Math.min(late.length - 1, Math.floor(late.length * 0.99))]
    console.log(
      `${method}: ${COUNT} texts in ${elapsed.toFixed(0)} ms; timer late by p50 ${late[late.length >> 1].toFixed(1)} ms,` +
        ` p99 ${p99.toFixed(1)} ms, worst ${late.at(-1).toFixed(1)} ms (${late.length} ticks)`,
    )
  }
}
ef.close()
