// Downloads by several threads and processes, some of which are killed: every reader sees whole
// files, and the next load works.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { SMALL } from '../test-data.js'
import { until } from '../waiting.js'
import { emptyCache, forgetEnvironment, snapshotFiles } from './cache-folder.js'
import { COMMIT, commit, filesOf, repository } from './content.js'
import { HubServer } from './server.js'

forgetEnvironment()

const CHILD = path.join(__dirname, '..', 'children', 'load-from-hub.js')
/** How many processes are killed: by default a few seconds' worth. */
const KILLS = Number(process.env.MODEL2VEC_TEST_KILLS ?? 30)
const small = filesOf(SMALL)
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json']

/** A Hub that takes about a fifth of a second for the table. */
async function slowServer(): Promise<HubServer> {
  const server = await HubServer.start(repository('org/Name', small))
  server.fault = () => ({ slow: { bytes: 50_000, pauseMs: 8 } })
  return server
}

function child(server: HubServer, cache: string): ChildProcess {
  return spawn(process.execPath, [CHILD, server.endpoint, cache, 'org/Name'], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function outputOf(process: ChildProcess): Promise<string> {
  let output = ''
  process.stdout?.on('data', (data: Buffer) => (output += data.toString()))
  await once(process, 'close')
  return output.trim()
}

/** Whether a folder, which may not be there yet, has a file of this many bytes. */
function hasFileOf(folder: string, bytes: number): boolean {
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.some((name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.size === bytes)
}

/** What a reader sees is whole: the blobs, and the files of the snapshot. */
function checkWhole(t: ExecutionContext, cache: string): void {
  const root = path.join(cache, 'models--org--Name')
  const oids = new Map([...commit(small).values()].map(({ oid, sha256, bytes }) => [sha256 ?? oid, bytes]))
  const blobs = path.join(root, 'blobs')
  for (const name of existsSync(blobs) ? readdirSync(blobs) : []) {
    if (name.endsWith('.incomplete')) continue
    t.true(oids.get(name)?.equals(readFileSync(path.join(blobs, name))), name)
  }
  for (const name of FILES) {
    const file = path.join(root, 'snapshots', COMMIT, name)
    if (existsSync(file)) t.true(small[name]?.equals(readFileSync(file)), name)
  }
  if (existsSync(path.join(root, 'refs', 'main'))) {
    t.is(readFileSync(path.join(root, 'refs', 'main'), 'utf8'), COMMIT)
    t.deepEqual(Object.keys(snapshotFiles(cache, 'org/Name', COMMIT)).sort(), FILES)
  }
}

test(`after each of ${KILLS} processes that are killed at a random moment, the next load works`, async (t) => {
  const server = await slowServer()
  const { fault: slow } = server
  const states = { nothing: 0, partial: 0, complete: 0 }
  for (let i = 0; i < KILLS; i++) {
    const cacheDir = emptyCache()
    const blobs = path.join(cacheDir, 'models--org--Name', 'blobs')
    // Every other process is certain to be killed in the middle of a file: at a random byte, after
    // which the Hub sends nothing.
    const isHeld = i % 2 === 1
    const heldAt = 1 + Math.floor(Math.random() * 900_000)
    const { length } = server.requests
    server.fault = isHeld ? ({ host }) => (host === 'cdn' ? { stallAfter: heldAt } : null) : slow
    const victim = child(server, cacheDir)
    const closed = once(victim, 'close')
    await until(() => server.requests.length > length, 'a request')
    if (isHeld) await until(() => hasFileOf(blobs, heldAt), `${heldAt} bytes of a file`)
    else await sleep(Math.random() * 400)
    victim.kill('SIGKILL')
    await closed
    checkWhole(t, cacheDir)
    const isStarted = existsSync(blobs) && readdirSync(blobs).length > 0
    const isComplete = existsSync(path.join(cacheDir, 'models--org--Name', 'refs', 'main'))
    states[isComplete ? 'complete' : isStarted ? 'partial' : 'nothing']++

    server.fault = () => null
    const ef = await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })
    t.is(ef.dim, 32)
    checkWhole(t, cacheDir)
    t.deepEqual(readdirSync(blobs).length, 3, 'nothing half-written is left')
  }
  const resumed = server.requests.filter(({ range }) => range !== undefined).length
  t.log(states, { resumed })
  t.true(states.partial >= Math.floor(KILLS / 2))
})

test('eight worker threads that start the same download fetch it once', async (t) => {
  const server = await slowServer()
  const cacheDir = emptyCache()
  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const worker = new Worker(CHILD, { workerData: [server.endpoint, cacheDir, 'org/Name'] })
      const messages: string[] = []
      worker.on('message', (message: string) => messages.push(message))
      await once(worker, 'exit')
      return messages.at(-1)
    }),
  )
  t.deepEqual(answers, Array<string>(8).fill('32'))
  for (const name of FILES) t.is(server.fetches(name).length, 1, name)
  checkWhole(t, cacheDir)
})

test('processes that download at once all get the model, and every reader sees whole files', async (t) => {
  const server = await slowServer()
  const cacheDir = emptyCache()
  const running = { over: false }
  const outputs = Promise.all(Array.from({ length: 3 }, () => outputOf(child(server, cacheDir)))).finally(() => {
    running.over = true
  })
  while (!running.over) {
    checkWhole(t, cacheDir)
    await sleep(3)
  }
  t.deepEqual(await outputs, Array<string>(3).fill('started\n32'))
  checkWhole(t, cacheDir)
  t.is(server.fetches('model.safetensors').length, 1)
})

test('after a thread has ended in the middle of a download, the next load gets the model', async (t) => {
  const server = await slowServer()
  const cacheDir = emptyCache()
  const worker = new Worker(CHILD, { workerData: [server.endpoint, cacheDir, 'org/Name'] })
  await until(() => server.fetches('tokenizer.json').length > 0, 'a request for tokenizer.json')
  await worker.terminate()
  t.is((await Model2VecEmbeddingFunction.load('org/Name', { endpoint: server.endpoint, cacheDir })).dim, 32)
  checkWhole(t, cacheDir)
})
