// Whole pipelines, texts to labels, beside Python's on one thread, in turns: potion-base-8M with a small head (256 → 64 → 12)
// and a large one (256 → 512 → 50). Prints a table of medians, and the kernel that OpenBLAS runs.
// `node benchmarks/pipeline.mjs [--texts 20000] [--rounds 7]`, after `npm run build`.

import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

import { Model2VecPipeline } from 'model2vec-node'

const { values } = parseArgs({ options: { texts: { type: 'string' }, rounds: { type: 'string' } } })
const TEXTS = Number(values.texts ?? 20_000)
const ROUNDS = Number(values.rounds ?? 7)
const HEADS = [
  { name: 'small, 256 → 64 → 12', sizes: [256, 64, 12], target: 15 },
  { name: 'large, 256 → 512 → 50', sizes: [256, 512, 50], target: 5 },
]
const PACKAGES = ['model2vec==0.10.0', 'numpy==2.4.6', 'tokenizers==0.23.3', 'threadpoolctl']
const MODEL = 'npm/potion-base-8m'

const folder = mkdtempSync(path.join(tmpdir(), 'model2vec-pipelines-'))

/** A head of random weights, always the same ones: only their number counts here. */
function pipelineFolder(sizes) {
  const to = path.join(folder, sizes.join('-'))
  cpSync(MODEL, to, { recursive: true })
  const header = {}
  const parts = []
  let offset = 0
  let state = 1
  const add = (name, shape, scale) => {
    const numbers = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return (state / 2 ** 32 - 0.5) * scale
    })
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + numbers.byteLength] }
    offset += numbers.byteLength
    parts.push(Buffer.from(numbers.buffer))
  }
  for (let i = 0; i + 1 < sizes.length; i++) {
    add(`head.${i}.weight`, [sizes[i + 1], sizes[i]], 2)
    add(`head.${i}.bias`, [sizes[i + 1]], 0.1)
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  writeFileSync(path.join(to, 'head.safetensors'), Buffer.concat([length, text, ...parts]))
  const config = JSON.parse(readFileSync(path.join(to, 'config.json'), 'utf8'))
  const classes = Array.from({ length: sizes.at(-1) }, (_, i) => `class ${i}`)
  config.head_config = { n_layers: sizes.length - 1, activation: 'softmax', classes }
  writeFileSync(path.join(to, 'config.json'), JSON.stringify(config))
  return to
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

/** A Python process that answers line by line. */
async function python(texts, folders) {
  const venv = 'build/pipeline-peer'
  const command = path.resolve(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (!existsSync(command)) execFileSync('python3', ['-m', 'venv', venv])
  execFileSync(command, ['-m', 'pip', 'install', '--quiet', ...PACKAGES])
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' }
  delete env.OPENBLAS_CORETYPE
  delete env.OPENBLAS_L2_SIZE
  const child = spawn(command, ['benchmarks/pipeline_peer.py', texts, ...folders], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value)
  const { kernel } = await next()
  return {
    kernel,
    run(index) {
      child.stdin.write(`${index}\n`)
      return next()
    },
    end: () => child.stdin.end(),
  }
}

try {
  const documents = readFileSync('test/fixtures/unpacked/corpora/docs_en.jsonl', 'utf8').trimEnd().split('\n')
  const whole = documents.map((line) => JSON.parse(line).text)
  const corpora = {
    'first sentences': whole.map((text) => text.split(/[.\n]/)[0]).slice(0, TEXTS),
    documents: whole.slice(0, Math.ceil(TEXTS / 5)),
  }
  const folders = HEADS.map(({ sizes }) => pipelineFolder(sizes))
  const pipelines = folders.map((each) => new Model2VecPipeline(each, { threads: 1 }))
  const rows = []
  let kernel = ''
  for (const [corpus, texts] of Object.entries(corpora)) {
    const file = path.join(folder, 'texts.json')
    writeFileSync(file, JSON.stringify(texts))
    const peer = await python(file, folders)
    kernel = peer.kernel
    for (const [index, { name, target }] of HEADS.entries()) {
      const [theirs, ours] = [[], []]
      let differ = 0
      for (let round = 0; round <= ROUNDS; round++) {
        const { milliseconds, labels } = await peer.run(index)
        const start = performance.now()
        const found = await pipelines[index].predict(texts)
        const elapsed = performance.now() - start
        // The first round warms both up.
        if (round === 0) differ = found.filter((label, i) => label !== labels[i]).length
        else {
          theirs.push(milliseconds)
          ours.push(elapsed)
        }
      }
      const each = (times) => ((1000 * median(times)) / texts.length).toFixed(2)
      const ratio = (median(theirs) / median(ours)).toFixed(1)
      rows.push([corpus, name, each(theirs), each(ours), ratio, `≥ ${target}`, differ])
    }
    peer.end()
  }
  const line = (cells) => `| ${cells.join(' | ')} |`
  console.log(line(['texts', 'head', 'model2vec, µs a text', 'ours', 'times faster', 'target', 'labels that differ']))
  console.log('|---|---|---:|---:|---:|---:|---:|')
  for (const row of rows) console.log(line(row))
  console.log(`\nOne thread, medians of ${ROUNDS} rounds in turns, kernel ${pipelines[0].info.kernel}; OpenBLAS: ${kernel}.`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
