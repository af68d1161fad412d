// `node benchmarks/queue.mjs [overhead|memory|workers|hosts|sinks|recovery]`: what a queue of BullMQ costs, on a Redis
// of this machine: the figures of docs/scaling.md. It takes what the tests have made in build/.
//
//   overhead   commands of Redis and milliseconds for each shard, beside the same shards without a queue
//   memory     bytes of Redis for each job, and how fast jobs are added
//   workers    documents a second of one and of two processes, and where their time goes
//   hosts      documents a second of 1, 2, 4 and 8 hosts (network namespaces: root and iproute2), a worker
//              each, which share the cores of this machine
//   sinks      documents a second of one worker into files, Milvus Lite and PostgreSQL, and how long its event
//              loop was held
//   recovery   how long after the end of a killed worker another one begins its shard

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { createProcessor, enqueue } from 'model2vec-node/bullmq'

const { redisServer, startRedis } = createRequire(import.meta.url)('../build/test/examples/redis.js')
const { makeHost, removeHosts } = createRequire(import.meta.url)('../build/test/queue/host.js')
const { workerCommand } = createRequire(import.meta.url)('../build/test/queue/worker-process.js')
const { startTarget } = createRequire(import.meta.url)('../build/test/queue/targets.js')
const MAIN = path.resolve('dist/cli/main.js')
const MODEL = 'test/fixtures/unpacked/models/potion-base-8M'
const SMALL = 'test/fixtures/unpacked/models/m8k-f32'
const sections = { overhead, memory, workers, hosts, sinks, recovery }
const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sections)

const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-queue-bench-'))
// Hosts have an address of their own for it.
const redis = await startRedis(redisServer().root, { folder, host: '0.0.0.0' })
const connection = { url: redis.url }
const client = new Redis(redis.url)
let queues = 0
try {
  for (const section of chosen) {
    console.log(`\n${section}`)
    await sections[section]()
  }
} finally {
  client.disconnect()
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** A manifest of this many shards. */
function plan(texts, shards, model, ...options) {
  const own = mkdtempSync(path.join(folder, 'run-'))
  const [input, manifest, out] = ['in.jsonl', 'run.manifest', 'out'].map((name) => path.join(own, name))
  writeFileSync(input, texts.map((text, id) => JSON.stringify({ id, text })).join('\n'))
  mkdirSync(out)
  const args = ['plan', input, '--shards', shards, '--out-dir', out, '--manifest', manifest, '--model', model, ...options]
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args.map(String)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return manifest
}

function newQueue() {
  return new Queue(`bench-${++queues}`, { connection })
}

/** Waits until so many jobs are completed. @returns seconds since `started` */
async function completed(queue, count, started = performance.now(), intervalMs = 2) {
  while ((await queue.getCompletedCount()) < count) await sleep(intervalMs)
  return (performance.now() - started) / 1000
}

/** Calls of each command, as Redis counts them: those within scripts, too. */
async function commands() {
  const text = await client.info('commandstats')
  return new Map([...text.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]))
}

async function memoryOf() {
  return Number(/^used_memory:(\d+)/m.exec(await client.info('memory'))[1])
}

async function overhead() {
  const planned = 1000
  const manifest = plan(Array.from({ length: planned }, (_, i) => `a text ${i}`), planned, SMALL, '--ending', '.jsonl')
  const sink = { write: async () => undefined }
  for (const round of [1, 2, 3]) {
    const bare = createProcessor({ sink })
    const queue = newQueue()
    // Shards end at line ends: there may be fewer than were asked for.
    const shards = await enqueue(queue, manifest)
    const jobs = await queue.getWaiting()
    await bare(jobs[0])
    let started = performance.now()
    for (const job of jobs) await bare(job)
    const alone = (performance.now() - started) / shards
    const before = await commands()
    started = performance.now()
    const worker = new Worker(queue.name, createProcessor({ sink }), { connection })
    const all = ((await completed(queue, shards, started)) * 1000) / shards
    const after = await commands()
    const calls = (name) => (((after.get(name) ?? 0) - (before.get(name) ?? 0)) / shards).toFixed(2)
    const inner = [...after].reduce((sum, [name, count]) => sum + count - (before.get(name) ?? 0), 0) / shards
    console.log(
      `round ${round}: ${alone.toFixed(3)} ms a shard alone, ${all.toFixed(3)} ms with the queue, so ` +
        `${(all - alone).toFixed(3)} ms for the queue; scripts ${calls('evalsha')} a shard, commands in them ${inner.toFixed(1)}`,
    )
    await worker.close()
    await queue.obliterate({ force: true })
    await queue.close()
  }
}

