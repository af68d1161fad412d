// `model2vec embed` from file to file: every format in and out beside each other, the same work in Python
// (model2vec with pyarrow, polars, datasets, DuckDB, or numpy alone) beside it, and `.npy` beside `encode`
// of the same texts in memory. Prints what goes into results.md, and puts it there after a whole run.
// `node benchmarks/command-line.mjs`, after `npm run build`:
//
//   --lines N       how many lines (default: 200,000)
//   --rounds N      how many rounds (default: 5)
//   --only NAME     peers, outputs, inputs or memory; may be given several times. The committed files are then left alone
//   --quick         2,000 lines and a round, for trying; the committed files are left alone
//   --data DIR      a folder with more texts, as for `npm run bench`
//
// All have the cores that this process may use: `taskset -c 1 node …` measures on one.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import zlib from 'node:zlib'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { commandLineReport } from './command-line-report.mjs'
import { CASES, INPUTS, OUTPUTS, PEERS } from './file-formats.mjs'
import { describeCommit, describeMachine } from './machine.mjs'
import { pythonFor } from './peers.mjs'
import { report } from './report.mjs'
import { textSets, variant } from './texts.mjs'
import { inTurns, timed } from './timed-process.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = path.join(here, '../dist/cli/main.js')
const model = path.join(here, '../npm/potion-base-8m')
const REQUIREMENTS = path.join(here, 'peers', 'files-requirements.txt')
const PARTS = ['peers', 'outputs', 'inputs', 'memory']

const { values } = parseArgs({
  options: {
    lines: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    data: { type: 'string', default: process.env.MODEL2VEC_TEST_DATA },
  },
})
const LINES = Number(values.lines ?? (values.quick ? 2000 : 200_000))
const ROUNDS = Number(values.rounds ?? (values.quick ? 1 : 5))
const parts = values.only ?? PARTS
for (const name of parts.filter((name) => !PARTS.includes(name))) {
  throw new Error(`--only ${name}: there is no such part; there are ${PARTS.join(', ')}`)
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-embed-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
const began = performance.now()
const say = (line) => console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`)
const at = (name) => path.join(directory, name)

/** Runs `embed` to a new file. */
function embed(input, output, options = []) {
  rmSync(output, { force: true })
  return timed(process.execPath, [main, 'embed', input, '--out', output, ...options, '--model', model])
}

/** As many texts as wanted, no two alike but by chance. */
function repeated(texts, count) {
  const all = []
  for (let seed = 1; all.length < count; seed++) all.push(...variant(texts, seed))
  return all.slice(0, count)
}

/** The inputs that need no Python. */
function writeLines(texts) {
  const lines = texts.map((text, id) => `${JSON.stringify({ id, text })}\n`).join('')
  writeFileSync(at('texts.jsonl'), lines)
  writeFileSync(at('texts.jsonl.gz'), zlib.gzipSync(lines))
  if ('zstdCompress' in zlib) writeFileSync(at('texts.jsonl.zst'), zlib.zstdCompressSync(lines))
  writeFileSync(at('texts.txt'), texts.map((text) => `${text}\n`).join(''))
  writeFileSync(at('texts.csv'), `id,text\n${texts.map((text, id) => `${id},"${text.replaceAll('"', '""')}"\n`).join('')}`)
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

/** Ways of `embed` over the same texts; the first round warms up. */
function inWays(ways, run) {
  for (const way of ways) run(way)
  const runs = inTurns(Object.fromEntries(ways.map((way, i) => [i, () => run(way)])), ROUNDS)
  return ways.map((way, i) => ({ ...way, runs: runs[i] }))
}

function python(command, ...args) {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' }
  return timed(command, [path.join(here, 'peers', 'files.py'), ...args], env)
}

/** Ours and the peers, from a file to a file; their outputs are compared once, which warms up. */
function besidePeers(each, command) {
  const { from, to, options, peers, title } = each
  say(`${title} → ${to}, beside ${peers.join(', ')}`)
  const contestants = { ours: () => embed(at(from), at(`ours${to}`), options) }
  for (const name of peers) {
    contestants[name] = () => {
      rmSync(at(`theirs${to}`), { recursive: true, force: true })
      return python(command, name, at(from), at(`theirs${to}`), model)
    }
  }
  contestants.ours()
  for (const name of peers) {
    contestants[name]()
    python(command, 'same', at(`ours${to}`), at(`theirs${to}`))
  }
  const runs = inTurns(contestants, ROUNDS)
  for (const name of ['ours', 'theirs']) rmSync(at(`${name}${to}`), { recursive: true, force: true })
  return { ...each, runs }
}

/** From a file to `.npy`, and `encode` of the same texts; `start` is the command on an empty file. */
async function besideMemory(name, texts) {
  say(`${texts.length} ${name}, beside encode in memory`)
  writeFileSync(at('empty.jsonl'), '')
  writeFileSync(at('memory.jsonl'), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''))
  const ef = new Model2VecEmbeddingFunction(model)
  const runs = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = embed(at('empty.jsonl'), at('memory.npy')).wall
    const file = embed(at('memory.jsonl'), at('memory.npy')).wall
    const started = performance.now()
    // In parts, as nobody holds vectors of gigabytes.
    for (let from = 0; from < texts.length; from += 2 ** 15) await ef.encode(texts.slice(from, from + 2 ** 15))
    runs.push({ start, file, memory: performance.now() - started })
  }
  ef.close()
  return { name, count: texts.length, runs }
}

const sets = textSets(values.data)
const lines = repeated(sets.lines, LINES)
const bytes = writeLines(lines)
const record = {
  date: new Date().toISOString().slice(0, 10),
  ...describeCommit(),
  machine: describeMachine(),
  cores: os.availableParallelism(),
  lines: LINES,
  bytes,
  rounds: ROUNDS,
  quick: values.quick,
  titles: PEERS,
  packages: readFileSync(REQUIREMENTS, 'utf8').trim().replaceAll('==', ' ').split('\n'),
  leftOut: [],
}
let command = null
if (parts.includes('peers') || parts.includes('inputs')) {
  try {
    command = pythonFor('bench-files-python', REQUIREMENTS)
    python(command, 'make', directory)
  } catch (error) {
    record.leftOut.push(`Python's ways, and inputs in columns, which pyarrow makes (${error.message.split('\n').at(-1)})`)
  }
}
if (command !== null && parts.includes('peers')) record.cases = CASES.map((each) => besidePeers(each, command))
if (parts.includes('outputs')) {
  say('outputs')
  record.outputs = inWays(OUTPUTS, ({ options: [ending, ...options] }) => embed(at('texts.jsonl'), at(`out${ending}`), options))
}
if (parts.includes('inputs')) {
  say('inputs')
  const inputs = INPUTS.filter((input) => command !== null || !input.python)
  record.inputs = inWays(inputs, ({ file }) => embed(at(file), at('out.npy')))
}
if (parts.includes('memory')) {
  const documents = repeated(sets.documents, Math.ceil(LINES / 4))
  record.memory = [await besideMemory('lines', lines), await besideMemory('documents', documents)]
}
console.log(commandLineReport(record))
if (!values.quick && values.only === undefined) {
  const results = path.join(here, 'results.json')
  const whole = { ...JSON.parse(readFileSync(results, 'utf8')), commandLine: record }
  writeFileSync(results, `${JSON.stringify(whole, null, 1)}\n`)
  writeFileSync(path.join(here, 'results.md'), report(whole))
}
