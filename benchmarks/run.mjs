// `npm run bench`: installs the peers, proves that all give the same vectors, times them in turn
// with each other, and writes what it found: results.json, results.md, results.svg and the README's
// section.
//
//   --quick         a short run over few texts; for trying, and for `npm test`
//   --only NAME     only this peer (and ours), model or set of texts; may be given several times
//   --data DIR      a folder with more models (`DIR/models/<name>`) and all texts (`DIR/corpora`, of which the test fixtures can't have
//                   every one), default: MODEL2VEC_TEST_DATA
//
// With --quick or --only the committed files are left alone: everything goes to build/benchmarks.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { setup } from '../scripts/setup.mjs'
import { chart } from './chart.mjs'
import { describeCommit, describeMachine } from './machine.mjs'
import { contestant, latency, loadAndMemory, throughput } from './measure.mjs'
import { pinned, PeerProcess } from './peer-process.mjs'
import { folderSize, here, install, ownSize, PEERS, rustSize } from './peers.mjs'
import { modelFolder, MODELS, thinned } from './plan.mjs'
import { holds, OUR_FORMS, prove } from './proof.mjs'
import { readmeSection, report, verdicts } from './report.mjs'
import { judge } from './targets.mjs'
import { textSets } from './texts.mjs'

const SETS = ['lines', 'paragraphs', 'documents', 'multilingual']
const FULL = {
  texts: Infinity,
  generations: 3,
  warm: 3,
  slowWarm: 2,
  queries: 20_000,
  loaded: 1000,
  rounds: 3,
  loads: 20,
}
const QUICK = { texts: 400, generations: 1, warm: 2, slowWarm: 2, queries: 500, loaded: 50, rounds: 1, loads: 1 }

