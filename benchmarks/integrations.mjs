// What vectors cost on their way into frameworks and stores, which run here: PostgreSQL with
// pgvector, the AI SDK, LanceDB, LangChain's splitter. All ways of a part take turns, so that what
// else the machine does falls on all alike; medians, and ratios to the first way. The packages are
// those of test/integrations, PostgreSQL's programs those of test/adapters/postgres.txt.
//
//   npm run build && node scripts/compile-tests.mjs && node benchmarks/integrations.mjs [--only postgres,ai,lancedb,splitter]

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'

import { Model2VecEmbeddingFunction } from 'model2vec-node'
import { embeddingModel } from 'model2vec-node/ai-sdk'
import { recordBatch } from 'model2vec-node/arrow'
import { lengthFunction } from 'model2vec-node/langchain'
import { pgCopy, pgText, pgVector } from 'model2vec-node/pgvector'

import { describeMachine } from './machine.mjs'
import { median } from './texts.mjs'

const require = createRequire(import.meta.url)
const { installTools } = require('../build/test/consumers/tools.js')
const peers = createRequire(path.join(installTools('integrations'), 'package.json'))
const { values } = parseArgs({ options: { only: { type: 'string' } } })

const texts = readFileSync('test/fixtures/unpacked/corpora/docs_en.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line).text)
const ef = await Model2VecEmbeddingFunction.load()

/** Runs each way once per round, and prints its median in µs per unit and what it is of the first. */
async function compare(title, unit, rounds, ways) {
  const times = ways.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { count, prepare, run }] of ways.entries()) {
      await prepare?.()
      const start = performance.now()
      await run()
      // The first round warms up.
      if (round > 0) times[i].push(((performance.now() - start) * 1000) / count)
    }
  }
  console.log(`\n${title}\n\n| way | µs per ${unit} | of the first |\n|---|---|---|`)
  const medians = times.map(median)
  for (const [i, { name }] of ways.entries()) {
    const digits = medians[i] < 100 ? 1 : 0
    console.log(`| ${name} | ${medians[i].toFixed(digits)} | ${(medians[i] / medians[0]).toFixed(2)} |`)
  }
}

async function postgres() {
  const { postgresPrograms, startPostgres } = require('../build/test/adapters/postgres.js')
  const { folder, reason } = postgresPrograms()
  if (folder === null) return console.log(`PostgreSQL was left out: ${reason}`)
  const pg = peers('pg')
  const { from: copyFrom } = peers('pg-copy-streams')
  const server = startPostgres(folder)
  const client = new pg.Client({ host: server.host, user: 'postgres', database: 'postgres' })
  try {
    await client.connect()
    await client.query('CREATE EXTENSION vector')
    const count = 4000
    const some = texts.slice(0, count)
    const [floats, halves, bits] = await Promise.all(
      ['float32', 'float16', 'binary'].map((dtype) => ef.encode(some, { dtype, normalize: true })),
    )
    const columns = { vector: floats, halfvec: halves, bit: bits }
    const prepare = async (type = 'vector') => {
      await client.query('DROP TABLE IF EXISTS documents')
      await client.query(`CREATE UNLOGGED TABLE documents (id bigint, embedding ${type}(${ef.dim}))`)
    }
    const insert = (rows, parameterOf) => async () => {
      const places = Array.from({ length: rows }, (_, i) => `($${2 * i + 1}, $${2 * i + 2})`)
      for (let from = 0; from < count; from += rows) {
        const parameters = places.flatMap((_, i) => [from + i, parameterOf(from + i)])
        await client.query(`INSERT INTO documents VALUES ${places.join()}`, parameters)
        // One at a time takes too long for all.
        if (rows === 1 && from === 499) return
      }
    }
    const copy = (type) => ({
      name: `COPY in binary, \`${type}\``,
      count,
      prepare: () => prepare(type),
      run: () => {
        const target = client.query(copyFrom('COPY documents (id, embedding) FROM STDIN (FORMAT binary)'))
        return pipeline(pgCopy(columns[type], [...columns[type].tokens.keys()]), target)
      },
    })
    const asText = function* () {
      for (let i = 0; i < count; i++) yield `${i}\t${pgText(floats, i)}\n`
    }
    await compare(`PostgreSQL, ${count} rows of ${ef.dim}`, 'row', 7, [
      {
        name: 'VALUES of 500 rows, vectors as text (`JSON.stringify`)',
        count,
        prepare,
        run: insert(500, (i) => JSON.stringify(floats.array(i))),
      },
      { name: 'VALUES of 500 rows, `pgText`', count, prepare, run: insert(500, (i) => pgText(floats, i)) },
      { name: 'one INSERT per row, `pgVector`', count: 500, prepare, run: insert(1, (i) => pgVector(floats, i)) },
      { name: 'VALUES of 500 rows, `pgVector`', count, prepare, run: insert(500, (i) => pgVector(floats, i)) },
      {
        name: 'COPY as text, `pgText`',
        count,
        prepare,
        run: () => pipeline(Readable.from(asText()), client.query(copyFrom('COPY documents FROM STDIN'))),
      },
      ...['vector', 'halfvec', 'bit'].map(copy),
    ])
  } finally {
    await client.end()
    server.stop()
  }
}

