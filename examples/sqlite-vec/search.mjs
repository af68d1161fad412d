// Documents and their vectors in one SQLite file: indexes them with sqlite-vec and asks two
// questions.
//
//   node examples/sqlite-vec/search.mjs [file.db] [--driver better-sqlite3|node:sqlite] [--dtype float32|int8|binary]

import { parseArgs } from 'node:util'

import { Model2VecEmbeddingFunction, readLines } from 'model2vec-node'
import * as sqliteVec from 'sqlite-vec'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
const OPEN = {
  'better-sqlite3': async (file) => new (await import('better-sqlite3')).default(file),
  'node:sqlite': async (file) => new (await import('node:sqlite')).DatabaseSync(file, { allowExtension: true }),
}
/** The column of each dtype, and how its bytes are handed over. */
const TYPES = {
  float32: { column: (dim) => `float[${dim}] distance_metric=cosine`, parameter: '?' },
  int8: { column: (dim) => `int8[${dim}] distance_metric=cosine`, parameter: 'vec_int8(?)' },
  binary: { column: (dim) => `bit[${dim}]`, parameter: 'vec_bit(?)' },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    driver: { type: 'string', default: 'better-sqlite3' },
    dtype: { type: 'string', default: 'float32' },
  },
})
const { driver, dtype } = values
if (!Object.hasOwn(OPEN, driver)) refuse('--driver', Object.keys(OPEN), driver)
if (!Object.hasOwn(TYPES, dtype)) refuse('--dtype', Object.keys(TYPES), dtype)
const { column, parameter } = TYPES[dtype]
const ef = await Model2VecEmbeddingFunction.load()
const db = await OPEN[driver](positionals[0] ?? ':memory:')
sqliteVec.load(db)
// A second run begins anew, also with another dtype.
db.exec('DROP TABLE IF EXISTS vectors; DROP TABLE IF EXISTS documents')
db.exec('CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT, title TEXT, text TEXT)')
db.exec(`CREATE VIRTUAL TABLE vectors USING vec0(number INTEGER PRIMARY KEY, embedding ${column(ef.dim)})`)

const insertDocument = db.prepare('INSERT INTO documents VALUES (?, ?, ?, ?)')
const insertVector = db.prepare(`INSERT INTO vectors VALUES (?, ${parameter})`)
const stream = ef.encodeStream(documents(), { text: ({ text }) => text, dtype })
for await (const { index, items, embeddings } of stream) {
  // One transaction for each batch: without, every row waits for the disk.
  db.exec('BEGIN')
  for (const [i, { id, title, text }] of items.entries()) {
    // vec0 takes an integer only as a BigInt: a number arrives as a floating-point value.
    const number = BigInt(index + i)
    insertDocument.run(number, id, title, text)
    // The zeros of a text without a known word have no cosine.
    if (!embeddings.isEmpty(i)) insertVector.run(number, embeddings.bytes(i))
  }
  db.exec('COMMIT')
}

const select = db.prepare(`
  SELECT id, title, distance FROM vectors JOIN documents USING (number)
  WHERE embedding MATCH ${parameter} AND k = 3 ORDER BY distance`)
const queries = await ef.encode(QUERIES, { dtype })
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  for (const { id, title, distance } of select.all(queries.bytes(i))) {
    // A distance of bits is how many differ.
    console.log(`  ${dtype === 'binary' ? distance : (1 - distance).toFixed(4)}  ${id}  ${title}`)
  }
}
db.close()

function refuse(option, known, value) {
  console.error(`${option} should be ${known.join(', ')}, but got ${value}`)
  process.exit(2)
}

async function* documents() {
  for await (const line of readLines(new URL('../documents.jsonl', import.meta.url))) yield JSON.parse(line)
}
