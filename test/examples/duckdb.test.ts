// examples/duckdb: what it finds is nearest, what it stores has every bit.

import path from 'node:path'

import { reason, testWithPeers } from '../adapters/peers.js'
import { peer } from '../adapters/programs/program.js'
import { DOCUMENTS, hasNearest, install, run, stored } from './recipe.js'

interface Connection {
  runAndReadAll(sql: string): Promise<{ getRows(): [string, { items: number[] }][] }>
  closeSync(): void
}
interface DuckDb {
  DuckDBInstance: { create(file: string): Promise<{ connect(): Promise<Connection>; closeSync(): void }> }
}

const folder = reason === null ? install('duckdb') : ''

testWithPeers('DuckDB finds the nearest, and keeps every bit of the vectors', async (t) => {
  const file = path.join(folder, 'documents.duckdb')
  // A second run begins anew.
  const program = path.join(folder, 'duckdb/search.mjs')
  await hasNearest(t, await run(program, [file]))
  await hasNearest(t, await run(program, [file]))
  const { DuckDBInstance } = await peer<DuckDb>('@duckdb/node-api')
  const instance = await DuckDBInstance.create(file)
  const connection = await instance.connect()
  const rows = (await connection.runAndReadAll('SELECT id, embedding FROM documents ORDER BY rowid')).getRows()
  connection.closeSync()
  instance.closeSync()
  t.deepEqual(
    rows.map(([id, { items }]) => ({ id, items: [...items] })),
    (await stored()).toArray().map((items, i) => ({ id: DOCUMENTS[i]?.id ?? '', items })),
  )
})
