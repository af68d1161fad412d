// model2vec-node/chroma with the real client and a real server: a collection embeds, and does so
// again in another process.

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { Model2VecEmbeddingFunction } from 'model2vec-node'

import { headPath } from '../heads.js'
import { corpus, SMALL } from '../test-data.js'
import { installApplication } from './application.js'
import { chromaPython, startChroma } from './chroma-server.js'
import { reason, testWithPeers } from './peers.js'

const python = reason === null ? chromaPython() : null
const because = reason ?? (python !== null && python.command === null ? python.reason : null)
const TEXTS = corpus('docs_en').slice(0, 50)
const QUERY = 'the history of a town'

const application = path.resolve('build/adapter-chroma')
const BODY = `
  const [action, port, directory, texts, query, head] = JSON.parse(process.argv[2])
  const client = new ChromaClient({ host: '127.0.0.1', port })
  const load = async () => {
    if (action === 'open') return client.getCollection({ name: 'documents' })
    const model = directory.startsWith('file:') ? new URL(directory) : directory
    const embeddingFunction = new Model2VecEmbedding({ model, normalize: true, token: 'secret' })
    const collection = await client.createCollection({ name: 'documents', embeddingFunction })
    await collection.add({ ids: texts.map((_, i) => String(i)), documents: texts })
    return collection
  }
  const run = async () => {
    const { Model2VecEmbeddingFunction, Model2VecPipeline } = await import('model2vec-node')
    const own = Model2VecEmbeddingFunction.load.bind(Model2VecEmbeddingFunction)
    let loads = 0
    Model2VecEmbeddingFunction.load = (...args) => {
      loads++
      return own(...args)
    }
    if (action === 'open') await (await load()).query({ queryTexts: [query] })
    const collection = await load()
    const found = await collection.query({ queryTexts: [query], nResults: 3 })
    const stored = await collection.get({ include: ['embeddings'] })
    const many = Array.from({ length: 6000 }, (_, id) => ({ id: 'many ' + id }))
    let calls = 0
    let unknown
    const projection = await Model2VecPipeline.load(head)
    if (action === 'make') {
      const embeddingFunction = new Model2VecEmbedding(projection)
      await client.createCollection({ name: 'projection', embeddingFunction })
    }
    const projected = await client.getCollection({ name: 'projection' })
    await projected.add({ ids: [action], documents: texts.slice(0, 1) })
    const both = (await projected.get({ include: ['embeddings'] })).embeddings
    const expected = (await projection.encode(texts.slice(0, 1))).toArray()
    const pipeline = { dim: 2, encodeDocuments: async (texts) => texts.map(() => new Float32Array([3, 4])) }
    if (action === 'make') {
      const embeddingFunction = new Model2VecEmbedding(pipeline)
      const other = await client.createCollection({ name: 'pipeline', embeddingFunction })
      await other.add({ ids: ['one'], documents: ['a dog'] })
    } else {
      const other = await client.getCollection({ name: 'pipeline' })
      unknown = await other.query({ queryTexts: ['a dog'] }).catch(({ code, message }) => ({ code, message }))
      const embeddingFunction = new Model2VecEmbedding(pipeline)
      const again = await client.getCollection({ name: 'pipeline', embeddingFunction })
      unknown.again = (await again.query({ queryTexts: ['a dog'] })).ids
    }
    if (action === 'open') {
      const matrix = { data: new Float32Array(2 * many.length).fill(1), rows: many.length, dim: 2, width: 2, dtype: 'float32' }
      const other = await client.createCollection({ name: 'many', embeddingFunction: null })
      for (const { items, embeddings } of batches(matrix, many)) {
        await other.add({ ids: items.map(({ id }) => id), embeddings })
        calls++
      }
      calls = [calls, await other.count()]
    }
    const { configuration } = collection
    console.log(JSON.stringify({ found: found.ids[0], ids: stored.ids, embeddings: stored.embeddings, calls, configuration, unknown, loads, both, expected }))
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
  loads: number
  /** The vectors of a text in the collection of a pipeline, one of each process; and the pipeline's. */
  both: number[][]
  expected: number[][]
  unknown?: { code: string; message: string; again: string[][] }
  configuration: { hnsw?: { space?: string }; spann?: { space?: string }; embeddingFunction?: object }
}

for (const script of Object.keys(SCRIPTS)) {
  testWithPeers(
    `a collection of Chroma embeds with the model, also when another process opens it: ${script}`,
    async (t) => {
      installApplication(application, ['chromadb'])
      for (const [file, code] of Object.entries(SCRIPTS)) writeFileSync(path.join(application, file), code)
      const server = await startChroma(python?.command ?? '')
      t.teardown(() => server.stop())
      const { port } = server
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
        // By a name that only holds where the collection was made.
        const model = script.endsWith('.mjs') ? pathToFileURL(SMALL).href : path.relative('.', SMALL)
        const input = JSON.stringify([action, port, model, TEXTS, QUERY, headPath('projection')])
        const { stdout } = await promisify(execFile)(process.execPath, [path.join(application, script), input], {
          cwd: action === 'make' ? '.' : os.tmpdir(),
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
        t.is(result.loads, 1, 'also where the collection is opened twice')
        // Scaled by the server: the direction is the pipeline's.
        const directions = [...result.both, ...result.expected].map((row) => row.map((x) => x / Math.hypot(...row)))
        const [direction = []] = directions.slice(-1)
        t.is(directions.length, action === 'make' ? 2 : 3)
        for (const row of directions) t.true(row.every((x, i) => Math.abs(x - (direction[i] ?? NaN)) < 1e-6))
        if (action === 'make') continue
        t.deepEqual(result.calls, [2, 6000])
        t.is(result.unknown?.code, 'ERR_INVALID_OPTION')
        t.regex(result.unknown?.message ?? '', /has to be passed/)
        t.deepEqual(result.unknown?.again, [['one']])
      }
    },
    because,
  )
}
