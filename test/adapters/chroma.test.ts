// model2vec-node/chroma with the real client and a real server: a collection embeds, and does so
// again in another process.

import { execFile, spawn } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import type { ExecutionContext } from 'ava'
import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { freePort } from '../free-port.js'
import { pythonEnvironment } from '../python-environment.js'
import { corpus, SMALL } from '../test-data.js'
import { reason, testWithPeers } from './peers.js'

const python = reason === null ? pythonEnvironment('test/adapters/chroma.txt', 'chromadb') : null
const because = reason ?? (python !== null && python.command === null ? python.reason : null)
const TEXTS = corpus('docs_en').slice(0, 50)
const QUERY = 'the history of a town'

/**
 * An application with this package and the client installed: both find `chromadb` from where they
 * are.
 */
const application = path.resolve('build/adapter-chroma')
const BODY = `
  const [action, port, directory, texts, query] = JSON.parse(process.argv[2])
  const client = new ChromaClient({ host: '127.0.0.1', port })
  const load = async () => {
    if (action === 'open') return client.getCollection({ name: 'documents' })
    const embeddingFunction = new Model2VecEmbedding({ model: directory, normalize: true, token: 'secret' })
    const collection = await client.createCollection({ name: 'documents', embeddingFunction })
    await collection.add({ ids: texts.map((_, i) => String(i)), documents: texts })
    return collection
  }
  const run = async () => {
    const collection = await load()
    const found = await collection.query({ queryTexts: [query], nResults: 3 })
    const stored = await collection.get({ include: ['embeddings'] })
    const many = Array.from({ length: 6000 }, (_, id) => ({ id: 'many ' + id }))
    let calls = 0
    if (action === 'open') {
      const matrix = { data: new Float32Array(2 * many.length).fill(1), rows: many.length, width: 2, dtype: 'float32' }
      const other = await client.createCollection({ name: 'many', embeddingFunction: null })
      for (const { items, embeddings } of batches(matrix, many)) {
        await other.add({ ids: items.map(({ id }) => id), embeddings })
        calls++
      }
      calls = [calls, await other.count()]
    }
    const { configuration } = collection
    console.log(JSON.stringify({ found: found.ids[0], ids: stored.ids, embeddings: stored.embeddings, calls, configuration }))
  }
  run()`
const SCRIPTS = {
  'application.mjs': `
    import { ChromaClient } from 'chromadb'
    import { batches, Model2VecEmbedding } from 'model2vec-node/chroma'
    ${BODY}`,
  'application.cjs': `
    const { ChromaClient } = require('chromadb')
    const { batches, Model2VecEmbedding } = require('model2vec-node/chroma')
    ${BODY}`,
}

interface Result {
  found: string[]
  ids: string[]
  embeddings: number[][]
  calls: [number, number]
  configuration: { hnsw?: { space?: string }; spann?: { space?: string }; embeddingFunction?: object }
}

function install(): void {
  rmSync(application, { recursive: true, force: true })
  const own = path.join(application, 'node_modules/model2vec-node')
  mkdirSync(own, { recursive: true })
  cpSync('dist', path.join(own, 'dist'), { recursive: true })
  for (const file of ['package.json', ...readdirSync('.').filter((name) => name.endsWith('.node'))]) {
    copyFileSync(file, path.join(own, file))
  }
  symlinkSync(path.resolve('build/integrations/node_modules/chromadb'), path.join(application, 'node_modules/chromadb'))
  // The copy of this package has its own way to `chromadb`, which is a link beside it.
  writeFileSync(path.join(application, 'package.json'), '{"private":true}')
  for (const [file, script] of Object.entries(SCRIPTS)) writeFileSync(path.join(application, file), script)
}

async function startServer(t: ExecutionContext): Promise<number> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-chroma-'))
  const port = await freePort()
  // Not the environment's `chroma`: it names the folder in which the environment was made.
  const chroma = ['-c', "import sys; from chromadb.cli.cli import app; sys.argv[0] = 'chroma'; app()"]
  const args = [...chroma, 'run', '--path', folder, '--host', '127.0.0.1', '--port', `${port}`]
  const server = spawn(python?.command ?? '', args, {
    stdio: 'ignore',
    env: { ...process.env, ANONYMIZED_TELEMETRY: 'False' },
  })
  t.teardown(async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  for (let i = 0; i < 3000; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/heartbeat`).catch(() => null)
    if (answer?.ok === true) return port
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the server did not start within five minutes')
}

for (const script of Object.keys(SCRIPTS)) {
  testWithPeers(
    `a collection of Chroma embeds with the model, also when another process opens it: ${script}`,
    async (t) => {
      install()
      const port = await startServer(t)
      const ef = new Model2VecEmbeddingFunction(SMALL, { normalize: true })
      const rows = ef.encodeSync(TEXTS).toArray()
      const [query = []] = ef.encodeSync([QUERY]).toArray()
      const scores = rows.map((row, i) => ({
        id: `${i}`,
        score: row.reduce((sum, x, j) => sum + x * (query[j] ?? NaN), 0),
      }))
      const nearest = scores
        .sort((a, b) => b.score - a.score)
        .slice(0, 3)
        .map(({ id }) => id)
      for (const action of ['make', 'open']) {
        const input = JSON.stringify([action, port, SMALL, TEXTS, QUERY])
        const { stdout } = await promisify(execFile)(process.execPath, [path.join(application, script), input], {
          maxBuffer: 1 << 26,
        })
        const result = JSON.parse(stdout) as Result
        t.deepEqual(result.found, nearest, action)
        t.deepEqual([...result.ids].sort(), [...rows.keys()].map(String).sort())
        // The server scales the vectors of a cosine index to length 1 once more.
        for (const [i, id] of result.ids.entries()) {
          const row = rows[Number(id)] ?? []
          t.true(result.embeddings[i]?.every((x, j) => Math.abs(x - (row[j] ?? NaN)) < 1e-6) === true, id)
        }
        t.is(result.configuration.hnsw?.space ?? result.configuration.spann?.space, 'cosine', 'the default metric')
        t.false(JSON.stringify(result.configuration).includes('secret'))
        if (action === 'open') t.deepEqual(result.calls, [2, 6000])
      }
    },
    because,
  )
}
