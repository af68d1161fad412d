// From a file to `.npy`: `model2vec embed` beside `encode` of the same texts in memory, interleaved
// rounds. What starting Node and loading the model take (the same command on an empty file) is
// taken off. `node benchmarks/command-line.mjs FILE.jsonl [rounds] [copies]`; a short-lines variant
// of the file's texts is made as well.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

const here = fileURLToPath(new URL('.', import.meta.url))
const model = path.join(here, '../npm/potion-base-8m')
const [, , file, rounds = '5', copies = '4'] = process.argv
const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-embed-'))
const ef = new Model2VecEmbeddingFunction(model)

function timed(input) {
  const started = performance.now()
  const args = [path.join(here, '../dist/cli/main.js'), 'embed', input, '--out', path.join(directory, 'out.npy')]
  execFileSync(process.execPath, [...args, '--model', model])
  return performance.now() - started
}

try {
  const documents = readFileSync(file, 'utf8').trimEnd().split('\n')
  const texts = documents.map((line) => JSON.parse(line).text)
  const short = texts.flatMap((text) => text.split('\n')).filter((line) => line.length > 20)
  const empty = path.join(directory, 'empty.jsonl')
  writeFileSync(empty, '')
  for (const [name, once] of Object.entries({ documents: texts, lines: short })) {
    const all = Array.from({ length: Number(copies) }, () => once).flat()
    const input = path.join(directory, `${name}.jsonl`)
    writeFileSync(input, all.map((text, id) => `${JSON.stringify({ id, text })}\n`).join(''))
    const times = { start: [], file: [], memory: [] }
    for (let round = 0; round < Number(rounds); round++) {
      times.start.push(timed(empty))
      times.file.push(timed(input))
      const started = performance.now()
      // In parts, as nobody holds vectors of gigabytes.
      for (let from = 0; from < all.length; from += 2 ** 15) await ef.encode(all.slice(from, from + 2 ** 15))
      times.memory.push(performance.now() - started)
    }
    for (const [which, of] of [
      ['least', (values) => Math.min(...values)],
      ['median', (values) => values.sort((a, b) => a - b)[values.length >> 1]],
    ]) {
      const [start, whole, memory] = [of(times.start), of(times.file), of(times.memory)]
      const rate = (ms) => `${Math.round(all.length / ms)} k texts/s`
      console.log(
        `${name} (${all.length}), ${which}: file ${rate(whole - start)}, memory ${rate(memory)}, ` +
          `${Math.round((100 * memory) / (whole - start))} %; start ${Math.round(start)} ms`,
      )
    }
  }
} finally {
  ef.close()
  rmSync(directory, { recursive: true, force: true })
}
