// Where the rows of shards go: files, a Milvus, a PostgreSQL; and what is there in the end.

import { readdirSync } from 'node:fs'
import path from 'node:path'

import { ConsistencyLevelEnum, MilvusClient } from '@zilliz/milvus2-sdk-node'
import { EmbeddingMatrix } from 'model2vec-node'

import { postgresPrograms, startPostgres } from '../adapters/postgres.js'
import { peer } from '../adapters/programs/program.js'
import { liteEnvironment, PATIENT, startLite } from '../milvus/lite.js'
import type { PlannedRun } from './planned-run.js'
import type { WorkerSettings } from './worker-process.js'

/** Vectors in hex by their ids, each as often as it is there. */
export type Stored = Map<string, string[]>

export interface Target {
  /** Makes room for a run. */
  begin(run: PlannedRun): Promise<void>
  /** What its workers are called with. */
  readonly args: readonly string[]
  readonly settings: WorkerSettings
  stored(run: PlannedRun): Promise<Stored>
  stop(): Promise<void>
}

export type TargetName = 'files' | 'Milvus' | 'PostgreSQL'

/** Where the examples are, with their packages. */
const folder = path.resolve('build/recipes/queue/bullmq')
const lite = liteEnvironment('2.5')
const postgres = postgresPrograms()

/** Why there is no such target here; null = there is. */
export function missing(name: TargetName): string | null {
  if (name === 'Milvus') return lite.command === null ? lite.reason : null
  return name === 'PostgreSQL' && postgres.folder === null ? postgres.reason : null
}

export function startTarget(name: TargetName): Promise<Target> {
  return { files, Milvus: milvus, PostgreSQL: postgresql }[name]()
}

function add(stored: Stored, id: string, vector: Buffer): void {
  stored.set(id, [...(stored.get(id) ?? []), vector.toString('hex')])
}

function files(): Promise<Target> {
  return Promise.resolve({
    begin: () => Promise.resolve(),
    args: [],
    settings: { node: ['--require', path.resolve('build/test/queue/preload.js')] },
    // Rows have no ids here: they are in the order of the inputs.
    async stored({ out, ids }) {
      const stored: Stored = new Map()
      let row = 0
      for (const file of readdirSync(out).sort()) {
        if (file.startsWith('.')) continue
        const matrix = await EmbeddingMatrix.load(path.join(out, file))
        for (let i = 0; i < matrix.rows; i++, row++) add(stored, ids[row] ?? `row ${row}`, matrix.bytes(i))
      }
      return stored
    },
    stop: () => Promise.resolve(),
  })
}

/** The settings of workers with a sink of the examples. */
function sinkSettings(name: string, env: Readonly<Record<string, string>>): Pick<Target, 'args' | 'settings'> {
  const settings = { env: { ...env, TEST_SINK: path.join(folder, 'sinks', name) } }
  return { args: ['--sink', path.resolve('test/queue/faulty-sink.mjs')], settings }
}

async function milvus(): Promise<Target> {
  const server = await startLite(lite.command ?? '', '2.5')
  const client = new MilvusClient({ address: server.address, ...PATIENT })
  await client.connectPromise
  const collection_name = 'documents'
  return {
    async begin() {
      await client.dropCollection({ collection_name })
    },
    ...sinkSettings('milvus.mjs', { MILVUS_ADDRESS: server.address }),
    async stored() {
      const index = { collection_name, field_name: 'vector', index_type: 'FLAT', metric_type: 'COSINE' }
      await client.createIndex(index)
      await client.loadCollectionSync({ collection_name })
      const { data, status } = await client.query({
        collection_name,
        filter: 'id != ""',
        output_fields: ['id', 'vector'],
        limit: 16_000,
        consistency_level: ConsistencyLevelEnum.Strong,
      })
      if (data.length === 0) throw new Error(`no rows: ${status.reason}`)
      const stored: Stored = new Map()
      for (const { id, vector } of data as unknown as { id: string; vector: number[] }[]) {
        add(stored, id, Buffer.from(Float32Array.from(vector).buffer))
      }
      return stored
    },
    async stop() {
      await client.closeConnection()
      await server.stop()
    },
  }
}

interface Client {
  connect(): Promise<void>
  query(text: string): Promise<{ rows: { id: string; sent: Buffer }[] }>
  end(): Promise<void>
}

async function postgresql(): Promise<Target> {
  const server = startPostgres(postgres.folder ?? '')
  const { default: pg } = await peer<{ default: { Client: new (options: object) => Client } }>('pg')
  const client = new pg.Client({ host: server.host, user: 'postgres', database: 'postgres' })
  await client.connect()
  await client.query('CREATE EXTENSION vector')
  return {
    async begin({ dim }) {
      await client.query('DROP TABLE IF EXISTS documents')
      await client.query(
        `CREATE TABLE documents (id text PRIMARY KEY, embedding vector(${dim}) NOT NULL, text text NOT NULL)`,
      )
    },
    ...sinkSettings('postgres.mjs', { PGHOST: server.host, PGUSER: 'postgres', PGDATABASE: 'postgres' }),
    async stored() {
      const { rows } = await client.query('SELECT id, vector_send(embedding) AS sent FROM documents')
      const stored: Stored = new Map()
      // The elements are big-endian, after four bytes.
      for (const { id, sent } of rows) add(stored, id, Buffer.from(sent.subarray(4)).swap32())
      return stored
    },
    async stop() {
      await client.end()
      server.stop()
    },
  }
}