async function memory() {
  const planned = 20_000
  const manifest = plan(Array.from({ length: planned }, (_, i) => `${i}`), planned, SMALL, '--ending', '.jsonl')
  const queue = newQueue()
  const before = await memoryOf()
  const started = performance.now()
  const shards = await enqueue(queue, manifest)
  const seconds = (performance.now() - started) / 1000
  const waiting = await memoryOf()
  const rss = process.memoryUsage().rss / 1e6
  console.log(`${shards} jobs added in ${seconds.toFixed(1)} s (${(shards / seconds).toFixed(0)}/s), ${rss.toFixed(0)} MB resident`)
  const worker = new Worker(queue.name, createProcessor({ sink: { write: async () => undefined } }), {
    connection,
    concurrency: 20,
  })
  await completed(queue, shards)
  const done = await memoryOf()
  const each = (bytes) => `${((bytes - before) / shards).toFixed(0)} bytes`
  console.log(`Redis has ${each(waiting)} for a job that waits, ${each(done)} for one that is done`)
  await worker.close()
  await queue.close()
}

/** Some 450 bytes each. */
function documentTexts(count) {
  const documents = readFileSync('examples/documents.jsonl', 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line).text)
  return Array.from({ length: count }, (_, i) => `${i} ${documents[i % documents.length]}`)
}

async function workers() {
  const SHARDS = 48
  const texts = documentTexts(96_000)
  const rows = texts.length
  const measured = new Map()
  for (const round of [1, 2, 3]) {
    for (const [processes, threads, concurrency] of [[1, 1, 1], [1, 2, 1], [1, 2, 2], [2, 1, 1], [2, 1, 2]]) {
      const manifest = plan(texts, SHARDS, MODEL)
      const warm = plan(texts.slice(0, 100), 4 * processes, SMALL)
      const queue = newQueue()
      const options = ['--redis', redis.url, '--queue', queue.name, '--log', 'json']
      const lines = []
      const children = Array.from({ length: processes }, () => {
        const args = [MAIN, 'worker', ...options, '--threads', threads, '--concurrency', concurrency].map(String)
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
        child.stdout.setEncoding('utf8').on('data', (text) => lines.push(text))
        return child
      })
      await enqueue(queue, warm)
      await completed(queue, 4 * processes)
      const [first, ...rest] = [...Array(SHARDS).keys()]
      await enqueue(queue, manifest, { shards: [first] })
      await completed(queue, 4 * processes + 1)
      const started = performance.now()
      await enqueue(queue, manifest, { shards: rest })
      const seconds = await completed(queue, 4 * processes + SHARDS, started)
      const name = `${processes} processes, threads ${threads}, concurrency ${concurrency}`
      const speed = (rows * (SHARDS - 1)) / SHARDS / seconds
      measured.set(name, [...(measured.get(name) ?? []), speed])
      const steps = {}
      for (const line of lines.join('').trim().split('\n')) {
        const { state, rows: count, seconds: of } = JSON.parse(line)
        if (state !== 'written' || count < 500) continue
        for (const [step, value] of Object.entries(of)) steps[step] = (steps[step] ?? 0) + value
      }
      const shares = ['read', 'encode', 'write'].map((step) => `${step} ${steps[step].toFixed(2)} s`).join(', ')
      console.log(`round ${round}: ${name}: ${speed.toFixed(0)} documents/s; all shards ${steps.all.toFixed(2)} s: ${shares}`)
      for (const child of children) child.kill('SIGTERM')
      await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))))
      await queue.close()
    }
  }
  for (const [name, speeds] of measured) {
    const [, median] = speeds.sort((a, b) => a - b)
    console.log(`${name}: median ${median.toFixed(0)} documents/s`)
  }
}

/** Seconds of processor time that processes have had (Linux). */
function processorSeconds(pids) {
  const TICKS = 100
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS
  }, 0)
}

/** The same of Redis. */
async function redisSeconds() {
  const text = await client.info('cpu')
  return ['sys', 'user'].reduce((sum, of) => sum + Number(new RegExp(`^used_cpu_${of}:([\\d.]+)`, 'm').exec(text)[1]), 0)
}

/**
 * The same shards for 1 to 8 hosts, each a worker of one thread behind a cable of its own. They share the
 * cores: it shows what a further host costs the others (Redis, its scripts, the network, caches), not what
 * it adds, which takes cores of its own. Processor time is what to look at, which a busy machine changes
 * least.
 */
