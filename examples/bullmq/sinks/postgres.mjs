// A sink of `model2vec worker`: the rows of a shard into a table of PostgreSQL with pgvector, all of them
// in one transaction, and each once, however often its shard is done.
//
//   PGHOST=localhost PGDATABASE=search \
//     npx model2vec worker --redis redis://localhost:6379 --sink sinks/postgres.mjs
//
// with a table, for vectors of 256 dimensions:
//
//   CREATE EXTENSION vector;
//   CREATE TABLE documents (id text PRIMARY KEY, embedding vector(256) NOT NULL, text text NOT NULL);

import { pipeline } from 'node:stream/promises'

import { pgCopy } from 'model2vec-node/pgvector'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

// The connection is that of PGHOST, PGUSER and so on.
const pool = new pg.Pool({ max: 8 })
// A connection in the pool that breaks is replaced; in a shard, its query fails.
pool.on('error', () => undefined)

export default async () => {
  const client = await pool.connect()
  client.on('error', () => undefined)
  try {
    await client.query('BEGIN')
    // COPY is the fast way in, but can't replace rows: it fills a table of this transaction's own.
    await client.query('CREATE TEMPORARY TABLE shard (LIKE documents) ON COMMIT DROP')
  } catch (error) {
    client.release(true)
    throw error
  }
  return {
    async write({ ids, texts, matrix }) {
      const columns = [{ type: 'text', values: texts }]
      const copied = pgCopy(matrix, ids.map(String), { idType: 'text', columns })
      await pipeline(copied, client.query(copyFrom('COPY shard (id, embedding, text) FROM STDIN (FORMAT binary)')))
    },
    async commit() {
      // In one order, so that two workers that have the same shard wait for each other and don't deadlock.
      await client.query(`
        INSERT INTO documents (id, embedding, text) SELECT id, embedding, text FROM shard ORDER BY id
        ON CONFLICT (id) DO UPDATE SET embedding = EXCLUDED.embedding, text = EXCLUDED.text`)
      await client.query('COMMIT')
      client.release()
    },
    async rollback() {
      // What is in it ends with the connection.
      client.release(true)
    },
  }
}

export async function close() {
  await pool.end()
}
