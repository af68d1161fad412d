// Searches beside numpy (sgemm and argpartition), faiss-cpu and usearch, on one thread, over
// float32 rows of 256. Prints a table of medians and the kernel that OpenBLAS runs.
// `node benchmarks/search.mjs [--rows 100000] [--rounds 7]`, after `npm run build`.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { EmbeddingMatrix } from 'model2vec-node'

const { values } = parseArgs({ options: { rows: { type: 'string' }, rounds: { type: 'string' } } })
const ROWS = Number(values.rows ?? 100_000)
const ROUNDS = Number(values.rounds ?? 7)
const DIM = 256
const QUERIES = 64
const K = 10
const PEERS = ['numpy==2.4.6', 'faiss-cpu==1.15.1', 'usearch==2.26.6', 'threadpoolctl']

/** Vectors of length 1, always the same for a seed. */
function vectors(rows, seed) {
  const data = new Float32Array(rows * DIM)
  let state = seed
  for (let row = 0; row < rows; row++) {
    let square = 0
    for (let i = row * DIM; i < (row + 1) * DIM; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      data[i] = state / 2 ** 32 - 0.5
      square += data[i] ** 2
    }
    for (let i = row * DIM; i < (row + 1) * DIM; i++) data[i] /= Math.sqrt(square)
  }
  return data
}

const toInt8 = (data) => Int8Array.from(data, (value) => Math.round(value * 127))

function toBits(data) {
  const bits = new Uint8Array(data.length / 8)
  for (let i = 0; i < data.length; i++) if (data[i] > 0) bits[i >> 3] |= 0x80 >> (i & 7)
  return bits
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

async function time(work) {
  await work()
  const times = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return median(times)
}

/** The peers' medians, from Python: one process, one thread. */
function peers(folder) {
  const python = path.join('build/search-peers', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (!existsSync(python)) {
    execFileSync('python3', ['-m', 'venv', 'build/search-peers'])
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PEERS], { stdio: 'inherit' })
  }
  const one = Object.fromEntries(['OPENBLAS', 'OMP', 'MKL'].map((name) => [`${name}_NUM_THREADS`, '1']))
  const args = ['benchmarks/search_peers.py', folder, DIM, QUERIES, K, ROUNDS].map(String)
  return JSON.parse(execFileSync(python, args, { encoding: 'utf8', env: { ...process.env, ...one } }))
}

const data = vectors(ROWS, 1)
const queryData = vectors(QUERIES, 2)
const folder = mkdtempSync(path.join(tmpdir(), 'search-'))
let found
try {
  writeFileSync(path.join(folder, 'rows'), data)
  writeFileSync(path.join(folder, 'queries'), queryData)
  found = peers(folder)
} finally {
  rmSync(folder, { recursive: true })
}

const ways = {
  float32: [data, queryData],
  int8: [toInt8(data), toInt8(queryData)],
  binary: [toBits(data), toBits(queryData)],
}
const ours = {}
for (const [dtype, [rows, queries]] of Object.entries(ways)) {
  const matrix = EmbeddingMatrix.from(rows, { dim: DIM, dtype })
  const all = EmbeddingMatrix.from(queries, { dim: DIM, dtype })
  const metric = dtype === 'binary' ? 'hamming' : 'dot'
  for (const threads of [1, 2]) {
    const options = { k: K, metric, threads }
    ours[`${dtype}, one query, Sync, ${threads} threads`] = await time(() => matrix.nearestSync(all.row(0), options))
    ours[`${dtype}, ${QUERIES} queries, Sync, ${threads} threads`] = await time(() => matrix.nearestSync(all, options))
    ours[`${dtype}, ${QUERIES} queries, ${threads} threads`] = await time(() => matrix.nearest(all, options))
  }
  ours[`${dtype}, one query`] = await time(() => matrix.nearest(all.row(0), { k: K, metric }))
}

console.log(`${ROWS} rows × ${DIM}, k = ${K}, medians of ${ROUNDS} in ms; OpenBLAS kernel: ${found.kernel}`)
for (const [name, ms] of Object.entries(ours)) console.log(`model2vec-node ${name}: ${ms.toFixed(2)}`)
for (const [name, ms] of Object.entries(found.times)) console.log(`${name}: ${ms.toFixed(2)}`)