async function hosts() {
  const COUNTS = [1, 2, 4, 8]
  const MOST = 8
  const SHARDS = 64
  const texts = documentTexts(64_000)
  const measured = new Map()
  process.on('exit', () => removeHosts(MOST))
  const made = Array.from({ length: MOST }, (_, i) => makeHost(i))
  if (made.includes(null)) throw new Error('`ip netns` makes no hosts: it takes root and iproute2')
  for (const round of [1, 2, 3]) {
    for (const count of COUNTS) {
      const manifest = plan(texts, SHARDS, MODEL)
      const queue = newQueue()
      const children = made.slice(0, count).map(({ name, redis: address }) => {
        const options = ['--redis', `redis://${address}:${redis.port}`, '--queue', queue.name, '--threads', '1']
        const { command, args } = workerCommand([...options, '--concurrency', '1'], { within: ['ip', 'netns', 'exec', name] })
        const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
        let said = ''
        const isReady = new Promise((resolve) => {
          child.stderr.setEncoding('utf8').on('data', (text) => {
            said += text
            if (said.includes('connected to')) resolve()
          })
        })
        return { child, isReady, shards: () => said.match(/: written, /g)?.length ?? 0 }
      })
      const pids = children.map(({ child }) => child.pid)
      await Promise.all(children.map(({ isReady }) => isReady))
      // Each loads the model for its first shard.
      const first = await enqueue(queue, manifest, { shards: Array(2 * MOST).keys() })
      await completed(queue, first, undefined, 50)
      const before = [processorSeconds(pids), await redisSeconds()]
      const started = performance.now()
      const rest = await enqueue(queue, manifest, { shards: Array.from({ length: SHARDS - first }, (_, i) => first + i) })
      const seconds = await completed(queue, first + rest, started, 50)
      const rows = (texts.length * rest) / SHARDS
      // Microseconds for each document.
      const [ofWorkers, ofRedis] = [processorSeconds(pids) - before[0], (await redisSeconds()) - before[1]].map((of) => (of / rows) * 1e6)
      measured.set(count, [...(measured.get(count) ?? []), ofWorkers])
      for (const { child } of children) child.kill('SIGTERM')
      await Promise.all(children.map(({ child }) => new Promise((resolve) => child.once('close', resolve))))
      const each = children.map(({ shards }) => shards())
      console.log(
        `round ${round}: ${count} hosts: ${(rows / seconds).toFixed(0)} documents/s; processor time of a document ` +
          `${ofWorkers.toFixed(1)} us in workers, ${ofRedis.toFixed(2)} us in Redis; shards of each ${Math.min(...each)} to ${Math.max(...each)}`,
      )
      await queue.close()
    }
  }
  for (const [count, of] of measured) {
    const [, ratio] = of.map((time, i) => time / measured.get(1)[i]).sort((a, b) => a - b)
    console.log(`${count} hosts: a document takes ${ratio.toFixed(2)} of the processor time of one host in the same round (median)`)
  }
}

async function sinks() {
  const texts = documentTexts(24_000)
  const held = path.join(folder, 'held.cjs')
  writeFileSync(
    held,
    `const held = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 1 }); held.enable()
     process.on('exit', () => console.log(JSON.stringify({ held: held.max / 1e6 })))`,
  )
  for (const name of ['files', 'Milvus', 'PostgreSQL']) {
    const target = await startTarget(name)
    await target.begin({ dim: 256 })
    const sink = target.settings.env?.TEST_SINK
    const columns = sink === undefined ? [] : ['--ending', '.jsonl', '--id-field', 'id']
    const manifest = plan(texts, 12, MODEL, ...columns)
    const queue = newQueue()
    const options = ['--redis', redis.url, '--queue', queue.name, '--log', 'json', '--concurrency', '2']
    const args = ['--require', held, MAIN, 'worker', ...options, ...(sink === undefined ? [] : ['--sink', sink])]
    const env = { ...process.env, ...target.settings.env }
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env })
    let lines = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (lines += text))
    await enqueue(queue, manifest, { shards: [0] })
    await completed(queue, 1)
    const started = performance.now()
    const rest = await enqueue(queue, manifest, { shards: Array.from({ length: 11 }, (_, i) => i + 1) })
    const seconds = await completed(queue, 1 + rest, started)
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('close', resolve))
    const entries = lines.trim().split('\n').map((line) => JSON.parse(line))
    const shards = entries.filter(({ seconds: of }) => of !== undefined).slice(1)
    const sum = (step) => shards.reduce((all, { seconds: of }) => all + of[step], 0)
    const rows = shards.reduce((all, { rows: of }) => all + of, 0)
    const [{ held: longest }] = entries.slice(-1)
    console.log(
      `${name}: ${(rows / seconds).toFixed(0)} documents/s; of the shards' ${sum('all').toFixed(1)} s the writes took ` +
        `${sum('write').toFixed(1)} s; the event loop was held for ${longest.toFixed(0)} ms at most`,
    )
    await queue.close()
    await target.stop()
  }
}

async function recovery() {
  const sink = path.join(folder, 'slow.mjs')
  writeFileSync(sink, 'export default { write: () => new Promise((resolve) => { console.log("writes"); setTimeout(resolve, 1e6) }) }')
  const manifest = plan(['a text'], 1, SMALL, '--ending', '.jsonl')
  for (const lock of [2, 10, 30]) {
    const queue = newQueue()
    await enqueue(queue, manifest)
    const start = () => {
      const options = ['--redis', redis.url, '--queue', queue.name, '--lock', lock, '--sink', sink].map(String)
      const child = spawn(process.execPath, [MAIN, 'worker', ...options], { stdio: ['ignore', 'pipe', 'ignore'] })
      return { child, writes: new Promise((resolve) => child.stdout.once('data', resolve)) }
    }
    const first = start()
    await first.writes
    const other = start()
    // It has renewed its lock at least once.
    await sleep(1000 * lock)
    first.child.kill('SIGKILL')
    const killed = performance.now()
    await other.writes
    console.log(`lock ${lock} s, looked after every ${lock / 2} s: ${((performance.now() - killed) / 1000).toFixed(1)} s`)
    other.child.kill('SIGKILL')
    await queue.close()
  }
}
