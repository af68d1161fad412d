// Documents and their vectors in a table of DuckDB: appends them as columns and asks two questions.
//
//   node examples/duckdb/search.mjs [file.duckdb]

import { ARRAY, arrayValue, DuckDBDataChunk, DuckDBInstance, FLOAT, VARCHAR } from '@duckdb/node-api'
import { Model2VecEmbeddingFunction, readLines } from 'model2vec-node'

const QUERIES = ['play chess against the computer', 'filter out spam from my mail']
/** DuckDB's own limit for a chunk. */
const CHUNK = 2048

const ef = await Model2VecEmbeddingFunction.load()
const instance = await DuckDBInstance.create(process.argv[2] ?? ':memory:')
const connection = await instance.connect()
// A second run begins anew.
await connection.run(`CREATE OR REPLACE TABLE documents (id VARCHAR, title VARCHAR, embedding FLOAT[${ef.dim}])`)

const appender = await connection.createAppender('documents')
const stream = ef.encodeStream(documents(), { text: ({ text }) => text, batchSize: CHUNK })
for await (const { items, embeddings } of stream) {
  const chunk = DuckDBDataChunk.create([VARCHAR, VARCHAR, ARRAY(FLOAT, ef.dim)], items.length)
  for (const [column, name] of ['id', 'title'].entries()) {
    const values = items.map((item) => item[name])
    chunk.setColumnValues(column, values)
  }
  const vectors = chunk.getColumnVector(2)
  // All rows at once, into DuckDB's memory: one copy, no value for each number. Without the flush
  // the table would hold whatever was there.
  vectors.childData.items.set(embeddings.data)
  vectors.childData.flush()
  appender.appendDataChunk(chunk)
}
appender.closeSync()

const queries = await ef.encode(QUERIES)
const select = await connection.prepare(`
  SELECT id, title, array_cosine_similarity(embedding, $1) AS score
  FROM documents ORDER BY score DESC LIMIT 3`)
for (const [i, query] of QUERIES.entries()) {
  console.log(query)
  select.bindArray(1, arrayValue(queries.array(i)), ARRAY(FLOAT, ef.dim))
  for (const [id, title, score] of await (await select.runAndReadAll()).getRows()) {
    console.log(`  ${score.toFixed(4)}  ${id}  ${title}`)
  }
}
connection.closeSync()

async function* documents() {
  for await (const line of readLines(new URL('../documents.jsonl', import.meta.url))) yield JSON.parse(line)
}
