// One thread, from JavaScript, against the official Rust engine called from Rust: interleaved rounds, medians, ratios.
// Each round is a variant of the texts that neither has seen. `node benchmarks/throughput.mjs [rounds]`

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { median, textSets, variant } from './texts.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const model = path.join(here, '../npm/potion-base-8m')
const rounds = Number(process.argv[2] ?? 5)

execFileSync('cargo', ['build', '--release', '--quiet', '--locked'], { cwd: here, stdio: 'inherit' })

/** The official engine in a process of its own; `encode` gives nanoseconds. */
function official(threads) {
  const env = { ...process.env, RAYON_NUM_THREADS: String(threads), TOKENIZERS_PARALLELISM: String(threads > 1) }
  const child = spawn(path.join(here, 'target/release/model2vec-benchmarks'), [model], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async encode(file) {
      child.stdin.write(`${file}\n`)
      const [nanoseconds] = (await answers.next()).value.split(' ')
      return Number(nanoseconds)
    },
    close: () => child.stdin.end(),
  }
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-bench-'))
const theirs = official(1)
const ef = new Model2VecEmbeddingFunction(model, { threads: 1 })
try {
  console.log(`one thread, potion-base-8M, ${rounds} rounds, kernel ${ef.info.kernel}, medians`)
  for (const [name, texts] of Object.entries(textSets())) {
    const times = { sync: [], async: [], official: [] }
    for (let round = 0; round < rounds; round++) {
      const fresh = variant(texts, round + 1)
      const file = path.join(directory, 'texts.json')
      writeFileSync(file, JSON.stringify(fresh))
      const order = round % 2 === 0 ? ['official', 'sync', 'async'] : ['async', 'sync', 'official']
      for (const engine of order) {
        const started = process.hrtime.bigint()
        if (engine === 'official') {
          times.official.push(await theirs.encode(file))
          continue
        }
        if (engine === 'sync') ef.encodeSync(fresh)
        else await ef.encode(fresh)
        times[engine].push(Number(process.hrtime.bigint() - started))
      }
    }
    const rate = (engine) => `${((texts.length / median(times[engine])) * 1e6).toFixed(0)} k texts/s`
    const ratio = (engine) => (median(times.official) / median(times[engine])).toFixed(2)
    console.log(
      `${name.padEnd(12)} ${String(texts.length).padStart(6)} texts | encodeSync ${rate('sync')} (${ratio('sync')}×)` +
        ` | encode ${rate('async')} (${ratio('async')}×) | model2vec-rs ${rate('official')}`,
    )
  }
} finally {
  theirs.close()
  ef.close()
  rmSync(directory, { recursive: true, force: true })
}
