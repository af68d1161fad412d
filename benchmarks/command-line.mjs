// From a file to `.npy`: `model2vec embed` beside `encode` of the same texts in memory, interleaved
// rounds. What starting Node and loading the model take (the same command on an empty file) is
// taken off. Then every output format of the short lines beside `.npy`, starting included: the wall
// time, and the processor time, which a busy machine changes less.
// `node benchmarks/command-line.mjs FILE.jsonl [rounds] [copies]`; a short-lines variant of the
// file's texts is made as well.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import zlib from 'node:zlib'

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

/** Every output format, and with other columns where it has any. */
const OUTPUTS = [
  ['.npy'],
  ['.npy', '--dtype', 'float16'],
  ['.arrow'],
  ['.arrow', '--id-field', 'id', '--with-text'],
  ['.parquet'],
  ['.parquet', '--id-field', 'id', '--with-text'],
  ['.parquet', '--dtype', 'int8'],
  ['.parquet', '--milvus', '--id-field', 'id', '--dtype', 'float16'],
  ['.jsonl'],
  ['.jsonl', '--id-field', 'id', '--with-text'],
  ['.jsonl', '--vector-encoding', 'base64'],
  ['.jsonl.gz'],
  ...('zstdCompress' in zlib ? [['.jsonl.zst']] : []),
]

/** Wall and processor milliseconds of a run. */
function measured(input, [ending, ...options]) {
  const started = performance.now()
  const args = [path.join(here, '../dist/cli/main.js'), 'embed', input, '-o', path.join(directory, `out${ending}`)]
  // A child counts for its parent once it has ended: `times` of a shell says what its children took.
  const script = 'node="$1"; shift; "$node" "$@" || exit 1; times'
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', script, 'sh', process.execPath, ...args, ...options, '--model', model],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`embed to ${ending} failed`)
  const wall = performance.now() - started
  const seconds = [...stdout.trim().split('\n').at(-1).matchAll(/(\d+)m([\d.]+)s/g)]
  return { wall, cpu: seconds.reduce((sum, [, minutes, rest]) => sum + 60e3 * minutes + 1e3 * rest, 0) }
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1]
}

/** Rounds in turn, as medians. */
function outputs(input, rows) {
  const runs = OUTPUTS.map((output) => ({ output, wall: [], cpu: [] }))
  for (let round = 0; round < Number(rounds); round++) {
    for (const { output, wall, cpu } of runs) {
      const run = measured(input, output)
      wall.push(run.wall)
      cpu.push(run.cpu)
    }
  }
  console.log(`\n| output of ${rows} lines | s | of the rate of .npy | processor s |\n|---|---|---|---|`)
  const least = median(runs[0].wall)
  for (const { output, wall, cpu } of runs) {
    const [ms, work] = [median(wall), median(cpu)]
    console.log(`| ${output.join(' ')} | ${(ms / 1e3).toFixed(2)} | ${(least / ms).toFixed(2)} | ${(work / 1e3).toFixed(2)} |`)
  }
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
    if (name === 'lines') outputs(input, all.length)
  }
} finally {
  ef.close()
  rmSync(directory, { recursive: true, force: true })
}