async function ai() {
  const many = texts.slice(0, 1000)
  const [short] = texts
  const each = (call) => async () => {
    for (let i = 0; i < 500; i++) await call()
  }
  for (const major of Number(process.versions.node.split('.')[0]) >= 22 ? [6, 7] : [5, 6]) {
    const { embed, embedMany } = await import(peers.resolve(`ai-${major}`))
    const model = embeddingModel(ef, { spec: major === 5 ? 'v2' : 'v3' })
    await compare(`\`ai\` ${major}, one text`, 'call', 15, [
      { name: '`encodeOne`', count: 500, run: each(() => ef.encodeOne(short)) },
      { name: "the model's `doEmbed`", count: 500, run: each(() => model.doEmbed({ values: [short] })) },
      { name: '`embed`', count: 500, run: each(() => embed({ model, value: short })) },
    ])
    await compare(`\`ai\` ${major}, ${many.length} texts in one call`, 'text', 15, [
      { name: '`encode`', count: many.length, run: () => ef.encode(many) },
      { name: '`encode`, `toArray`', count: many.length, run: async () => (await ef.encode(many)).toArray() },
      { name: '`embedMany`', count: many.length, run: () => embedMany({ model, values: many }) },
    ])
  }
}

async function lancedb() {
  const arrow = peers('apache-arrow')
  const lance = peers('@lancedb/lancedb-0.37')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'model2vec-bench-'))
  try {
    const db = await lance.connect(folder)
    const count = 20_000
    const some = texts.slice(0, count)
    const [floats, halves] = await Promise.all(['float32', 'float16'].map((dtype) => ef.encode(some, { dtype })))
    const create = (rows) => db.createTable('documents', rows(), { mode: 'overwrite' })
    const columns = (vector) => () => new arrow.Table([recordBatch(arrow, { text: some, vector })])
    await compare(`LanceDB 0.37, ${count} rows of ${ef.dim}`, 'row', 5, [
      {
        name: 'rows with `number[]`',
        count,
        run: () => create(() => some.map((text, i) => ({ text, vector: floats.array(i) }))),
      },
      {
        name: 'rows with Float32Arrays',
        count,
        run: () => create(() => some.map((text, i) => ({ text, vector: floats.row(i) }))),
      },
      { name: '`recordBatch`, float32', count, run: () => create(columns(floats)) },
      { name: '`recordBatch`, float16', count, run: () => create(columns(halves)) },
    ])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function splitter() {
  const { RecursiveCharacterTextSplitter } = peers('@langchain/textsplitters')
  const documents = texts.slice(0, 1500)
  const split = (chunkSize, chunkOverlap, length) => async () => {
    const own = new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap, lengthFunction: length() })
    for (const document of documents) await own.splitText(document)
  }
  for (const [size, overlap] of [
    [64, 16],
    [256, 32],
    [512, 64],
  ]) {
    const characters = split(4 * size, 4 * overlap, () => (text) => text.length)
    await compare(`LangChain's recursive splitter, ${documents.length} documents, chunks of ${size} tokens`, 'document', 21, [
      { name: `characters, ${4 * size} of them`, count: documents.length, run: characters },
      { name: '`lengthFunction`', count: documents.length, run: split(size, overlap, () => lengthFunction(ef)) },
      {
        name: '`countTokens` each time',
        count: documents.length,
        run: split(size, overlap, () => (text) => ef.countTokens(text)),
      },
    ])
  }
}

const PARTS = { postgres, ai, lancedb, splitter }
console.log(describeMachine())
for (const name of values.only?.split(',') ?? Object.keys(PARTS)) await PARTS[name]()
// Some peers keep handles open.
process.exit()
