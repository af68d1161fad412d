// How long the constructor takes, the package imported, each time in a fresh process: the median of
// nine. `node benchmarks/load-time.mjs [DIRECTORY]`; DIRECTORY is where the large model is, or is
// made (540 MB; default: a temporary one).

import { execFileSync } from 'node:child_process'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { makeLargeModel } from './large-model.mjs'

const script = fileURLToPath(import.meta.url)
const [, , first, memory, source] = process.argv

if (first === '--child') {
  const { Model2VecEmbeddingFunction } = await import('model2vec-node')
  const started = performance.now()
  const ef = new Model2VecEmbeddingFunction(source === '' ? undefined : source, { memory })
  const loaded = performance.now()
  ef.encodeSync('a dog in the park')
  console.log(JSON.stringify([loaded - started, performance.now() - loaded]))
} else {
  const large = first ?? path.join(os.tmpdir(), 'model2vec-large')
  makeLargeModel(large)
  for (const [name, source] of [
    ['potion-base-8M', ''],
    ['500,353 tokens × 256', large],
  ]) {
    for (const memory of ['map', 'copy']) {
      const runs = Array.from({ length: 9 }, () =>
        JSON.parse(execFileSync(process.execPath, [script, '--child', memory, source], { encoding: 'utf8' })),
      )
      const median = (index) =>
        runs
          .map((run) => run[index])
          .sort((a, b) => a - b)[4]
          .toFixed(1)
      console.log(`${name}, '${memory}': constructor ${median(0)} ms, first text ${median(1)} ms`)
    }
  }
}
