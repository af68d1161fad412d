// How long the event loop is held while much is embedded: the gaps between the ticks of a 1 ms
// timer, for every way of calling that could hold it. The goal for `encode`, any number of calls:
// p99 at most 5 ms, worst at most 15 ms. `encodeDocuments` makes a view a text, and V8's collector
// has its pauses for those: it is compared with a loop that makes as many views, in slices, and
// does nothing else. `node --expose-gc benchmarks/event-loop.mjs`

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { textSets } from './texts.mjs'

const INTERVAL = 1
/** The product's own slice (src/runtime/event-loop.ts). */
const SLICE = 1.5

const ef = new Model2VecEmbeddingFunction()
const { lines } = textSets()
const texts = Array.from({ length: 200_000 }, (_, i) => lines[i % lines.length])
const long = 'the quick brown fox jumps over the lazy dog. '.repeat(450_000)
// Reading a character makes V8 put the repeated pieces into one string.
long.charCodeAt(0)

/** The gaps between ticks, in ms, while `work` runs. */
async function gapsDuring(work) {
  const gaps = []
  let last = performance.now()
  const note = () => {
    const now = performance.now()
    gaps.push(now - last)
    last = now
  }
  let timer = setTimeout(function tick() {
    note()
    timer = setTimeout(tick, INTERVAL)
  }, INTERVAL)
  const started = performance.now()
  await work()
  const elapsed = performance.now() - started
  note()
  clearTimeout(timer)
  return { gaps: gaps.sort((a, b) => a - b), elapsed }
}

async function drain(stream) {
  for await (const batch of stream) if (batch.items.length === 0) throw new Error('an empty batch')
}

/**
 * As many views as `encodeDocuments` makes for `calls` calls of 5,000 texts, on memory that is
 * there, and nothing else.
 */
async function viewsAlone(calls) {
  const all = []
  let end = performance.now() + SLICE
  for (let call = 0; call < calls; call++) {
    const memory = new ArrayBuffer(5000 * 4 * ef.dim)
    const views = []
    for (let i = 0; i < 5000; i++) {
      views.push(new Float32Array(memory, i * 4 * ef.dim, ef.dim))
      if (i % 256 === 0 && performance.now() >= end) {
        await new Promise((resolve) => setImmediate(resolve))
        end = performance.now() + SLICE
      }
    }
    all.push(views)
  }
  return all
}

/** `count` calls of 5,000 texts at once. */
const atOnce = (method, count) => () =>
  Promise.all(Array.from({ length: count }, (_, i) => ef[method](texts.slice(i * 100, i * 100 + 5000))))

const CASES = {
  'encode, 200,000 texts': () => ef.encode(texts),
  'encode, 200,000 texts, into `out`': () => ef.encode(texts, { out: new Float32Array(texts.length * ef.dim) }),
  '10 calls of encode at once': atOnce('encode', 10),
  '50 calls of encode at once': atOnce('encode', 50),
  '200 calls of encode at once': atOnce('encode', 200),
  'a loop of 100,000 small calls': async () => {
    for (const text of texts.slice(0, 100_000)) await ef.encode(text)
  },
  'a stream of 100,000 texts, one a batch': () => drain(ef.encodeStream(texts.slice(0, 100_000), { batchSize: 1 })),
  'a stream of 200,000 texts, 200 a batch': () => drain(ef.encodeStream(texts, { batchSize: 200 })),
  'two texts of 20 million characters': () => ef.encode([long, long], { maxLength: null }),
  '10 calls of encodeDocuments at once': atOnce('encodeDocuments', 10),
  '10 times 5,000 views, nothing else': () => viewsAlone(10),
  '50 calls of encodeDocuments at once': atOnce('encodeDocuments', 50),
  '50 times 5,000 views, nothing else': () => viewsAlone(50),
}

await ef.encode(texts.slice(0, 20_000))
for (const [name, work] of Object.entries(CASES)) {
  const runs = []
  for (let run = 0; run < 5; run++) {
    globalThis.gc?.()
    runs.push(await gapsDuring(work))
  }
  const median = (of) => runs.map(of).sort((a, b) => a - b)[runs.length >> 1]
  // Of the gaps of all runs: a run of 100 ms has too few for a percentile.
  const all = runs.flatMap(({ gaps }) => gaps).sort((a, b) => a - b)
  const p99 = all[Math.floor(all.length * 0.99)]
  const worst = median(({ gaps }) => gaps.at(-1))
  const elapsed = median((run) => run.elapsed)
  console.log(
    `${name.padEnd(40)} ${elapsed.toFixed(0).padStart(5)} ms; held for p99 ${p99.toFixed(1)} ms, worst ${worst.toFixed(1)} ms ` +
      `(five runs, ${all.length} ticks; time and worst: medians)`,
  )
}

// How long a call of 400 texts waits that comes after those two.
const waits = []
for (let run = 0; run < 5; run++) {
  const both = ef.encode([long, long], { maxLength: null })
  await new Promise((resolve) => setTimeout(resolve, 100))
  const started = performance.now()
  await ef.encode(texts.slice(0, 400))
  waits.push(performance.now() - started)
  await both
}
console.log(`400 texts beside two of 20 million characters: ${waits.sort((a, b) => a - b)[2].toFixed(1)} ms`)
ef.close()