const began = performance.now()
const say = (line) => console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`)

function options() {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, only: { type: 'string', multiple: true }, data: { type: 'string' } },
  })
  const only = (values.only ?? []).flatMap((names) => names.split(','))
  const known = { peers: Object.keys(PEERS), models: MODELS.map(({ name }) => name), sets: SETS }
  for (const name of only) {
    if (!Object.values(known).some((names) => names.includes(name))) {
      throw new Error(
        `--only ${name}: there is no such peer, model or set; there are ${Object.values(known).flat().join(', ')}`,
      )
    }
  }
  const chosen = (names) => {
    const some = names.filter((name) => only.includes(name))
    return some.length > 0 ? some : names
  }
  return {
    quick: values.quick ?? false,
    partial: only.length > 0,
    data: values.data ?? process.env.MODEL2VEC_TEST_DATA,
    peers: new Set(['ours', ...chosen(known.peers)]),
    models: new Set(chosen(known.models)),
    sets: new Set(chosen(known.sets)),
  }
}

/** Everything that is measured, as `results.json` has it. */
async function measureAll({ quick, data, peers: wanted, models, sets }, directory) {
  const extent = quick ? QUICK : FULL
  const chosen = Object.values(PEERS).filter(({ name }) => wanted.has(name))
  const missing = install(chosen, say)
  const leftOut = Object.entries(missing).map(([name, reason]) => `${PEERS[name].title}: ${reason}`)
  leftOut.push(
    'ONNX: no Model2Vec model in ONNX is at hand offline, and a graph made here would measure what nobody uses',
  )
  const peers = chosen.filter(({ name }) => missing[name] === undefined)
  const embedding = peers.filter(({ kind }) => kind === 'embed')
  const tokenizing = peers.filter(({ kind }) => kind === 'tokenize')
  const others = embedding.filter(({ name }) => name !== 'ours')
  const whole = textSets(data)
  const texts = Object.fromEntries(Object.entries(whole).map(([name, all]) => [name, thinned(all, extent.texts)]))

  const record = {
    date: new Date().toISOString().slice(0, 10),
    ...describeCommit(),
    machine: describeMachine(),
    pinned,
    quick,
    extent,
    corpora: data === undefined ? 'test fixtures' : 'data',
    peers: Object.fromEntries(peers.map(({ name, title, language, kind }) => [name, { title, language, kind }])),
    leftOut,
    proofs: [],
    throughput: [],
    tokenizing: [],
  }
  const work = MODELS.filter(({ name }) => models.has(name)).flatMap((model) => {
    const folder = modelFolder(model.name, data)
    if (folder === null)
      leftOut.push(`${model.kind}: ${model.name} is not among the test fixtures, and --data has none`)
    const standsIn = models.has(model.insteadOf) && modelFolder(model.insteadOf, data) !== null
    return folder === null || standsIn ? [] : [{ ...model, folder }]
  })

  for (const { name, kind, folder, sets: all, tokenizing: alone } of work) {
    for (const set of all.filter((set) => sets.has(set))) {
      const concerned = alone.includes(set) ? tokenizing : []
      const proof = await prove({ folder, texts: texts[set], peers: embedding, tokenizing: concerned, directory })
      record.proofs.push({ model: name, kind, set, ...proof })
      say(`${kind}, ${set}: ${verdicts(proof)}`)
      if (!holds(proof)) throw new Error(`ours are not the vectors of ${proof.reference}: nothing is timed`)
    }
  }

  const { ours } = PEERS
  for (const { name, kind, folder, sets: all, twoThreads = [], tokenizing: alone } of work) {
    for (const set of all.filter((set) => sets.has(set))) {
      const two = twoThreads.includes(set) && os.availableParallelism() >= 2
      const contestants = [
        ...OUR_FORMS.map((form) => contestant(ours, 1, form)),
        ...others.map((peer) => contestant(peer, 1)),
        ...(two ? ['sync', 'async', 'async-out'].map((form) => contestant(ours, 2, form)) : []),
        ...(two ? others.filter(({ name }) => name !== 'transformers-js').map((peer) => contestant(peer, 2)) : []),
      ]
      const common = { ...extent, folder, texts: texts[set], directory }
      const timed = await throughput({ ...common, contestants, say: (what) => say(`${kind}, ${set}: ${what}`) })
      record.throughput.push({ model: name, kind, set, texts: texts[set].length, ...timed })
      if (!alone.includes(set) || tokenizing.length === 0) continue
      const tokenizers = [contestant(ours, 1, 'tokenize'), ...tokenizing.map((peer) => contestant(peer, 1))]
      const found = await throughput({
        ...common,
        contestants: tokenizers,
        say: (what) => say(`${kind}, ${set}, tokenizing: ${what}`),
      })
      record.tokenizing.push({ model: name, kind, set, texts: texts[set].length, ...found })
    }
  }

  const small = work.find(({ name }) => name === 'potion-base-8M')
  if (small !== undefined) {
    const { folder } = small
    const { lines } = whole
    say('latency of one query')
    record.latency = await latency({
      folder,
      lines,
      contestants: [
        ...['sync', 'sync-out', 'async'].map((form) => contestant(ours, 1, form)),
        ...others.map((peer) => contestant(peer, 1)),
      ],
      rounds: extent.rounds,
      count: extent.queries,
      directory,
    })
    const askers = [
      ...['sync', 'async', 'built-in'].map((form) => contestant(ours, 2, form)),
      ...others.filter(({ name }) => name === 'model2vec-rs').map((peer) => contestant(peer, 2)),
    ]
    say('latency of one query after a pause')
    record.paused = await latency({
      folder,
      lines,
      paused: true,
      contestants: askers,
      rounds: extent.rounds,
      count: extent.loaded,
      directory,
    })
    say('latency of one query while documents are embedded')
    record.underLoad = await latency({
      folder,
      lines,
      paused: true,
      documents: texts.documents,
      contestants: askers,
      rounds: extent.rounds,
      count: extent.loaded,
      directory,
    })
    say('loads and memory')
    record.load = await loadAndMemory({
      folder,
      contestants: [
        contestant(ours, 1, 'sync'),
        contestant(ours, 1, 'sync', 'map'),
        ...others.map((peer) => contestant(peer, 1)),
      ],
      rounds: extent.loads,
      directory,
    })
    record.installed = await installedSizes(peers)
  }
  record.targets = judge(record)
  record.seconds = Math.round((performance.now() - began) / 1000)
  return record
}

/** Name → bytes on the disk of what a user installs, without a model. */
async function installedSizes(peers) {
  const has = new Set(peers.map(({ name }) => name))
  const sizes = { ours: ownSize() }
  if (has.has('model2vec-rs')) sizes['model2vec-rs'] = rustSize()
  if (has.has('transformers-js'))
    sizes['transformers-js'] = folderSize(path.join(here, 'peers', 'transformers-js', 'node_modules'))
  for (const peer of peers.filter(({ packages }) => packages !== undefined)) {
    const process_ = await PeerProcess.start(peer, 1)
    sizes[peer.name] = (await process_.ask({ do: 'installed', names: peer.packages })).bytes
    await process_.close()
  }
  return sizes
}

async function main() {
  const chosen = options()
  setup()
  const directory = mkdtempSync(path.join(os.tmpdir(), 'model2vec-bench-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  const record = await measureAll(chosen, directory)
  const whole = !chosen.quick && !chosen.partial
  const folder = whole ? here : fileURLToPath(new URL('../build/benchmarks', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const results = path.join(folder, 'results.json')
  // `command-line.mjs` measures it, on its own.
  if (whole && existsSync(results)) record.commandLine = JSON.parse(readFileSync(results, 'utf8')).commandLine
  writeFileSync(results, `${JSON.stringify(record, null, 1)}\n`)
  writeFileSync(path.join(folder, 'results.md'), report(record))
  writeFileSync(path.join(folder, 'results.svg'), chart(record))
  if (whole) readmeSection(record, path.join(here, '../README.md'))
  console.log(`\n${report(record)}`)
  say(`written to ${path.relative(process.cwd(), folder)}`)
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error.message}`)
  // Not by exitCode: peers that wait for their next command would keep this process alive.
  process.exit(1)
}
